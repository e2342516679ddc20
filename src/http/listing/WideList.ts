/**
 * Readings and aggregates in the wide shape: a row a time, a column a sensor; of aggregates the mean. Where a sensor
 * has several readings of one time, the one with the highest position shows. A column is headed by the sensor's name.
 */
import * as Effect from "effect/Effect"
import { PAGE_LIMIT_DEFAULT } from "../../api/core/ContractParameters.js"
import { WIDE_SENSORS_MAX } from "../../api/core/ListParameters.js"
import { columnsOf } from "../../domain/dataset/Column.js"
import { descriptorOf } from "../../domain/dataset/Datasets.js"
import type { SensorId } from "../../domain/Ids.js"
import type { Sensor } from "../../domain/Sensor.js"
import type { Micros } from "../../domain/Time.js"
import type { EventLogService, LogError } from "../../eventlog/EventLog.js"
import type { Table } from "../../formats/Table.js"
import { invalidField, type Refusal } from "../core/Problems.js"
import { standingAsOf } from "./AsOfParameter.js"
import type { Place } from "./Cursor.js"
import { CHUNK_ROWS, type Listing, type RowQuery, type RowsError } from "./Listing.js"
import { type ReadingQuery, readingFilter, readingList } from "./ReadingList.js"
import { type ShapingAt, shapedReadings, shapedSensors } from "./Shaped.js"

/** What one cell is made from: its place in the long list, and what it shows. */
export interface WideCell extends Place {
  readonly sensor: SensorId
  readonly value: number
}

interface WideRow {
  readonly time: Micros
  readonly cells: Map<SensorId, WideCell>
  /** The tie-breaker of what was read last. */
  last: number
}

type WideName = "sensor_data" | "aggregated_sensor_data"

const numberedHead = ({ id }: Pick<Sensor, "id">): string => `sensor_${id}`

/** The sensor's name, where it has one that no other column has: readers of files see no case. */
const heads = (sensors: ReadonlyArray<Sensor>): ReadonlyArray<string> => {
  const keys = sensors.map(({ name }) => name?.toLowerCase())
  const taken = ["timestamp", ...keys]
  return sensors.map((sensor, index) => {
    const key = keys[index]
    const isOwn =
      key !== undefined && !/^sensor_\d+$/.test(key) && taken.filter((one) => one === key).length === 1
    return isOwn ? (sensor.name ?? numberedHead(sensor)) : numberedHead(sensor)
  })
}

const wideTable = (name: WideName, sensors: ReadonlyArray<Sensor>): Table<WideRow> => {
  const column = columnsOf<WideRow>()
  const names = heads(sensors)
  const { description = "", unit = null } =
    descriptorOf(name).columns.find((one) => one.name === "timestamp") ?? {}
  return {
    name,
    columns: [
      column.time("timestamp", description, (row) => row.time, { unit }),
      ...sensors.map(({ id, metadata, name }, index) =>
        column.maybeNumber(
          names[index] ?? "",
          [names[index] === name ? numberedHead({ id }) : name, metadata.type, metadata.description]
            .filter((text) => text !== null)
            .join(", "),
          (row) => row.cells.get(id)?.value ?? null,
          { unit: metadata.unit }
        )
      )
    ]
  }
}

const put = (row: WideRow, cell: WideCell): void => {
  const there = row.cells.get(cell.sensor)
  if (there === undefined || there.tie < cell.tie) row.cells.set(cell.sensor, cell)
  row.last = cell.tie
}

/** Cells of the long list behind a place, at most CHUNK_ROWS of them, and fewer only where there are no more. */
export type ReadCells = (
  query: Pick<RowQuery, "standing" | "after">
) => Effect.Effect<ReadonlyArray<WideCell>, RowsError>

/** Times, each with all of its cells: a time is whole when the next one begins. */
const readWide = (readCells: ReadCells, query: RowQuery): Effect.Effect<ReadonlyArray<WideRow>, RowsError> =>
  Effect.gen(function* () {
    const rows: Array<WideRow> = []
    let row: WideRow | undefined
    let after = query.after
    for (;;) {
      const page: ReadonlyArray<WideCell> = yield* readCells({ standing: query.standing, after })
      for (const cell of page) {
        if (row === undefined || row.time !== cell.time) {
          if (row !== undefined) rows.push(row)
          if (rows.length === query.limit) return rows
          row = { time: cell.time, cells: new Map(), last: cell.tie }
        }
        put(row, cell)
      }
      const last = page.at(-1)
      if (last === undefined || page.length < CHUNK_ROWS) return row === undefined ? rows : [...rows, row]
      after = last
    }
  })

/** The sensors that get a column: those asked for, else all of that time. */
const sensorsOf = (
  log: EventLogService,
  query: Pick<ReadingQuery, "sensor_id" | "as_of">
): Effect.Effect<ReadonlyArray<Sensor>, LogError | Refusal> =>
  Effect.gen(function* () {
    const ids = query.sensor_id === undefined ? undefined : new Set<SensorId>(query.sensor_id)
    if ((ids?.size ?? 0) > WIDE_SENSORS_MAX) {
      return yield* invalidField(
        "sensor_id",
        `must name at most ${WIDE_SENSORS_MAX} sensors in the wide shape`
      )
    }
    const all =
      query.as_of === undefined
        ? yield* ids === undefined
            ? log.sensors({ limit: WIDE_SENSORS_MAX + 1 })
            : Effect.map(
                Effect.forEach(ids, (id) => log.sensor(id)),
                (options) => options.flatMap((sensor) => (sensor._tag === "Some" ? [sensor.value] : []))
              )
        : yield* Effect.flatMap(standingAsOf(log, query.as_of), ({ position }) => log.sensorsAsOf(position))
    const sensors = ids === undefined ? all : all.filter(({ id }) => ids.has(id))
    return sensors.length > WIDE_SENSORS_MAX
      ? yield* invalidField(
          "sensor_id",
          `must name the sensors in the wide shape: there are more than ${WIDE_SENSORS_MAX}`
        )
      : sensors
  })

/** A list in the wide shape, from the long one of the sensors that get a column. */
export const widened = <Row>(
  log: EventLogService,
  shapingAt: ShapingAt | null,
  query: Pick<ReadingQuery, "sensor_id" | "as_of" | "skip">,
  name: WideName,
  listed: (sensorIds: ReadonlyArray<SensorId>) => Listing<Row>,
  cellOf: (row: Row) => WideCell
): Effect.Effect<Listing<WideRow>, RowsError | Refusal> =>
  Effect.gen(function* () {
    if (query.skip > 0) return yield* invalidField("skip", "can't be given with shape=wide")
    const sensors = yield* shapedSensors(log, shapingAt, query, yield* sensorsOf(log, query))
    const { nested: _, weight: __, ...list } = listed(sensors.map(({ id }) => id))
    const readCells: ReadCells = ({ after, standing }) =>
      Effect.map(list.read({ standing, after, skip: 0, limit: CHUNK_ROWS }), (rows) => rows.map(cellOf))
    return {
      ...list,
      kind: `${list.kind} wide`,
      table: wideTable(name, sensors),
      first: undefined,
      read: (rows) => readWide(readCells, rows),
      place: (row) => ({ time: row.time, tie: row.last }),
      chunkRows: CHUNK_ROWS,
      pageRows: PAGE_LIMIT_DEFAULT
    }
  })

export const wideList = (log: EventLogService, shapingAt: ShapingAt | null, query: ReadingQuery) =>
  widened(
    log,
    shapingAt,
    query,
    "sensor_data",
    (sensorIds) =>
      shapedReadings(shapingAt, query, readingList(log, { ...readingFilter(query), sensorIds }, query.order)),
    ({ occurredAt: time, position: tie, sensorId: sensor, value }) => ({ time, tie, sensor, value })
  )
