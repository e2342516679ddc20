/**
 * Readings in the wide shape: a row a time, a column a sensor. Where a sensor has several readings of one time, the
 * one with the highest position shows.
 */
import * as Effect from "effect/Effect"
import { WIDE_SENSORS_MAX } from "../api/ListParameters.js"
import { PAGE_LIMIT_DEFAULT } from "../api/Parameters.js"
import { type Position, position, type SensorId } from "../domain/Ids.js"
import type { Reading } from "../domain/Reading.js"
import type { Sensor } from "../domain/Sensor.js"
import type { Micros } from "../domain/Time.js"
import type { EventLogService, LogError, ReadingFilter } from "../eventlog/EventLog.js"
import type { Table } from "../formats/Table.js"
import { standingAsOf } from "./AsOf.js"
import { CHUNK_ROWS, type Listing, type RowQuery } from "./Listing.js"
import { invalidField, type Refusal } from "./Problems.js"
import { headPosition, newest, type ReadingQuery, readingFilter } from "./ReadingList.js"
import { columnsOf } from "./Tables.js"

interface WideRow {
  readonly time: Micros
  readonly cells: Map<SensorId, { readonly value: number; readonly position: Position }>
  /** Position of the reading that was read last. */
  last: Position
}

const wideTable = (sensors: ReadonlyArray<Sensor>): Table<WideRow> => {
  const column = columnsOf<WideRow>("sensor_data")
  return {
    name: "sensor_data",
    columns: [
      column.time("timestamp", (row) => row.time),
      ...sensors.map(({ id, metadata, name }) =>
        column.maybeDouble(
          `sensor_${id}`,
          (row) => row.cells.get(id)?.value ?? null,
          [name, metadata.type, metadata.description].filter((text) => text !== null).join(", "),
          metadata.unit
        )
      )
    ]
  }
}

const put = (row: WideRow, reading: Reading): void => {
  const there = row.cells.get(reading.sensorId)
  if (there === undefined || there.position < reading.position) {
    row.cells.set(reading.sensorId, reading)
  }
  row.last = reading.position
}

/** Times, each with all of its readings: a time is whole when the next one begins. */
const readWide = (
  log: EventLogService,
  filter: ReadingFilter,
  order: "asc" | "desc",
  query: RowQuery
): Effect.Effect<ReadonlyArray<WideRow>, LogError> =>
  Effect.gen(function* () {
    const rows: Array<WideRow> = []
    let row: WideRow | undefined
    let after =
      query.after === null ? undefined : { occurredAt: query.after.time, position: position(query.after.tie) }
    for (;;) {
      const page = yield* log.readings(filter, {
        asOf: query.standing.position,
        limit: CHUNK_ROWS,
        order,
        after
      })
      for (const reading of page) {
        if (row === undefined || row.time !== reading.occurredAt) {
          if (row !== undefined) rows.push(row)
          if (rows.length === query.limit) return rows
          row = { time: reading.occurredAt, cells: new Map(), last: reading.position }
        }
        put(row, reading)
      }
      const last = page.at(-1)
      if (last === undefined || page.length < CHUNK_ROWS) return row === undefined ? rows : [...rows, row]
      after = { occurredAt: last.occurredAt, position: last.position }
    }
  })

/** The sensors that get a column: those asked for, else all of that time. */
const sensorsOf = (
  log: EventLogService,
  query: ReadingQuery
): Effect.Effect<ReadonlyArray<Sensor>, LogError | Refusal> =>
  Effect.gen(function* () {
    const wanted = query.sensor_id === undefined ? undefined : new Set<SensorId>(query.sensor_id)
    if ((wanted?.size ?? 0) > WIDE_SENSORS_MAX) {
      return yield* invalidField(
        "sensor_id",
        `must name at most ${WIDE_SENSORS_MAX} sensors in the wide shape`
      )
    }
    const all =
      query.as_of === undefined
        ? yield* wanted === undefined
            ? log.sensors({ limit: WIDE_SENSORS_MAX + 1 })
            : Effect.map(
                Effect.forEach(wanted, (id) => log.sensor(id)),
                (found) => found.flatMap((sensor) => (sensor._tag === "Some" ? [sensor.value] : []))
              )
        : yield* Effect.flatMap(standingAsOf(log, query.as_of), ({ position }) => log.sensorsAsOf(position))
    const sensors = wanted === undefined ? all : all.filter(({ id }) => wanted.has(id))
    return sensors.length > WIDE_SENSORS_MAX
      ? yield* invalidField(
          "sensor_id",
          `must name the sensors in the wide shape: there are more than ${WIDE_SENSORS_MAX}`
        )
      : sensors
  })

export const wideList = (
  log: EventLogService,
  query: ReadingQuery
): Effect.Effect<Listing<WideRow>, LogError | Refusal> =>
  Effect.gen(function* () {
    if (query.skip > 0) return yield* invalidField("skip", "can't be given with shape=wide")
    const { order = "asc" } = query
    const sensors = yield* sensorsOf(log, query)
    const filter = { ...readingFilter(query), sensorIds: sensors.map(({ id }) => id) }
    return {
      kind: `readings wide ${order}`,
      filter: { ...filter },
      table: wideTable(sensors),
      now: headPosition(log),
      read: (rows) => readWide(log, filter, order, rows),
      place: (row) => ({ time: row.time, tie: row.last }),
      watermark: (standing) => newest(log, filter, standing),
      chunkRows: CHUNK_ROWS,
      pageRows: PAGE_LIMIT_DEFAULT,
      validity: Effect.succeed("")
    }
  })
