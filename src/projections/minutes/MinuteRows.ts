/**
/**
 * A minute as a row of `sensor_minutes`, an hour or a day as one of the tables of theirs, and back.
 */
import * as Rows from "../../db/Rows.js"
import type { Params } from "../../db/ValueLists.js"
import { eventId, position, sensorId } from "../../domain/Ids.js"
import * as ExactSum from "../../domain/minute/ExactSum.js"
import { type Edge, figures, type LastEdge } from "../../domain/minute/Minute.js"
import * as Sketch from "../../domain/minute/Sketch.js"
import { MICROS_PER_MINUTE, type Micros } from "../../domain/Time.js"
import type { StoredMinute } from "./MinuteStore.js"

/** Rows of all of them have the columns of minutes; hours and days have their end, length and local time too. */
export type MinuteTable = "sensor_minutes" | "sensor_hours" | "sensor_days"

/** `end`, `localTime`: of an hour or a day; the latter is what its zone's clocks show at its start. */
export type WrittenRow = StoredMinute &
  ({ readonly end?: undefined } | { readonly end: Micros; readonly localTime: string })

/** What of a row its state is made from again; the finished figures are there for people. */
export const STATE_COLUMNS = `m.sensor_id, m.minute, m.id, m.position, m.readings, m.value_min, m.value_max,
  m.value_first, m.value_last, m.first_at, m.first_event_id, m.last_at, m.last_event_id, m.sensor_version,
  m.lat, m.lng, m.sum_exact, m.squares_exact, m.sketch`

const edgeOf = (at: unknown, id: unknown, value: unknown): Edge | null =>
  at === null ? null : { at: Rows.time(at), eventId: eventId(Rows.hex(id)), value: Rows.double(value) }

export const minuteOfRow = (row: Rows.Row): StoredMinute => {
  const edge = edgeOf(row.last_at, row.last_event_id, row.value_last)
  const last: LastEdge | null =
    edge === null
      ? null
      : {
          ...edge,
          sensorVersion: Rows.integer(row.sensor_version),
          lat: Rows.maybeDouble(row.lat),
          lng: Rows.maybeDouble(row.lng)
        }
  return {
    ...(row.sketch === null ? { stale: true as const } : {}),
    sensorId: sensorId(Rows.integer(row.sensor_id)),
    minute: Rows.time(row.minute),
    state: {
      count: Rows.integer(row.readings),
      sum: ExactSum.decode(Rows.text(row.sum_exact)),
      squares: ExactSum.decode(Rows.text(row.squares_exact)),
      sketch:
        row.sketch === null
          ? // The driver's buffer may be part of a larger one: what is kept is a copy.
            Sketch.empty
          : new Uint8Array(Rows.bytes(row.sketch)),
      min: Rows.maybeDouble(row.value_min) ?? Number.POSITIVE_INFINITY,
      max: Rows.maybeDouble(row.value_max) ?? Number.NEGATIVE_INFINITY,
      first: edgeOf(row.first_at, row.first_event_id, row.value_first),
      last,
      id: position(Rows.integer(row.id)),
      position: position(Rows.integer(row.position))
    }
  }
}

export type Kind = "integer" | "double" | "time" | "key" | "text" | "bytes"
const COLUMNS: ReadonlyArray<readonly [name: string, kind: Kind]> = [
  ["generation", "integer"],
  ["sensor_id", "integer"],
  ["minute", "time"],
  ["id", "integer"],
  ["position", "integer"],
  ["readings", "integer"],
  ["value_sum", "double"],
  ["value_min", "double"],
  ["value_max", "double"],
  ["value_mean", "double"],
  ["value_stddev", "double"],
  ["value_first", "double"],
  ["value_last", "double"],
  ["first_at", "time"],
  ["first_event_id", "key"],
  ["last_at", "time"],
  ["last_event_id", "key"],
  ["sensor_version", "integer"],
  ["lat", "double"],
  ["lng", "double"],
  ["sum_exact", "text"],
  ["squares_exact", "text"],
  ["value_p50", "double"],
  ["value_p95", "double"],
  ["value_p99", "double"],
  ["sketch", "bytes"]
]
const INTERVAL_COLUMNS: typeof COLUMNS = [
  ["ends", "time"],
  ["minutes", "integer"],
  ["local_time", "text"]
]

/** The row's values in the order of its columns; times and keys still as the domain has them. */
export const valuesOf = (generation: number, row: WrittenRow): Params => {
  const { first, id, last, position: at, sketch, squares, sum } = row.state
  const { count, max, mean, min, p50, p95, p99, stddev, sum: rounded } = figures(row.state)
  return [
    generation,
    row.sensorId,
    row.minute,
    id,
    at,
    count,
    rounded,
    min,
    max,
    mean,
    stddev,
    first?.value ?? null,
    last?.value ?? null,
    first?.at ?? null,
    first?.eventId ?? null,
    last?.at ?? null,
    last?.eventId ?? null,
    last?.sensorVersion ?? 0,
    last?.lat ?? null,
    last?.lng ?? null,
    ExactSum.encode(sum),
    ExactSum.encode(squares),
    p50,
    p95,
    p99,
    sketch,
    ...(row.end === undefined ? [] : [row.end, (row.end - row.minute) / MICROS_PER_MINUTE, row.localTime])
  ]
}

export const columnsOf = (table: MinuteTable): typeof COLUMNS =>
  table === "sensor_minutes" ? COLUMNS : [...COLUMNS, ...INTERVAL_COLUMNS]
