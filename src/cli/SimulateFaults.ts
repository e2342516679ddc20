/** `tidemark simulate --faults`: one seed after the other under faults, and what was found. */
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type ChaosResult, run } from "../sim/Chaos.js"
import { FAULT_NAMES, type FaultName } from "../sim/Director.js"

/** Something that must hold did not, in so many of the seeds. */
export class Violated extends Schema.TaggedError<Violated>()("Violated", {
  seeds: Schema.Array(Schema.Int)
}) {
  override get message(): string {
    return `violations in ${this.seeds.length} seeds: ${this.seeds.slice(0, 20).join(", ")}`
  }
}

const isFault = (name: string): name is FaultName => FAULT_NAMES.some((known) => known === name)

/** `all`, `none`, or names with commas between them; undefined where a name is unknown. */
export const faultsOf = (text: string): ReadonlyArray<FaultName> | undefined => {
  if (text === "all") return FAULT_NAMES
  if (text === "none") return []
  const names = text.split(",").map((name) => name.trim())
  const known = names.filter(isFault)
  return known.length === names.length ? known : undefined
}

const told = (result: ChaosResult, seconds: number) =>
  Effect.gen(function* () {
    const { acknowledged, events, messages, seed, trace, violated, violations } = result
    yield* Console.log(
      `seed ${seed}: ${messages} messages, ${acknowledged} acknowledged, ${events} events, ${violated} violations, trace ${trace}, ${seconds.toFixed(1)} s`
    )
    for (const violation of violations) yield* Console.log(`  ${violation}`)
  })

export interface SeedsOptions {
  readonly from: number
  readonly count: number
  readonly hours: number
  readonly faults: ReadonlyArray<FaultName>
}

/** Runs the seeds, tells of each, and of how many met each marker; fails when any violated anything. */
export const runSeeds = ({ count, faults, from, hours }: SeedsOptions) =>
  Effect.gen(function* () {
    const met = new Map<string, number>()
    const seeds: Array<number> = []
    for (let seed = from; seed < from + count; seed += 1) {
      const started = yield* Clock.currentTimeMillis
      const result = yield* run({ seed, hours, faults })
      yield* told(result, ((yield* Clock.currentTimeMillis) - started) / 1_000)
      for (const marker of result.met.keys()) met.set(marker, (met.get(marker) ?? 0) + 1)
      if (result.violated > 0) seeds.push(seed)
    }
    yield* Console.log(`${count} seeds of ${hours} h; markers met, in how many of them:`)
    for (const [marker, times] of [...met].sort(([, a], [, b]) => a - b)) {
      yield* Console.log(`  ${String(times).padStart(5)}  ${marker}`)
    }
    if (seeds.length > 0) return yield* new Violated({ seeds })
    yield* Console.log("0 violations")
  })
