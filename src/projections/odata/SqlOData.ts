/** OData's rows in the database: readings, aggregates and sensors by SQL; annotations and data sets, which are few, in memory. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Rows from "../../db/Rows.js"
import { Database, type DatabaseService } from "../../db/Transaction.js"
import type { CatalogDataset } from "../../domain/catalogue/CatalogueDataset.js"
import type { Position } from "../../domain/Ids.js"
import { MICROS_PER_MILLI, parseStoredTime } from "../../domain/Time.js"
import { CatalogueLog } from "../../eventlog/CatalogueLog.js"
import { EventLog, type LogError } from "../../eventlog/EventLog.js"
import type { Row } from "../../odata/Edm.js"
import { ENTITY_SETS, type EntitySetName } from "../../odata/EntitySets.js"
import { holds } from "../../odata/Evaluate.js"
import { odataError } from "../../odata/ODataError.js"
import { comparePlaces, placeOf } from "../../odata/Order.js"
import { condition } from "../../odata/Sql.js"
import { behind, orderBy } from "../../odata/SqlOrder.js"
import type { TypedExpression } from "../../odata/Typed.js"
import { annotationsOf } from "../annotations/Annotations.js"
import { Catalog } from "../catalogue/Catalogue.js"
import { MinuteStore } from "../minutes/MinuteStore.js"
import { minutesTable } from "./ODataFolded.js"
import { intervalsTable } from "./ODataIntervals.js"
import { annotationRow, ODataRows, type RowSource, type RowsQuery } from "./ODataRows.js"
import { aggregatesSource } from "./SqlODataAggregates.js"
import { groupRows } from "./SqlODataGroups.js"
import { asRowsError, contextOf, rowOf, selectedOf, selectList } from "./SqlODataParts.js"
import { readingsSource } from "./SqlODataReadings.js"

const sensorColumns = (sql: SqlClient) => ({
  id: sql.literal("s.id"),
  sensor_id: sql.literal("s.id"),
  name: sql.literal("s.name"),
  "metadata/lat": sql.literal("v.lat"),
  "metadata/lng": sql.literal("v.lng"),
  "metadata/unit": sql.literal("v.unit"),
  "metadata/type": sql.literal("v.type"),
  "metadata/description": sql.literal("v.description"),
  "metadata/min": sql.literal("v.range_min"),
  "metadata/max": sql.literal("v.range_max"),
  version: sql.literal("s.version"),
  interval_ms: sql.literal("COALESCE(s.interval_ms, s.estimated_interval_ms)"),
  interval_estimated: sql.literal(
    "(CASE WHEN s.interval_ms IS NULL AND s.estimated_interval_ms IS NOT NULL THEN 1 ELSE 0 END)"
  ),
  retired: sql.literal("(CASE WHEN s.status = 'retired' THEN 1 ELSE 0 END)"),
  derived: sql.literal("(CASE WHEN s.status = 'derived' THEN 1 ELSE 0 END)")
})

const SENSORS = "sensors s LEFT JOIN sensor_versions v ON v.sensor_id = s.id AND v.version = s.version"

const sensorsSource = (database: DatabaseService, head: Effect.Effect<Position, LogError>): RowSource => {
  const selected = selectedOf(ENTITY_SETS.sensors, undefined, [])
  const where = (sql: SqlClient, filter: TypedExpression | undefined) =>
    filter === undefined
      ? sql.literal("1 = 1")
      : condition(contextOf(sql, database, sensorColumns(sql)), filter)
  const rows = (query: RowsQuery) =>
    database.read((sql) => {
      const context = contextOf(sql, database, sensorColumns(sql))
      const after =
        query.after === undefined ? sql.literal("1 = 1") : behind(context, query.order, query.after)
      return Effect.flatMap(
        sql`SELECT ${selectList(context, selected)} FROM ${sql.literal(SENSORS)}
          WHERE ${where(sql, query.filter)} AND ${after} ORDER BY ${orderBy(context, query.order)}
          LIMIT ${String(query.limit)} OFFSET ${String(query.skip)}`,
        Rows.every((row) => rowOf(selected, row))
      )
    })
  return {
    page: (query) =>
      asRowsError(
        Effect.gen(function* () {
          return { asOf: query.asOf ?? (yield* head), rows: yield* rows(query) }
        })
      ),
    count: ({ filter }) =>
      asRowsError(
        database.read((sql) =>
          Effect.flatMap(
            sql`SELECT COUNT(*) AS n FROM ${sql.literal(SENSORS)} WHERE ${where(sql, filter)}`,
            Rows.only(({ n }) => Rows.integer(n))
          )
        )
      ),
    groups: (query) =>
      Effect.flatMap(head, (asOf) =>
        asRowsError(
          database.read((sql) => {
            const context = contextOf(sql, database, sensorColumns(sql))
            const from = sql`${sql.literal(SENSORS)} WHERE ${where(sql, query.filter)}`
            return Effect.map(groupRows(context, query, from), (rows) => ({ asOf, rows }))
          })
        )
      ),
    one: (id) =>
      asRowsError(
        database.read((sql) =>
          Effect.flatMap(
            sql`SELECT ${selectList(contextOf(sql, database, sensorColumns(sql)), selected)}
              FROM ${sql.literal(SENSORS)} WHERE s.id = ${id}`,
            Rows.first((row) => rowOf(selected, row))
          ).pipe(Effect.map(Option.fromNullable))
        )
      )
  }
}

/** More than there are. */
const DATASETS_MAX = 1_000
const moment = (text: string | null) => (text === null ? null : parseStoredTime(text))

const datasetRow = (dataset: CatalogDataset): Row => ({
  ...dataset,
  columns: dataset.columns.map((column) => ({ ...column })),
  formats: dataset.formats.map((format) => ({ ...format })),
  start_time: moment(dataset.start_time),
  end_time: moment(dataset.end_time),
  described_at: moment(dataset.described_at)
})

/** Rows in memory, as a page of them is asked for. */
export const pageOf = (
  rows: ReadonlyArray<Row>,
  { after, filter, limit, order, skip }: Omit<RowsQuery, "now">
) =>
  rows
    .filter((row) => holds(filter, row))
    .map((row) => ({ row, place: placeOf(order, row) }))
    .filter(({ place }) => after === undefined || comparePlaces(order, place, after) > 0)
    .sort((a, b) => comparePlaces(order, a.place, b.place))
    .slice(skip, skip + limit)
    .map(({ row }) => row)

/** A set that is in memory for a moment, now or as of a position. */
const memorySource = (
  name: EntitySetName,
  head: Effect.Effect<Position, LogError>,
  all: (asOf: Position) => Effect.Effect<ReadonlyArray<Row>, LogError>
): RowSource => {
  const asOfOf = ({ asOf }: { readonly asOf?: Position | undefined }) =>
    asOf === undefined ? head : Effect.succeed(asOf)
  return {
    page: (query) =>
      Effect.gen(function* () {
        const asOf = yield* asOfOf(query)
        return { asOf, rows: pageOf(yield* all(asOf), query) }
      }),
    count: (query) =>
      Effect.gen(function* () {
        const rows = yield* all(yield* asOfOf(query))
        return rows.filter((row) => holds(query.filter, row)).length
      }),
    groups: () => Effect.fail(odataError("NotImplemented", `${name} can't be grouped`, "$apply")),
    one: (id) =>
      Effect.map(Effect.flatMap(head, all), (rows) => Option.fromNullable(rows.find((row) => row.id === id)))
  }
}

/** `allowedLateness`: how long after its end a minute is still waited for. */
export const layer = (options: { readonly allowedLateness: Duration.DurationInput }) =>
  Layer.effect(
    ODataRows,
    Effect.gen(function* () {
      const database = yield* Database
      const log = yield* EventLog
      const head = Effect.map(log.head, ({ position }) => position)
      const lateness = Duration.toMillis(options.allowedLateness) * MICROS_PER_MILLI
      const store = yield* MinuteStore
      const catalog = yield* Catalog
      const words = yield* CatalogueLog
      const aggregates = (table: Parameters<typeof aggregatesSource>[3]) =>
        aggregatesSource(database, store, lateness, table)
      return {
        readings: readingsSource(database, log),
        aggregates: aggregates(Effect.succeed(minutesTable(store))),
        aggregates_1h: aggregates(intervalsTable(database, store, "1h")),
        aggregates_1d: aggregates(intervalsTable(database, store, "1d")),
        sensors: sensorsSource(database, head),
        annotations: memorySource("annotations", head, (asOf) =>
          Effect.map(annotationsOf(words, {}, asOf), (rows) => rows.map(annotationRow))
        ),
        datasets: memorySource("datasets", head, () =>
          Effect.map(catalog.datasets({ skip: 0, limit: DATASETS_MAX }), (datasets) =>
            datasets.map(datasetRow)
          )
        )
      }
    })
  )
