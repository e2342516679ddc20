/**
 * `tidemark simulate`: hours on a simulated clock, and whether all is exact: of the declared sensors, in memory; or,
 * with `--faults`, of a world in which everything fails, one seed after the other.
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as AppConfig from "../../config/AppConfig.js"
import * as SensorFile from "../../config/SensorFile.js"
import { micros } from "../../domain/Time.js"
import { FAULT_NAMES } from "../../sim/chaos/Director.js"
import { PEER_FAULT_NAMES } from "../../sim/chaos/peers/PeerFaults.js"
import { simulate as runSimulation } from "../../sim/Simulation.js"
import {
  APPENDERS,
  type Appending,
  faultsOf,
  PROCESSES,
  processesFor,
  processesOf,
  runSeeds
} from "./SimulateFaults.js"

/** 2024-01-01T00:00:00Z: when every simulation begins. */
const START = micros(1_704_067_200_000_000)
const HOURS_MAX = 24 * 31
const JOBS_MAX = 64
const FAULTS = `all, none, or some of: ${FAULT_NAMES.join(",")}; with --processes also: ${PEER_FAULT_NAMES.join(",")}`

export class FoldWrong extends Schema.TaggedError<FoldWrong>()("FoldWrong", { wrong: Schema.Int }) {
  override get message(): string {
    return `the fold is wrong in ${this.wrong} minutes`
  }
}

const options = {
  hours: Options.float("hours").pipe(
    Options.withDescription(`simulated time, at most ${HOURS_MAX}`),
    Options.withDefault(1),
    Options.filterMap(
      (hours) => (hours > 0 && hours <= HOURS_MAX ? Option.some(hours) : Option.none()),
      `--hours must be a number above 0, at most ${HOURS_MAX}`
    )
  ),
  seed: Options.optional(
    Options.integer("seed").pipe(Options.withDescription("what all chance is made from; default: SEED"))
  ),
  faults: Options.optional(
    Options.text("faults").pipe(
      Options.withDescription(FAULTS),
      Options.filterMap((text) => Option.fromNullable(faultsOf(text)), `--faults must be ${FAULTS}`)
    )
  ),
  processes: Options.optional(
    Options.text("processes").pipe(
      Options.withDescription(
        `with --faults: equal processes that share one database, ${PROCESSES}; without: one, and now and then a second`
      ),
      Options.filterMap((text) => Option.fromNullable(processesOf(text)), `--processes must be ${PROCESSES}`)
    )
  ),
  appenders: Options.choice("appenders", APPENDERS).pipe(
    Options.withDescription(
      "with --faults: batches are appended beside each other (several), or one after the other (watched), or by each seed"
    ),
    Options.withDefault<Appending>("drawn")
  ),
  seeds: Options.integer("seeds").pipe(
    Options.withDescription("with --faults: how many seeds, from --seed on"),
    Options.withDefault(1),
    Options.filterMap(
      (count) => (count >= 1 ? Option.some(count) : Option.none()),
      "--seeds must be at least 1"
    )
  ),
  jobs: Options.integer("jobs").pipe(
    Options.withDescription("with --faults: processes that share the seeds"),
    Options.withDefault(1),
    Options.filterMap(
      (count) => (count >= 1 && count <= JOBS_MAX ? Option.some(count) : Option.none()),
      `--jobs must be from 1 to ${JOBS_MAX}`
    )
  ),
  json: Options.boolean("json").pipe(Options.withDescription("with --faults: a line of JSON a seed"))
}

export const simulate = Command.make("simulate", options, (arguments_) =>
  Effect.gen(function* () {
    const config = yield* AppConfig.load({ insecure: true })
    const seed = Option.getOrElse(arguments_.seed, () => config.seed)
    if (Option.isSome(arguments_.faults)) {
      const { appenders, hours, jobs, json, seeds } = arguments_
      const said = Option.getOrUndefined(arguments_.processes)
      const faults = arguments_.faults.value(said)
      const processes = said ?? processesFor(faults)
      return yield* runSeeds({ from: seed, count: seeds, hours, faults, processes, appenders, jobs, json })
    }
    const sensors = yield* SensorFile.load(config.sensorsFile)
    const started = yield* Clock.currentTimeMillis
    const seconds = Math.round(arguments_.hours * 3_600)
    const result = yield* runSimulation({ sensors, seed, seconds, start: START })
    const took = ((yield* Clock.currentTimeMillis) - started) / 1_000
    yield* Console.log(
      `${sensors.length} sensors, ${arguments_.hours} h, seed ${seed}: took ${took.toFixed(1)} s`
    )
    yield* Console.log(
      `messages: ${result.messages}; readings: ${result.stored} stored, ${result.repeated} repeated, ${result.rejected} rejected`
    )
    yield* Console.log(`trace: ${result.trace}`)
    if (result.wrong > 0) return yield* new FoldWrong({ wrong: result.wrong })
    yield* Console.log(`minutes: ${result.minutes}, each exactly the fold of its readings`)
  })
).pipe(
  Command.withDescription(
    "Runs the sensors of SENSORS_FILE on a simulated clock, or with --faults a world that fails"
  )
)
