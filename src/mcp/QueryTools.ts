/** Tools about the data themselves: readings, aggregates, their quality, and gaps. */
import * as Effect from "effect/Effect"
import { isObject, type Json } from "../api/core/DocumentJson.js"
import { sensorsOf } from "./CatalogueTools.js"
import {
  AS_OF,
  fromContract,
  get,
  LIMIT,
  limitOf,
  nextOf,
  type Question,
  ROWS_DEFAULT,
  rowsOf,
  type Tool
} from "./Tool.js"

const SENSORS = ["sensor_id", "sensor", "tag", "type", "unit"]
const SHAPING = ["calibrated", "convert_to"]
const WINDOW = ["start_time", "end_time"]
const CURSOR = {
  type: "string",
  description: "Where the answer before ended, as its `next` has it. Leave all other arguments as they were."
}

/** Columns where nobody names any: those that a question is mostly about. */
const READING_FIELDS = "id,sensor_id,name,timestamp,value,unit,type"
const AGGREGATE_FIELDS = "sensor_id,name,timestamp,value,min,max,count,unit,type,completeness,final"
const GROUP_FIELDS = "timestamp,group,sensors,value,min,max,count,unit"

/** Which version of a calibration a row went through belongs to a calibrated one. */
const fieldsOf = (fields: string, { calibrated }: Json): string =>
  ["true", "1"].includes(String(calibrated)) ? `${fields},calibration` : fields

const rows = (path: string, fields: string) => (question: Question) =>
  Effect.gen(function* () {
    const { ask, given } = question
    const reply = yield* get(ask, path, {
      fields: fieldsOf(fields, given),
      ...given,
      limit: yield* limitOf(given)
    })
    const cursor = nextOf(reply, "cursor")
    const zone = reply.headers.get("tidemark-time-zone")
    return {
      answer: { rows: rowsOf(reply) },
      ...(zone === null ? {} : { settled: { tz: zone } }),
      ...(cursor === undefined ? {} : { next: { cursor } })
    }
  })

const readings = (): Tool => ({
  name: "query_readings",
  title: "Query readings",
  description:
    "Returns single readings: what one sensor measured at one time, exactly as it was stored. Use it for a short window, " +
    "for the latest values (order: desc, limit: 1), or to see the readings behind an aggregate. For trends, averages or " +
    "long windows use query_aggregates: it returns far fewer rows. Find sensor numbers with search_catalogue first. " +
    "Times are in UTC. Values are as they were measured; calibrated and convert_to put them right.",
  parameters: {
    ...fromContract("/data", [...SENSORS, ...WINDOW, ...SHAPING, "order", "fields"]),
    limit: LIMIT,
    cursor: CURSOR,
    ...AS_OF()
  },
  answer: rows("/data/", READING_FIELDS)
})

const aggregates = (): Tool => ({
  name: "query_aggregates",
  title: "Query aggregates",
  description:
    "Returns one row for each sensor and interval of time: value (the mean), min, max, count and more columns by `fields`, " +
    "among them sum, stddev, first, last, range, and percentiles such as p50 and p95. Intervals go from 1m over 15m, 1h and " +
    "1d to 1mo and 1y. Choose one that gives a few dozen rows. completeness is the share of the expected readings that came: " +
    "say so where it is well below 1. final is false while an interval may still change. An interval without readings " +
    "has no row. group_by merges the sensors that have a tag: a row for each value of it and interval, as `group`, oldest " +
    "first; order is refused then.",
  parameters: {
    ...fromContract("/aggregated_data", [
      ...[...SENSORS, ...WINDOW, "interval", "tz"],
      ...[...SHAPING, "order", "fields"]
    ]),
    ...fromContract("/aggregated_data/groups", ["group_by"]),
    limit: LIMIT,
    cursor: CURSOR,
    ...AS_OF()
  },
  answer: (question) =>
    question.given.group_by === undefined
      ? rows("/aggregated_data/", AGGREGATE_FIELDS)(question)
      : rows("/aggregated_data/groups/", GROUP_FIELDS)(question)
})

const hasLooked = (value: unknown): value is Json => isObject(value) && Number(value.denominator) > 0

/** The checks that looked at anything, flat, in words where something failed. A model can't follow their links. */
const checksOf = (details: unknown) =>
  Object.entries(isObject(details) ? details : {}).flatMap(([dimension, detail]) =>
    (isObject(detail) && Array.isArray(detail.checks) ? detail.checks : [])
      .filter(hasLooked)
      .map(({ description, failed, link: _link, name, ...check }) => ({
        check: name,
        dimension,
        ...check,
        failed,
        ...(failed === 0 ? {} : { description })
      }))
  )

const sensorOf = ({ failing, ...scores }: Json) => ({
  ...scores,
  failing: (Array.isArray(failing) ? failing : []).map(({ link: _link, ...one }) => one)
})

const first = (list: unknown): ReadonlyArray<Json> =>
  (Array.isArray(list) ? list : []).filter(isObject).slice(0, ROWS_DEFAULT)

const quality = (): Tool => ({
  name: "check_quality",
  title: "Check quality",
  description:
    "Says how far the readings of a window can be trusted: a score from 0 to 100 in seven dimensions (completeness, " +
    "validity, accuracy, consistency, timeliness, uniqueness, integrity), the checks behind them with what failed, and the " +
    `worst ${ROWS_DEFAULT} sensors. Null means that there was nothing to look at. Use it before you draw conclusions from ` +
    "data. Without a window: the last 24 hours.",
  parameters: {
    ...fromContract("/data/data-quality", [...WINDOW, "sensor_id", "sensor", "tag"]),
    ...AS_OF()
  },
  answer: ({ ask, given }) =>
    Effect.map(get(ask, "/data/data-quality/", given), ({ body }) => {
      const report = isObject(body) ? body : {}
      const { start_time, end_time } = report
      const scores = isObject(report.results) ? report.results.sensor_data : null
      return {
        settled: { start_time, end_time },
        answer: {
          start_time,
          end_time,
          scores,
          checks: checksOf(report.details),
          sensors: first(report.sensors).map(sensorOf),
          sensors_total: report.sensors_total,
          gone: first(report.gone),
          downtime: first(report.downtime)
        }
      }
    })
})

/** Sensors that were asked for and can have no gaps, as nobody knows yet how often they should speak. */
const withoutInterval = (question: Question) =>
  Effect.map(sensorsOf(question), (sensors) => {
    const { sensor, sensor_id: id } = question.given
    return sensors
      .filter(
        ({ derived, interval_ms, retired }) => interval_ms === null && derived !== true && retired !== true
      )
      .filter(({ sensor_id }) => id === undefined || String(sensor_id) === String(id))
      .filter(({ name }) => sensor === undefined || name === sensor)
      .map(({ name, sensor_id }) => ({ sensor_id, name }))
  })

const gaps = (): Tool => ({
  name: "find_gaps",
  title: "Find gaps",
  description:
    "Lists spells in which readings are missing: the sensor and its name, from when to when, how long in seconds, and about how many " +
    "readings are missing. open is true where a gap reaches the edge of the window. Without a window: the last 24 hours. " +
    "Only sensors whose interval is known can have gaps: interval_unknown names those without, at most " +
    `${ROWS_DEFAULT} of interval_unknown_total.`,
  parameters: {
    ...fromContract("/data/data-quality/gaps", [
      ...WINDOW,
      "sensor_id",
      "sensor",
      "tag",
      "longer_than",
      "skip"
    ]),
    limit: LIMIT,
    ...AS_OF()
  },
  answer: (question) =>
    Effect.gen(function* () {
      const { ask, given } = question
      const reply = yield* get(ask, "/data/data-quality/gaps/", { ...given, limit: yield* limitOf(given) })
      const skip = nextOf(reply, "skip")
      const without = yield* withoutInterval(question)
      const answer = {
        rows: rowsOf(reply),
        interval_unknown: without.slice(0, ROWS_DEFAULT),
        interval_unknown_total: without.length
      }
      return { answer, ...(skip === undefined ? {} : { next: { skip } }) }
    })
})

export const queryTools = (): ReadonlyArray<Tool> => [readings(), aggregates(), quality(), gaps()]
