/**
 * `/sensors/`: what the log knows of a sensor, how its simulation is doing, and its last reading.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { PAGE_LIMIT_MAX } from "../../api/core/ContractParameters.js"
import type { AsOf } from "../../api/core/ListParameters.js"
import type { SensorDetail, SensorInput, Sensor as SensorOnWire } from "../../api/sensors/SensorContract.js"
import { columnsOf } from "../../domain/dataset/Column.js"
import { SENSORS, type SensorRow } from "../../domain/dataset/SensorsDataset.js"
import { type SensorId, sensorId } from "../../domain/Ids.js"
import type { Sensor } from "../../domain/Sensor.js"
import { goneSince } from "../../domain/SensorSilence.js"
import type { TagCondition } from "../../domain/shaping/Tags.js"
import { formatTime, MICROS_PER_DAY, micros } from "../../domain/Time.js"
import { CatalogueLog, type CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import { EventLog, type EventLogService, type SensorPage } from "../../eventlog/EventLog.js"
import { PassedOverLog } from "../../eventlog/PassedOver.js"
import type { Table } from "../../formats/Table.js"
import { type ActorStatus, SensorStatuses } from "../../sensors/SensorStatuses.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { answerHeaders, Contract } from "../core/Contract.js"
import { prefersHtml } from "../core/Negotiate.js"
import { pageFound, pageRequest } from "../core/PageAnswer.js"
import { Pages } from "../core/Ports.js"
import { invalid, invalidField, notFound } from "../core/Problems.js"
import { answerRows } from "../listing/Answer.js"
import { standingAsOf } from "../listing/AsOfParameter.js"
import type { Listing, Standing } from "../listing/Listing.js"
import { headPosition, wholeListing } from "../listing/ReadingList.js"
import { chosenAt, mustBeTags, reached } from "../listing/SensorFilter.js"
import { jsonBody } from "../writing/Body.js"
import { readingJson } from "../writing/ReadingJson.js"
import { decodeSensorBody } from "../writing/UnknownFields.js"

const statusJson = (status: ActorStatus): SensorOnWire["status"] => ({
  state: status.state,
  restarts: status.restarts,
  last_error: status.lastError,
  last_reading_at: status.lastReadingAt === null ? null : formatTime(status.lastReadingAt)
})

interface Logs {
  readonly log: EventLogService
  readonly words: CatalogueLogService
}

type Statuses = Effect.Effect<ReadonlyMap<SensorId, ActorStatus>>

interface SensorState extends SensorRow {
  readonly status: ActorStatus | undefined
}

const shownJson = ({ goneSince: since, last, sensor, status }: SensorState): SensorOnWire => ({
  id: sensor.id,
  sensor_id: sensor.id,
  name: sensor.name,
  metadata: sensor.metadata,
  version: sensor.version,
  interval_ms: sensor.intervalMs ?? sensor.estimatedIntervalMs,
  interval_estimated: sensor.intervalMs === null && sensor.estimatedIntervalMs !== null,
  retired: sensor.status === "retired",
  derived: sensor.status === "derived",
  gone_since: since === null ? null : formatTime(since),
  status: status === undefined ? null : statusJson(status),
  last_reading: last === undefined ? null : readingJson(last)
})

const column = columnsOf<SensorState>()

const wireField = (name: keyof SensorOnWire) =>
  column.maybeJson(name, "As the JSON rows have it", (row) => shownJson(row)[name])

const SENSORS_NESTED: Table<SensorState> = {
  name: "sensors",
  columns: (
    [
      ...(["id", "sensor_id", "name", "metadata", "version", "interval_ms"] as const),
      ...(["interval_estimated", "retired", "derived", "gone_since", "status", "last_reading"] as const)
    ] as const
  ).map(wireField)
}

const sensorStates = (
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
    return sensors.map((sensor): SensorState => {
      const reading = last.get(sensor.id)
      const silence = {
        retired: sensor.status === "retired",
        intervalMs: sensor.intervalMs ?? sensor.estimatedIntervalMs,
        lastAt: reading?.occurredAt ?? null
      }
      return { sensor, last: reading, goneSince: goneSince(silence, now), status: status.get(sensor.id) }
    })
  })

interface SensorChoice {
  /** Those that the caller reaches; undefined: all. */
  readonly own?: ReadonlyArray<SensorId> | undefined
  readonly name?: ReadonlyArray<string> | undefined
  readonly tag?: ReadonlyArray<TagCondition> | undefined
}

/** Those with these names and tags, or all; as of a position, as they were then. */
const sensorsOf = (
  { log, words }: Logs,
  choice: SensorChoice,
  { asThen, position }: Standing,
  page: SensorPage
) =>
  Effect.gen(function* () {
    const { name: sensor, own: sensor_id, tag } = choice
    const ids = yield* chosenAt(log, words, { sensor, sensor_id, tag }, position)
    if (asThen === null && ids === undefined) return yield* log.sensors(page)
    const all =
      asThen !== null
        ? yield* log.sensorsAsOf(position)
        : (yield* Effect.forEach(ids ?? [], (id) => log.sensor(id)))
            .flatMap(Option.toArray)
            .sort((a, b) => a.id - b.id)
    const { afterId = 0, limit, skip = 0 } = page
    return all
      .filter(({ id }) => id > afterId && (ids === undefined || ids.includes(id)))
      .slice(skip, skip + limit)
  })

const list = (logs: Logs, statuses: Statuses, choice: SensorChoice): Listing<SensorState> => ({
  // Simulations and estimates change without the log.
  ...wholeListing(logs.log),
  kind: "sensors",
  filter: { names: choice.name, tag: choice.tag },
  table: SENSORS,
  nested: SENSORS_NESTED,
  read: ({ after, limit, skip, standing }) =>
    Effect.gen(function* () {
      const page = { afterId: sensorId(after?.tie ?? 0), limit, skip }
      const sensors = yield* sensorsOf(logs, choice, standing, page)
      return yield* sensorStates(logs.log, statuses, sensors, standing)
    }),
  place: ({ sensor }) => ({ time: micros(0), tie: sensor.id }),
  pageRows: PAGE_LIMIT_MAX
})

const passedOverOf = (sensor: Sensor) =>
  Effect.gen(function* () {
    const log = yield* Effect.serviceOption(PassedOverLog)
    const fields = Option.isNone(log) ? [] : yield* log.value.of(sensor)
    return fields.map(({ lastSeen, ...field }) => ({ ...field, last_seen: formatTime(lastSeen) }))
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
    const [row] = sensor === undefined ? [] : yield* sensorStates(log, statuses, [sensor], standing)
    if (row === undefined) return yield* notFound(`There is no sensor ${id}.`)
    yield* answerHeaders({ "tidemark-position": String(standing.position), vary: "accept" })
    const now = standing.asThen ?? (yield* nowMicros)
    const day = { start: micros(Math.max(0, now - MICROS_PER_DAY)), end: micros(now + 1) }
    const clockless = { sensorIds: [id], clockSet: false, ...day }
    const shown: SensorDetail = {
      ...shownJson(row),
      clockless_24h: yield* log.countReadings(clockless, standing.position),
      // It is no part of the log: as of a position nobody knows it.
      passed_over: asOf === undefined ? yield* passedOverOf(row.sensor) : []
    }
    return shown
  })

/** A sensor that is there, and has readings; one that nobody ever heard of is not made by describing it. */
const requireSensor = (log: EventLogService, id: SensorId) =>
  Effect.flatMap(
    log.sensor(id),
    Option.match({
      onNone: () => Effect.fail(notFound(`There is no sensor ${id}.`)),
      onSome: (sensor) =>
        sensor.status === "derived"
          ? Effect.fail(invalidField("sensor_id", "is that of a derived sensor: see /derived/"))
          : Effect.succeed(sensor)
    })
  )

export const sayOfSensor = (log: EventLogService, id: SensorId, input: SensorInput) =>
  Effect.gen(function* () {
    const { metadata } = yield* requireSensor(log, id)
    const { interval_ms: intervalMs, ...said } = input
    const { max, min } = { ...metadata, ...said }
    if (min !== null && max !== null && min > max)
      return yield* Effect.fail(invalidField("min", `must not be above max, which is ${max}`))
    yield* log.describe([{ id, said, ...(intervalMs === undefined ? {} : { intervalMs }) }])
  })

const describe = (log: EventLogService, statuses: Statuses, id: SensorId) =>
  Effect.gen(function* () {
    yield* requireSensor(log, id)
    yield* sayOfSensor(log, id, yield* Effect.mapError(decodeSensorBody(yield* jsonBody), invalid))
    return yield* one(log, statuses, id, undefined)
  })

const retire = (log: EventLogService, statuses: Statuses, id: SensorId) =>
  requireSensor(log, id).pipe(
    Effect.zipRight(log.retire([id])),
    Effect.zipRight(one(log, statuses, id, undefined))
  )

/** The statuses of actors are shown where there are actors: the server runs without a simulation too. */
export const SensorsLive = HttpApiBuilder.group(Contract, "Sensors", (handlers) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const logs = { log, words: yield* CatalogueLog }
    const pages = yield* Pages
    const actors = yield* Effect.serviceOption(SensorStatuses)
    const statuses: Statuses = Option.match(actors, {
      onNone: () => Effect.succeed(new Map()),
      onSome: ({ all }) => all
    })
    return handlers
      .handle("listSensors", ({ urlParams }) =>
        Effect.flatMap(reached(log), (own) =>
          answerRows(
            log,
            list(logs, statuses, { ...urlParams, own }),
            urlParams,
            mustBeTags(log, logs.words, urlParams)
          )
        )
      )
      .handle("sensor", ({ path, request, urlParams }) =>
        urlParams.as_of === undefined && prefersHtml(request.headers.accept)
          ? Effect.flatMap(pageRequest, (asked) =>
              pageFound(pages, pages.sensor(path.sensor_id, asked), `There is no sensor ${path.sensor_id}.`)
            )
          : one(log, statuses, path.sensor_id, urlParams.as_of)
      )
      .handleRaw("describeSensor", ({ path }) => describe(log, statuses, path.sensor_id))
      .handle("retireSensor", ({ path }) => retire(log, statuses, path.sensor_id))
  })
)
