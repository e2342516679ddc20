/** What the start page shows. */
import * as Effect from "effect/Effect"
import { sensorId } from "../../domain/Ids.js"
import { DIMENSIONS } from "../../domain/quality/QualityChecks.js"
import type { QualityReport, SensorQuality } from "../../domain/quality/QualityReport.js"
import { MICROS_PER_HOUR, type Micros, micros } from "../../domain/Time.js"
import { EventLog } from "../../eventlog/EventLog.js"
import { HealthCheck, type PageRequest } from "../../http/core/Ports.js"
import { Catalog } from "../../projections/catalogue/Catalogue.js"
import { type AggregateRow, Aggregates } from "../../projections/minutes/Aggregates.js"
import { SensorStatuses } from "../../sensors/SensorStatuses.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { hasWords } from "../../web/core/Terms.js"
import { countsOf, type NowSensor, renderNow, sensorLabel, worstFirst } from "../../web/Pages.js"
import { ratesOfAll } from "../core/AllProcesses.js"
import {
  FIND_LENGTH_MAX,
  type ParameterRule,
  pageOf,
  parameterProblems,
  textUpTo,
  wholeNumber
} from "../core/PageParameters.js"
import { type PageTags, tagFilter } from "../core/TagFilter.js"

/** Sensors that are looked at; a page of them, the worst first, is shown. */
const SENSORS_LOOKED_AT = 10_000
const SENSORS_SHOWN_MAX = 100

const RULES: Readonly<Record<string, ParameterRule>> = {
  find: textUpTo(FIND_LENGTH_MAX),
  skip: wholeNumber(0, SENSORS_LOOKED_AT),
  // Which there are, the log knows.
  tag: () => undefined
}
/** Minutes of a sparkline. */
const RECENT_MINUTES = 60
/** Sensors without minutes in the last hour whose last minutes are looked up one by one. */
const QUIET_LOOKED_UP = 24

type Recent = ReadonlyMap<number, ReadonlyArray<readonly [number, number]>>

/** The means of the last minutes of each of these sensors: of the last hour, or before it fell silent. */
const recentOf = (sensors: ReadonlyArray<NowSensor>, now: Micros) =>
  Effect.gen(function* () {
    const { aggregates } = yield* Aggregates
    const pointsById = new Map<number, Array<readonly [number, number]>>()
    const start = micros(Math.max(0, now - MICROS_PER_HOUR))
    const heard = (one: NowSensor) =>
      one.derived === true || (one.last !== null && one.last.occurredAt >= start)
    const speaking = sensors.filter(heard).map(({ id }) => sensorId(id))
    const put = (rows: ReadonlyArray<AggregateRow>) => {
      for (const { sensorId: id, timestamp, value } of rows) {
        const points = pointsById.get(id) ?? []
        points.push([timestamp, value])
        pointsById.set(id, points)
      }
    }
    if (speaking.length > 0) {
      const limit = speaking.length * (RECENT_MINUTES + 2)
      put((yield* aggregates({ sensorIds: speaking, start }, { interval: "1m", limit })).rows)
    }
    const silent = sensors
      .filter((one) => (one.last !== null || one.derived === true) && !pointsById.has(one.id))
      .slice(0, QUIET_LOOKED_UP)
    for (const { id } of silent) {
      const filter = { sensorIds: [sensorId(id)] }
      const page = { interval: "1m", limit: RECENT_MINUTES, order: "desc" } as const
      put([...(yield* aggregates(filter, page)).rows].reverse())
    }
    return pointsById as Recent
  })

const worstOf = (scores: SensorQuality | undefined): { dimension: string; score: number } | null => {
  if (scores === undefined) return null
  let worst: { dimension: string; score: number } | null = null
  for (const dimension of DIMENSIONS) {
    const score = scores[dimension]
    if (score !== null && (worst === null || score < worst.score)) worst = { dimension, score }
  }
  return worst
}

const sensorsNow = (report: QualityReport | undefined) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const statuses = yield* Effect.flatMap(SensorStatuses, ({ all }) => all)
    const sensors = yield* log.sensors({ limit: SENSORS_LOOKED_AT })
    const last = yield* log.lastReadings(sensors.map(({ id }) => id))
    const scores = new Map(report?.sensors.map((one) => [one.sensor_id, one]))
    return sensors.map((sensor): NowSensor => {
      const reading = last.get(sensor.id)
      return {
        id: sensor.id,
        name: sensor.name,
        type: sensor.metadata.type,
        description: sensor.metadata.description,
        unit: sensor.metadata.unit,
        intervalMs: sensor.intervalMs ?? sensor.estimatedIntervalMs,
        retired: sensor.status === "retired",
        derived: sensor.status === "derived",
        state: statuses.get(sensor.id)?.state ?? null,
        last: reading === undefined ? null : { value: reading.value, occurredAt: reading.occurredAt },
        worst: worstOf(scores.get(sensor.id))
      }
    })
  })

/** A derived sensor has its newest minute in the place of a reading. */
const withMinutes = (sensor: NowSensor, recent: ReadonlyArray<readonly [number, number]>): NowSensor => {
  const [at, value] = recent.at(-1) ?? []
  const isKnown = sensor.derived === true && at !== undefined && value !== undefined
  return { ...sensor, recent, ...(isKnown ? { last: { value, occurredAt: micros(at) } } : {}) }
}

/** Those that are searched for, the worst first, and of these a page. */
const pageOfSensors = (all: ReadonlyArray<NowSensor>, query: URLSearchParams, tags: PageTags, now: Micros) =>
  Effect.gen(function* () {
    const find = query.get("find") ?? ""
    const skip = RULES.skip?.(query.get("skip") ?? "0") === undefined ? Number(query.get("skip") ?? 0) : 0
    const matches = worstFirst(
      all.filter(
        (sensor) =>
          tags.has({ id: sensorId(sensor.id) }) &&
          (hasWords(find, [sensorLabel(sensor), sensor.name, sensor.type]) ||
            String(sensor.id) === find.trim())
      ),
      now
    )
    const shown = matches.slice(skip, skip + SENSORS_SHOWN_MAX)
    const recent = yield* recentOf(shown, now)
    return {
      sensors: shown.map((sensor) => withMinutes(sensor, recent.get(sensor.id) ?? [])),
      list: { find, skip, matches: matches.length, most: SENSORS_SHOWN_MAX, tags }
    }
  })

/** `lastHour`: the quality of the last hour; undefined while it is being counted for the first time. */
export const start = <E>(lastHour: Effect.Effect<QualityReport | undefined, E>, { query }: PageRequest) =>
  Effect.gen(function* () {
    const now = yield* nowMicros
    const log = yield* EventLog
    const catalog = yield* Catalog
    const report = yield* lastHour
    const all = yield* sensorsNow(report)
    const tags = yield* tagFilter(query)
    const problems = [...parameterProblems(query, RULES), ...tags.problems]
    const { warnings } = yield* Effect.flatMap(HealthCheck, (check) => check.report)
    const rowsOf = (name: string) =>
      Effect.map(catalog.dataset(name), (dataset) =>
        dataset._tag === "Some" ? dataset.value.row_count : null
      )
    const html = renderNow({
      now,
      problems,
      ...(yield* pageOfSensors(all, query, tags, now)),
      counts: countsOf(all, now),
      sensorsTotal: (yield* rowsOf("sensors")) ?? all.length,
      readings: yield* rowsOf("sensor_data"),
      perMinute: (yield* ratesOfAll).storedPerMinute,
      rejected: (yield* log.rejectedTotals).messages,
      quality: report?.results.sensor_data ?? null,
      trouble: warnings?.[0] ?? null
    })
    return pageOf(html, problems)
  })
