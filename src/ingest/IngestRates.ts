/**
 * How fast things went lately in this process: the counts of ingest, looked at every SAMPLE_EVERY_MILLIS, and kept for
 * SAMPLES_MAX of those. All processes look at the same times, so that what they saw can be summed.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import { IngestStatus } from "./IngestStatus.js"

const SAMPLE_EVERY_MILLIS = 5_000
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

export class IngestRates extends Context.Tag("tidemark/IngestRates")<
  IngestRates,
  { readonly rates: Effect.Effect<Rates> }
>() {}

/** What several processes saw: rates and histories are summed, moment by moment. */
export const sumOfRates = (all: ReadonlyArray<Rates>): Rates => {
  const rate = (of: (rates: Rates) => number | null): number | null => {
    const known = all.map(of).filter((one) => one !== null)
    return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0)
  }
  const perMoment = new Map<number, number>()
  for (const { history } of all)
    for (const [at, perSecond] of history) {
      const moment = Math.round(at / SAMPLE_EVERY_MILLIS) * SAMPLE_EVERY_MILLIS
      perMoment.set(moment, (perMoment.get(moment) ?? 0) + perSecond)
    }
  return {
    storedPerMinute: rate(({ storedPerMinute }) => storedPerMinute),
    messagesPerMinute: rate(({ messagesPerMinute }) => messagesPerMinute),
    repeatedPerMinute: rate(({ repeatedPerMinute }) => repeatedPerMinute),
    rejectedPerMinute: rate(({ rejectedPerMinute }) => rejectedPerMinute),
    history: [...perMoment].sort(([a], [b]) => a - b)
  }
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
      // No finer than anybody sees: others are told of it again and again.
      return [sample.at, Math.round((10 * (sample.stored - from.stored)) / span) / 10] as const
    })
  }
}

const make = Effect.gen(function* () {
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
  // A timer that fires early would meet the same moment again.
  const next = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.sleep((Math.floor(now / SAMPLE_EVERY_MILLIS + 0.5) + 1) * SAMPLE_EVERY_MILLIS - now)
  )
  yield* Effect.forkScoped(Effect.forever(Effect.zipRight(take, next)))
  return { rates: Effect.map(Ref.get(samples), ratesOf) }
})

export const layer: Layer.Layer<IngestRates, never, IngestStatus> = Layer.scoped(IngestRates, make)
