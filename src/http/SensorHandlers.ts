/**
 * `/sensors/`: what the log knows of a sensor, how its simulation is doing, and its last reading.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Sensor as SensorOnWire } from "../api/Sensor.js"
import { TidemarkApi } from "../api/TidemarkApi.js"
import type { SensorId } from "../domain/Ids.js"
import type { Reading } from "../domain/Reading.js"
import type { Sensor } from "../domain/Sensor.js"
import { formatTime } from "../domain/Time.js"
import { EventLog, type EventLogService } from "../eventlog/EventLog.js"
import { type ActorStatus, SensorStatuses } from "../sensors/SensorStatuses.js"
import { answering } from "./DataHandlers.js"
import { notFound } from "./Problems.js"
import { readingJson } from "./ReadingJson.js"

const statusJson = (status: ActorStatus): SensorOnWire["status"] => ({
  state: status.state,
  restarts: status.restarts,
  last_error: status.lastError,
  last_reading_at: status.lastReadingAt === null ? null : formatTime(status.lastReadingAt)
})

const sensorJson = (
  sensor: Sensor,
  last: Reading | undefined,
  status: ActorStatus | undefined
): SensorOnWire => ({
  id: sensor.id,
  sensor_id: sensor.id,
  name: sensor.name,
  metadata: sensor.metadata,
  version: sensor.version,
  interval_ms: sensor.intervalMs ?? sensor.estimatedIntervalMs,
  interval_estimated: sensor.intervalMs === null && sensor.estimatedIntervalMs !== null,
  retired: sensor.status === "retired",
  status: status === undefined ? null : statusJson(status),
  last_reading: last === undefined ? null : readingJson(last)
})

type Statuses = Effect.Effect<ReadonlyMap<SensorId, ActorStatus>>

const list = (log: EventLogService, statuses: Statuses, page: { skip: number; limit: number }) =>
  Effect.gen(function* () {
    const sensors = yield* log.sensors(page)
    const last = yield* log.lastReadings(sensors.map(({ id }) => id))
    const status = yield* statuses
    return HttpServerResponse.unsafeJson(
      sensors.map((sensor) => sensorJson(sensor, last.get(sensor.id), status.get(sensor.id)))
    )
  })

const one = (log: EventLogService, statuses: Statuses, id: SensorId) =>
  Effect.gen(function* () {
    const sensor = yield* log.sensor(id)
    if (Option.isNone(sensor)) return yield* notFound(`There is no sensor ${id}.`)
    const last = yield* log.lastReadings([id])
    const status = yield* statuses
    return HttpServerResponse.unsafeJson(sensorJson(sensor.value, last.get(id), status.get(id)))
  })

/** The statuses of actors are shown where there are actors: the server runs without a simulation too. */
export const SensorsLive = HttpApiBuilder.group(TidemarkApi, "Sensors", (handlers) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const actors = yield* Effect.serviceOption(SensorStatuses)
    const statuses: Statuses = Option.match(actors, {
      onNone: () => Effect.succeed(new Map()),
      onSome: ({ all }) => all
    })
    return handlers
      .handle("listSensors", ({ urlParams }) => answering(list(log, statuses, urlParams)))
      .handle("sensor", ({ path }) => answering(one(log, statuses, path.sensor_id)))
  })
)
