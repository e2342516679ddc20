/**
 * `tidemark simulate --faults`: one seed after the other under faults, and what was found; with `--jobs` in several
 * processes at once, each with a share of the seeds.
 */
import * as Command from "@effect/platform/Command"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type ChaosOptions, run } from "../../sim/chaos/Chaos.js"
import { FAULT_NAMES, type FaultName } from "../../sim/chaos/Director.js"
import { PEER_FAULT_NAMES } from "../../sim/chaos/peers/PeerFaults.js"

/** Something that must hold did not, in so many of the seeds. */
export class Violated extends Schema.TaggedError<Violated>()("Violated", {
  seeds: Schema.Array(Schema.Int)
}) {
  override get message(): string {
    return `violations in ${this.seeds.length} seeds: ${this.seeds.slice(0, 20).join(", ")}`
  }
}

/** A process ended before it had told of all its seeds. */
export class SeedsMissing extends Schema.TaggedError<SeedsMissing>()("SeedsMissing", { count: Schema.Int }) {
  override get message(): string {
    return `${this.count} seeds were not told of: a process ended before its time`
  }
}

const SeedResult = Schema.Struct({
  seed: Schema.Int,
  messages: Schema.Int,
  acknowledged: Schema.Int,
  events: Schema.Int,
  /** How many violations; the first of them in words. */
  violated: Schema.Int,
  violations: Schema.Array(Schema.String),
  /** Each marker that was met, and how often. */
  met: Schema.Record({ key: Schema.String, value: Schema.Int }),
  /** SHA-256 of all that happened, in hex. */
  trace: Schema.String,
  /** Of real time. */
  seconds: Schema.Number
})
type SeedResult = typeof SeedResult.Type

const SeedLine = Schema.parseJson(SeedResult)
const encodeLine = Schema.encode(SeedLine)
const decodeLine = Schema.decode(SeedLine)

/** How many processes share the database. */
export type Processes = ChaosOptions["processes"]

/** What may be said of it. */
export const PROCESSES = "2, 3, 4, or drawn (by each seed)"
export const processesOf = (text: string): Processes =>
  text === "drawn" ? text : ["2", "3", "4"].includes(text) ? Number(text) : undefined

const ALL: ReadonlyArray<FaultName> = [...FAULT_NAMES, ...PEER_FAULT_NAMES]
const isFault = (name: string): name is FaultName => ALL.some((fault) => fault === name)

const isOfSeveral = (fault: FaultName): boolean => PEER_FAULT_NAMES.some((name) => name === fault)

/** `all` that there are of so many processes, `none`, or names with commas between them; undefined where one is unknown. */
export const faultsOf = (text: string): ((processes: Processes) => ReadonlyArray<FaultName>) | undefined => {
  if (text === "all") return (processes) => (processes === undefined ? FAULT_NAMES : ALL)
  if (text === "none") return () => []
  const names = text.split(",").map((name) => name.trim())
  const faults = names.filter(isFault)
  return faults.length === names.length ? () => faults : undefined
}

/** How many are meant where nothing is said of it: faults that only several processes meet need several. */
export const processesFor = (faults: ReadonlyArray<FaultName>): Processes =>
  faults.some(isOfSeveral) ? "drawn" : undefined

/** Whether batches are appended beside each other. */
export type Appending = NonNullable<ChaosOptions["appenders"]>

/** What may be said of it. */
export const APPENDERS = ["drawn", "several", "watched"] as const

export interface SeedsOptions {
  readonly from: number
  readonly count: number
  readonly hours: number
  readonly faults: ReadonlyArray<FaultName>
  readonly processes: Processes
  readonly appenders: Appending
  /** Processes of ours at once. */
  readonly jobs: number
  /** A line of JSON a seed, and nothing else. */
  readonly json: boolean
}

const one = (seed: number, { appenders, faults, hours, processes }: SeedsOptions) =>
  Effect.gen(function* () {
    const started = yield* Clock.currentTimeMillis
    const { met, ...result } = yield* run({ seed, hours, faults, processes, appenders })
    const seconds = ((yield* Clock.currentTimeMillis) - started) / 1_000
    return { ...result, met: Object.fromEntries(met), seconds }
  })

const here = (options: SeedsOptions) =>
  Stream.range(options.from, options.from + options.count - 1).pipe(
    Stream.rechunk(1),
    Stream.mapEffect((seed) => one(seed, options))
  )

/** This program once more, with a share of the seeds. */
const elsewhere = (from: number, count: number, { appenders, faults, hours, processes }: SeedsOptions) => {
  const [node, main = ""] = process.argv
  const names = faults.length === 0 ? "none" : faults.join(",")
  const shared = ["--appenders", appenders, ...(processes === undefined ? [] : ["--processes", processes])]
  const args = ["--faults", names, "--hours", hours, "--seed", from, "--seeds", count, ...shared]
  const texts = args.map(String)
  const command = Command.make(node ?? "node", ...process.execArgv, main, "simulate", "--json", ...texts)
  return Command.streamLines(command.pipe(Command.stderr("inherit"))).pipe(Stream.mapEffect(decodeLine))
}

const shared = (options: SeedsOptions) => {
  const { count, from, jobs } = options
  const edges = Array.from({ length: jobs + 1 }, (_, index) => Math.round((count * index) / jobs))
  const shares = edges.slice(1).map((end, index) => {
    const begin = edges[index] ?? 0
    return elsewhere(from + begin, end - begin, options)
  })
  return Stream.mergeAll(shares, { concurrency: "unbounded" })
}

const summary = ({
  acknowledged,
  events,
  messages,
  seconds,
  seed,
  trace,
  violated,
  violations
}: SeedResult) =>
  Effect.gen(function* () {
    yield* Console.log(
      `seed ${seed}: ${messages} messages, ${acknowledged} acknowledged, ${events} events, ${violated} violations, trace ${trace}, ${seconds.toFixed(1)} s`
    )
    for (const violation of violations) yield* Console.log(`  ${violation}`)
  })

/** Runs the seeds, tells of each, and of how many met each marker; fails when any violated anything. */
export const runSeeds = (options: SeedsOptions) =>
  Effect.gen(function* () {
    const { count, hours, jobs, json } = options
    const met = new Map<string, number>()
    const violated: Array<number> = []
    let done = 0
    let fewest = Number.POSITIVE_INFINITY
    const take = (result: SeedResult) =>
      Effect.suspend(() => {
        done += 1
        fewest = Math.min(fewest, result.messages)
        for (const marker of Object.keys(result.met)) met.set(marker, (met.get(marker) ?? 0) + 1)
        if (result.violated > 0) violated.push(result.seed)
        return json ? Effect.flatMap(encodeLine(result), Console.log) : summary(result)
      })
    yield* jobs > 1 && count > 1
      ? Stream.runForEach(shared(options), take)
      : Stream.runForEach(here(options), take)
    if (!json) {
      yield* Console.log(`${done} seeds of ${hours} h, at least ${fewest} messages each`)
      yield* Console.log("markers met, in how many of them:")
      for (const [marker, times] of [...met].sort(([, a], [, b]) => a - b)) {
        yield* Console.log(`  ${String(times).padStart(5)}  ${marker}`)
      }
    }
    if (violated.length > 0) return yield* new Violated({ seeds: violated })
    if (done < count) return yield* new SeedsMissing({ count: count - done })
    if (!json) yield* Console.log("0 violations")
  })
