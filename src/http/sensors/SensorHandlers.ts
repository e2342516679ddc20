/**
 * `/sensors/`: what the log knows of a sensor, how its simulation is doing, and its last reading.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { PAGE_LIMIT_MAX } from "../../api/core/ContractParameters.js"
import type { AsOf } from "../../api/core/ListParameters.js"
import type { Sensor as SensorOnWire } from "../../api/sensors/SensorContract.js"
import { TidemarkApi } from "../../api/TidemarkApi.js"
import { type SensorId, sensorId } from "../../domain/Ids.js"
import type { Reading } from "../../domain/Reading.js"
import type { Sensor } from "../../domain/Sensor.js"
import { goneSince } from "../../domain/SensorSilence.js"
import { formatTime, type Micros, micros } from "../../domain/Time.js"
import { EventLog, type EventLogService } from "../../eventlog/EventLog.js"
import type { Table } from "../../formats/Table.js"
import { pageFound } from "../../pages/core/PageAnswer.js"
import { type ActorStatus, SensorStatuses } from "../../sensors/SensorStatuses.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { prefersHtml } from "../core/Negotiate.js"
import { Pages } from "../core/Ports.js"
import { invalid, invalidField, notFound } from "../core/Problems.js"
import { decodeSensorBody } from "../core/UnknownFields.js"
import { answering } from "../data/DataHandlers.js"
import { readingJson } from "../data/ReadingJson.js"
import { headPosition, newest } from "../data/ReadingList.js"
import { answerRows } from "../listing/Answer.js"
import { standingAsOf } from "../listing/AsOfParameter.js"
import { CHUNK_ROWS, type Listing, type Standing } from "../listing/Listing.js"
import { columnsOf } from "../listing/Tables.js"
import { jsonBody } from "../writing/Body.js"

const statusJson = (status: ActorStatus): SensorOnWire["status"] => ({
  state: status.state,
  restarts: status.restarts,
  last_error: status.lastError,
  last_reading_at: status.lastReadingAt === null ? null : formatTime(status.lastReadingAt)
})

type Statuses = Effect.Effect<ReadonlyMap<SensorId, ActorStatus>>

/** A sensor with what stands beside it. */
interface Shown {
  readonly sensor: Sensor
  readonly last: Reading | undefined
  /** Null: it is not gone. */
  readonly goneSince: Micros | null
  readonly status: ActorStatus | undefined
}

const shownJson = ({ goneSince: since, last, sensor, status }: Shown): SensorOnWire => ({
  id: sensor.id,
  sensor_id: sensor.id,
  name: sensor.name,
  metadata: sensor.metadata,
  version: sensor.version,
  interval_ms: sensor.intervalMs ?? sensor.estimatedIntervalMs,
  interval_estimated: sensor.intervalMs === null && sensor.estimatedIntervalMs !== null,
  retired: sensor.status === "retired",
  gone_since: since === null ? null : formatTime(since),
  status: status === undefined ? null : statusJson(status),
  last_reading: last === undefined ? null : readingJson(last)
})

const column = columnsOf<Shown>("sensors")
const intervalOf = ({ sensor }: Pick<Shown, "sensor">) => sensor.intervalMs ?? sensor.estimatedIntervalMs

/** As every format but nested JSON has it. */
export const SENSORS: Table<Shown> = {
  name: "sensors",
  columns: [
    column.integer("id", ({ sensor }) => sensor.id),
    column.integer("sensor_id", ({ sensor }) => sensor.id, "The same number"),
    column.maybeText("name", ({ sensor }) => sensor.name),
    column.maybeDouble("lat", ({ sensor }) => sensor.metadata.lat, "Latitude, WGS 84", "degrees"),
    column.maybeDouble("lng", ({ sensor }) => sensor.metadata.lng, "Longitude, WGS 84", "degrees"),
    column.maybeText("unit", ({ sensor }) => sensor.metadata.unit, "Unit of its values"),
    column.maybeText("type", ({ sensor }) => sensor.metadata.type, "What is measured"),
    column.maybeText("description", ({ sensor }) => sensor.metadata.description, "The sensor in words"),
    column.maybeDouble("min", ({ sensor }) => sensor.metadata.min, "Least value declared", "of the sensor"),
    column.maybeDouble(
      "max",
      ({ sensor }) => sensor.metadata.max,
      "Greatest value declared",
      "of the sensor"
    ),
    column.integer("version", ({ sensor }) => sensor.version),
    column.maybeDouble("interval_ms", intervalOf, "Time between two readings, declared or estimated"),
    column.boolean(
      "interval_estimated",
      (row) => shownJson(row).interval_estimated,
      "Taken from the readings"
    ),
    column.boolean(
      "retired",
      ({ sensor }) => sensor.status === "retired",
      "Nothing is expected of it any more"
    ),
    column.maybeText(
      "state",
      ({ status }) => status?.state ?? null,
      "Of its simulation; null: a real device"
    ),
    column.maybeTime(
      "last_reading_at",
      ({ last }) => last?.occurredAt ?? null,
      "Its last reading, UTC",
      "UTC"
    ),
    column.maybeDouble("last_value", ({ last }) => last?.value ?? null, "What that was", "of the sensor")
  ]
}

const wireField = (name: keyof SensorOnWire) =>
  column.maybeJson(name, (row) => shownJson(row)[name], "As the JSON rows have it")

/** As the contract has it. */
const SENSORS_NESTED: Table<Shown> = {
  name: "sensors",
  columns: (
    [
      ...(["id", "sensor_id", "name", "metadata", "version", "interval_ms"] as const),
      ...(["interval_estimated", "retired", "gone_since", "status", "last_reading"] as const)
    ] as const
  ).map(wireField)
}

const shown = (
  log: EventLogService,
  statuses: Statuses,
  sensors: ReadonlyArray<Sensor>,
  standing: Standing
) =>
  Effect.gen(function* () {
    const last = yield* log.lastReadings(
      sensors.map(({ id }) => id),
      standing.position
    )
    // What a simulation does is not in the log: as of a position nobody knows it.
    const status = standing.asThen === null ? yield* statuses : new Map<SensorId, ActorStatus>()
    // As of a position, as it was then: the same request gives the same answer later.
    const now = standing.asThen ?? (yield* nowMicros)
    return sensors.map((sensor): Shown => {
      const reading = last.get(sensor.id)
      const silence = {
        retired: sensor.status === "retired",
        intervalMs: intervalOf({ sensor }),
        lastAt: reading?.occurredAt ?? null
      }
      return { sensor, last: reading, goneSince: goneSince(silence, now), status: status.get(sensor.id) }
    })
  })

const list = (log: EventLogService, statuses: Statuses): Listing<Shown> => ({
  kind: "sensors",
  filter: {},
  table: SENSORS,
  nested: SENSORS_NESTED,
  now: headPosition(log),
  read: ({ after, limit, skip, standing }) =>
    Effect.gen(function* () {
      const afterId = sensorId(after?.tie ?? 0)
      const sensors =
        standing.asThen === null
          ? yield* log.sensors({ afterId, limit, skip })
          : (yield* log.sensorsAsOf(standing.position))
              .filter(({ id }) => id > afterId)
              .slice(skip, skip + limit)
      return yield* shown(log, statuses, sensors, standing)
    }),
  place: ({ sensor }) => ({ time: micros(0), tie: sensor.id }),
  watermark: (standing) => newest(log, {}, standing),
  chunkRows: CHUNK_ROWS,
  pageRows: PAGE_LIMIT_MAX,
  // Simulations and estimates change without the log.
  validity: Effect.succeed(null)
})

const one = (log: EventLogService, statuses: Statuses, id: SensorId, asOf: AsOf | undefined) =>
  Effect.gen(function* () {
    const standing: Standing =
      asOf === undefined
        ? { position: yield* headPosition(log), asThen: null }
        : yield* standingAsOf(log, asOf)
    const sensor =
      asOf === undefined
        ? Option.getOrUndefined(yield* log.sensor(id))
        : (yield* log.sensorsAsOf(standing.position)).find((one) => one.id === id)
    if (sensor === undefined) return yield* notFound(`There is no sensor ${id}.`)
    const [row] = yield* shown(log, statuses, [sensor], standing)
    return HttpServerResponse.unsafeJson(row === undefined ? null : shownJson(row), {
      headers: { "tidemark-position": String(standing.position), vary: "accept" }
    })
  })

/** A sensor that is there; one that nobody ever heard of is not made by describing it. */
const known = (log: EventLogService, id: SensorId) =>
  Effect.flatMap(
    log.sensor(id),
    Option.match({
      onNone: () => Effect.fail(notFound(`There is no sensor ${id}.`)),
      onSome: (sensor) => Effect.succeed(sensor)
    })
  )

const describe = (log: EventLogService, statuses: Statuses, id: SensorId) =>
  Effect.gen(function* () {
    const { metadata } = yield* known(log, id)
    const { interval_ms: intervalMs, ...said } = yield* Effect.mapError(
      decodeSensorBody(yield* jsonBody),
      invalid
    )
    const { max, min } = { ...metadata, ...said }
    if (min !== null && max !== null && min > max)
      return yield* Effect.fail(invalidField("min", `must not be above max, which is ${max}`))
    yield* log.describe([{ id, said, ...(intervalMs === undefined ? {} : { intervalMs }) }])
    return yield* one(log, statuses, id, undefined)
  })

const retire = (log: EventLogService, statuses: Statuses, id: SensorId) =>
  known(log, id).pipe(Effect.zipRight(log.retire([id])), Effect.zipRight(one(log, statuses, id, undefined)))

/** The statuses of actors are shown where there are actors: the server runs without a simulation too. */
export const SensorsLive = HttpApiBuilder.group(TidemarkApi, "Sensors", (handlers) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const pages = yield* Pages
    const actors = yield* Effect.serviceOption(SensorStatuses)
    const statuses: Statuses = Option.match(actors, {
      onNone: () => Effect.succeed(new Map()),
      onSome: ({ all }) => all
    })
    return handlers
      .handle("listSensors", ({ urlParams }) => answering(answerRows(log, list(log, statuses), urlParams)))
      .handle("sensor", ({ path, request, urlParams }) =>
        answering(
          urlParams.as_of === undefined && prefersHtml(request.headers.accept)
            ? pageFound(pages.sensor(path.sensor_id), `There is no sensor ${path.sensor_id}.`)
            : one(log, statuses, path.sensor_id, urlParams.as_of)
        )
      )
      .handleRaw("describeSensor", ({ path }) => answering(describe(log, statuses, path.sensor_id)))
      .handle("retireSensor", ({ path }) => answering(retire(log, statuses, path.sensor_id)))
  })
)
