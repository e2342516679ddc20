/**
 * How fast things went lately: the counts of ingest, looked at every SAMPLE_EVERY, and kept for SAMPLES_MAX of those.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import { IngestStatus } from "../../ingest/IngestStatus.js"

const SAMPLE_EVERY = "5 seconds"
/** Ten minutes. */
const SAMPLES_MAX = 121
/** Rates are taken over this, ms. */
const RATE_OVER = 60_000

interface Sample {
  /** ms. */
  readonly at: number
  readonly messages: number
  readonly stored: number
  readonly repeated: number
  readonly rejected: number
}

export interface Rates {
  /** Null before there are two samples. */
  readonly storedPerMinute: number | null
  readonly messagesPerMinute: number | null
  readonly repeatedPerMinute: number | null
  readonly rejectedPerMinute: number | null
  /** Readings stored a second, sample by sample: `[ms, readings/s]`. */
  readonly history: ReadonlyArray<readonly [at: number, perSecond: number]>
}

export interface SamplerService {
  readonly rates: Effect.Effect<Rates>
}

const ratesOf = (samples: ReadonlyArray<Sample>): Rates => {
  const last = samples.at(-1)
  const before = samples.findLast(({ at }) => last !== undefined && last.at - at >= RATE_OVER) ?? samples[0]
  // In the first minute: what came so far. A rate made from less would tell of more than ever came.
  const rate = (count: (sample: Sample) => number): number | null =>
    last === undefined || before === undefined || last.at <= before.at
      ? null
      : ((count(last) - count(before)) / Math.max(RATE_OVER, last.at - before.at)) * 60_000
  return {
    storedPerMinute: rate(({ stored }) => stored),
    messagesPerMinute: rate(({ messages }) => messages),
    repeatedPerMinute: rate(({ repeated }) => repeated),
    rejectedPerMinute: rate(({ rejected }) => rejected),
    history: samples.slice(1).map((sample, index) => {
      const from = samples[index] ?? sample
      const span = Math.max(1, sample.at - from.at) / 1_000
      return [sample.at, (sample.stored - from.stored) / span] as const
    })
  }
}

export const makeSampler = Effect.gen(function* () {
  const ingest = yield* IngestStatus
  const samples = yield* Ref.make<ReadonlyArray<Sample>>([])
  const take = Effect.gen(function* () {
    const { messagesTotal, rejectedTotal, repeatedTotal, storedTotal } = yield* ingest.get
    const sample: Sample = {
      at: yield* Clock.currentTimeMillis,
      messages: messagesTotal,
      stored: storedTotal,
      repeated: repeatedTotal,
      rejected: rejectedTotal
    }
    yield* Ref.update(samples, (before) => [...before, sample].slice(-SAMPLES_MAX))
  })
  yield* Effect.forkScoped(Effect.repeat(take, Schedule.spaced(SAMPLE_EVERY)))
  const sampler: SamplerService = { rates: Effect.map(Ref.get(samples), ratesOf) }
  return sampler
})
