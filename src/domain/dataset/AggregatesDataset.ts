/** One-minute aggregates, and those of the longer intervals that they are merged into. */
import type { AggregateRow } from "../minute/AggregateRow.js"
import { type PERCENTILES, RELATIVE_ERROR } from "../minute/Sketch.js"
import { columnsOf, OF_SENSOR, type Rules } from "./Column.js"
import { type StoredDataset, storedAs } from "./Dataset.js"
import { nameColumn, placeColumns } from "./Place.js"

const column = columnsOf<AggregateRow>()

/** A figure of the values, in their unit. */
const figure = <const Name extends "value" | "min" | "max" | "stddev" | "first" | "last">(
  name: Name,
  description: string,
  facts: { readonly answer: string; readonly example: number; readonly sql: string; readonly rules?: Rules }
) => column.number(name, description, (row) => row[name], { unit: OF_SENSOR, ...facts })

/** Null in SQL and OData alone: JSON and files fold such a minute again. */
const percentile = <const Name extends `p${(typeof PERCENTILES)[number]}`>(
  name: Name,
  title: string,
  meaning: string,
  example: number,
  missing: string
) =>
  column.maybeNumber(
    name,
    `${title}: the reading at the lower nearest rank, within 1 % of it${missing}`,
    (row) => row[name],
    {
      unit: OF_SENSOR,
      answer:
        `${meaning}: of the n readings in rising order the one at ⌊0.${name.slice(1)} × (n - 1)⌋, counted from 0 ` +
        `(lower nearest rank), with a relative error of at most ${RELATIVE_ERROR * 100} %; null, in OData alone: ` +
        "folded by a version that had no percentiles, and not again yet",
      example,
      sql: `m.value_${name}`
    }
  )

const INTERVAL_MS = "COALESCE(s.interval_ms, s.estimated_interval_ms)"

interface Length {
  /** What an interval is called. */
  readonly word: string
  readonly interval: string
  /** How long it is, ms, in SQL. */
  readonly millis: string
  /** What a percentile that is null in SQL says. */
  readonly missing: string
}

const columnsFor = ({ interval, millis, missing, word }: Length) =>
  [
    column.integer(
      "id",
      `Number of the aggregate: position of the first event of its ${word}`,
      (row) => row.id,
      {
        answer: "A number that no other aggregate of this interval has",
        example: 4711,
        rules: { minimum: 1 },
        sql: "m.id"
      }
    ),
    column.integer("sensor_id", "Number of the sensor", (row) => row.sensorId, {
      ofSensor: true,
      example: 1,
      rules: { minimum: 1 },
      sql: "m.sensor_id"
    }),
    column.time(
      "timestamp",
      `Start of the ${word}; it ends before the next one starts`,
      (row) => row.timestamp,
      { answer: "Start of the interval, UTC; its end belongs to the next one", sql: "m.minute" }
    ),
    figure("value", "Mean of the readings", {
      answer: "Mean of the readings in force",
      example: 21.5,
      sql: "m.value_mean"
    }),
    ...placeColumns(`the ${word}'s last reading`, "m"),
    column.text("interval", "Length of the interval", (row) => row.interval, {
      example: interval,
      sql: null
    }),
    column.integer("count", "Number of readings in force", (row) => row.count, {
      answer: "How many readings are in force",
      counts: "readings",
      example: 60,
      rules: { minimum: 1 },
      sql: "m.readings"
    }),
    column.maybeNumber(
      "sum",
      "Their sum, rounded once; null: beyond the range of a double",
      (row) => row.sum,
      {
        unit: OF_SENSOR,
        answer: "Their sum, exact and rounded once; null: beyond the range of doubles",
        example: 1290,
        sql: "m.value_sum"
      }
    ),
    figure("min", "The smallest value", { answer: "The smallest", example: 20.9, sql: "m.value_min" }),
    figure("max", "The largest value", { answer: "The largest", example: 22.1, sql: "m.value_max" }),
    figure("stddev", "Standard deviation of the population", {
      answer: "Their population standard deviation",
      example: 0.3,
      rules: { minimum: 0 },
      sql: "m.value_stddev"
    }),
    figure("first", "The first value by device time", {
      answer: "The first by device time",
      example: 21,
      sql: "m.value_first"
    }),
    figure("last", "The last value by device time", {
      answer: "The last by device time",
      example: 22,
      sql: "m.value_last"
    }),
    column.maybeNumber(
      "expected",
      `Readings that the sensor's interval leads to expect in the ${word}; null: no interval known`,
      (row) => row.expected,
      {
        answer: "How many readings the sensor's interval lets expect; null: the interval is not known",
        counts: "readings",
        example: 60,
        sql: `${millis} / ${INTERVAL_MS}`
      }
    ),
    column.maybeNumber(
      "completeness",
      "Share of the expected readings that came, from 0 to 1; null: no interval known",
      (row) => row.completeness,
      {
        answer: "count / expected; null: not known",
        counts: "ratio: 1 is all",
        example: 1,
        rules: { minimum: 0, maximum: 1 },
        sql: `CASE WHEN m.readings * ${INTERVAL_MS} >= ${millis} THEN 1.0 ELSE m.readings * ${INTERVAL_MS} / ${/ /.test(millis) ? `(${millis})` : millis} END`
      }
    ),
    column.boolean(
      "final",
      "The interval is over, and so is the time allowed for late readings; later ones still count",
      (row) => row.final,
      { example: true, sql: null }
    ),
    column.integer(
      "position",
      "Place in the log of the last event folded into the row",
      (row) => row.position,
      {
        answer: "The position of the log up to which it is folded",
        example: 4770,
        rules: { minimum: 1 },
        sql: "m.position"
      }
    ),
    percentile("p50", "Median", "The median", 21.4, missing),
    percentile("p95", "95th percentile", "95 % of the readings are not above it", 22, missing),
    percentile("p99", "99th percentile", "99 % of the readings are not above it", 22.1, missing),
    column.number(
      "range",
      "The largest value less the smallest; at most the largest double",
      (row) => Math.min(Number.MAX_VALUE, row.max - row.min),
      {
        unit: OF_SENSOR,
        example: 1.2,
        rules: { minimum: 0 },
        sql:
          "CASE WHEN m.value_max / 2 - m.value_min / 2 >= 8.988465674311579e307 THEN 1.7976931348623157e308 " +
          "ELSE m.value_max - m.value_min END"
      }
    ),
    nameColumn
  ] as const

const columns = columnsFor({
  word: "minute",
  interval: "1m",
  millis: "60000.0",
  missing: "; null in SQL: not folded again yet"
})

export const AGGREGATES = {
  id: 2,
  name: "aggregated_sensor_data",
  entity: "Aggregate",
  description:
    "One row a sensor and minute of device time: how many readings, and what they come to. It always agrees with the readings: late, corrected and deleted ones change it.",
  application: "Dashboards, trends and reports over long times, where a value a minute is enough.",
  grain: "One row a sensor and minute of device time, in UTC, that holds a reading",
  key: ["sensor_id", "timestamp"],
  path: "/aggregated_data",
  entitySet: "aggregates",
  inTime: true,
  columns,
  stored: storedAs(columns, {
    tables: { m: "sensor_minutes", v: "sensor_versions", s: "sensors" },
    newest: "timestamp DESC, sensor_id DESC"
  })
} as const satisfies StoredDataset<AggregateRow>

/** An hour or a day, as SQL and OData have it. */
export interface LocalAggregateRow extends AggregateRow {
  readonly localTime: string
}

/** What hours and days have there beside the columns of answers and files. */
export const LOCAL_TIME = columnsOf<LocalAggregateRow>().text(
  "local_time",
  "What the clocks of the server's zone show at the start, without an offset; an hour that comes twice in autumn shows it twice, and timestamp tells them apart",
  (row) => row.localTime,
  { example: "2026-11-02T00:00:00", sql: "m.local_time" }
)

/** What hours and days have in common: a row is the merge of its minutes. */
const intervals = (word: "hour" | "day", interval: string, table: string) => {
  const made = columnsFor({ word, interval, millis: "m.minutes * 60000.0", missing: "" })
  return {
    description: `One row a sensor and ${word}, on the clocks of the server's zone: how many readings, and what they come to, percentiles too. It is merged from the minutes, exactly: late, corrected and deleted readings change it.`,
    grain: `One row a sensor and ${word} of the zone that TIMEZONE names, that holds a reading`,
    key: ["sensor_id", "timestamp"],
    path: "/aggregated_data",
    query: `interval=${interval}`,
    inTime: true,
    columns: made,
    stored: storedAs([...made, LOCAL_TIME], {
      tables: { m: table, v: "sensor_versions", s: "sensors" },
      newest: "timestamp DESC, sensor_id DESC"
    })
  } as const
}

export const HOURS = {
  id: 6,
  name: "aggregates_1h",
  entity: "HourAggregate",
  application: "Reports and dashboards over weeks and months.",
  entitySet: "aggregates_1h",
  ...intervals("hour", "1h", "sensor_hours")
} as const satisfies StoredDataset<AggregateRow>

export const DAYS = {
  id: 7,
  name: "aggregates_1d",
  entity: "DayAggregate",
  application: "Reports over months and years: a sensor's year has 365 rows.",
  entitySet: "aggregates_1d",
  ...intervals("day", "1d", "sensor_days")
} as const satisfies StoredDataset<AggregateRow>
