/** The simulated sensors of the sensor file, as they run in the one process whose turn it is. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as MqttClient from "../broker/client/MqttClient.js"
import type { AppConfig } from "../config/AppConfig.js"
import { describeChanges } from "../config/SensorChanges.js"
import * as SensorFile from "../config/SensorFile.js"
import { describeSimulated } from "../domain/SimulatedSensor.js"
import { EventLog } from "../eventlog/EventLog.js"
import { SensorStatuses, type SensorStatusesService } from "../sensors/SensorStatuses.js"
import * as SensorSupervisor from "../sensors/SensorSupervisor.js"
import { inTurn, whileInTurn } from "../sensors/SensorTurn.js"

/** As whom they come to the broker. */
export const SIMULATOR = "tidemark-simulator"

/** How they do. */
export interface SimulatorStatus {
  readonly statuses: SensorStatusesService
  /** What is wrong with the sensor file as it is now, in one line; null: nothing, or it is not watched. */
  readonly sensorFileFault: string | null
}

export const NOT_SIMULATING: SimulatorStatus = {
  statuses: { get: () => Effect.succeedNone, all: Effect.succeed(new Map()) },
  sensorFileFault: null
}

interface Broker {
  readonly url: string
  readonly login: object
}

/** Makes just the sensors of the file run, and tells the log of them and of those that are gone. */
const applyFile = (file: SensorFile.SensorFile, before: SensorFile.SensorFile) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const supervisor = yield* SensorSupervisor.SensorSupervisor
    const ids = new Set(file.map((sensor) => sensor.id))
    const gone = before.map((sensor) => sensor.id).filter((id) => !ids.has(id))
    yield* log.describe(file.map(describeSimulated)).pipe(
      Effect.zipRight(log.retire(gone)),
      Effect.retry({ schedule: Schedule.spaced("1 second"), while: (e) => e._tag === "LogUnavailable" }),
      Effect.catchAll((error) => Effect.logError(`sensors can't be described: ${error.reason}`))
    )
    yield* supervisor.apply(file)
    return file
  })

/** What an edit does is said; what the file says first is shown by the sensors themselves. */
const sayEdit = (path: string, file: SensorFile.SensorFile, before: SensorFile.SensorFile) => {
  const { retires, text } = describeChanges(before, file)
  return retires ? Effect.logWarning(`${path}: ${text}`) : Effect.logInfo(`${path}: ${text}`)
}

/** Runs the sensors of the file until it is interrupted. */
const simulate = (
  config: AppConfig,
  { login, url }: Broker,
  tell: (status: Partial<SimulatorStatus>) => Effect.Effect<void>
) =>
  Effect.gen(function* () {
    // On a broker elsewhere there may be others: theirs have another id.
    const clientId = config.mqttUrl === undefined ? SIMULATOR : `${config.mqttClientId}-simulator`
    const sensors = yield* Layer.build(
      SensorSupervisor.layer({ seed: config.seed }).pipe(
        Layer.provide(inTurn),
        Layer.provide(MqttClient.layer({ url, clientId, ...login }))
      )
    )
    yield* Effect.acquireRelease(tell({ statuses: Context.get(sensors, SensorStatuses) }), () =>
      tell(NOT_SIMULATING)
    )
    const edits = SensorFile.watch(config.sensorsFile, (error) =>
      tell({ sensorFileFault: error?.summary ?? null })
    )
    yield* edits.pipe(
      Stream.runFoldEffect(null as SensorFile.SensorFile | null, (before, file) =>
        Effect.zipRight(
          before === null
            ? Effect.void
            : sayEdit(config.sensorsFile ?? SensorFile.DEFAULT_PATH, file, before),
          applyFile(file, before ?? [])
        )
      ),
      Effect.provide(sensors)
    )
  }).pipe(Effect.scoped)

/** Runs them whenever it is the turn of this process, for as long as the scope lasts; says how they do. */
export const simulating = (...given: Parameters<typeof simulate>) =>
  whileInTurn(simulate(...given)).pipe(
    Effect.catchAll((error) => Effect.logError(`sensors can't be simulated: ${error.message}`)),
    Effect.forkScoped
  )
