/**
 * The catalogue: our descriptions of the data sets, under what people say of them, joined with what the database
 * really holds.
 *
 * Invariants:
 * 1. Columns and types are read from the database, never assumed.
 * 2. Rows are counted from the minutes and the log's head, kept for a moment: no answer scans the readings.
 * 3. Nothing that was asked for becomes a part of a statement: names are looked up among our own.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Database, type DatabaseService } from "../../db/Transaction.js"
import {
  type CatalogDataset,
  type DescribedDataset,
  dataTypes,
  describedDatasets,
  findDataset,
  schemaUsed,
  searchDatasets
} from "../../domain/catalogue/CatalogueDataset.js"
import { titleOf } from "../../domain/catalogue/CatalogueEdits.js"
import type { DatasetDefinition, DatasetName } from "../../domain/catalogue/DatasetDescriptions.js"
import { formatTime, type Micros } from "../../domain/Time.js"
import { CatalogueLog } from "../../eventlog/CatalogueLog.js"
import type { LogError } from "../../eventlog/EventLog.js"
import { asLogError } from "../../eventlog/LogFailure.js"
import { nowMicros } from "../../telemetry/Instant.js"
import * as Sql from "./SqlCatalogue.js"

/** How long the count of stored minutes is kept; what was appended since is added to it. */
const TOTALS_KEPT = "15 seconds"
export const SAMPLE_MAX = 1_000

/** A row as JSON: times as RFC 3339, bytes as hex. */
export type SampleRow = Readonly<Record<string, unknown>>

export interface CatalogQuery {
  /**
   * Words that must all occur in name, description, columns, or type and unit of the sensors it holds readings of,
   * whatever their case; empty: all data sets.
   */
  readonly search?: string | undefined
  readonly skip: number
  readonly limit: number
}

export interface CatalogService {
  /** The data sets that match, in the order of their ids. */
  readonly datasets: (query: CatalogQuery) => Effect.Effect<ReadonlyArray<CatalogDataset>, LogError>
  /** One data set by its name; none: there is no such one. */
  readonly dataset: (name: string) => Effect.Effect<Option.Option<CatalogDataset>, LogError>
  /** Fills the table `metadata` with the words that hold now: for those who read the database alone. */
  readonly publish: Effect.Effect<void, LogError>
  /** The latest time in it; none: it is empty, or has no time of its own. */
  readonly lastTime: (name: DatasetName) => Effect.Effect<Option.Option<Micros>, LogError>
  /** Its newest rows, at most `limit` (1 to 1,000); none: there is no such data set. */
  readonly sample: (
    name: string,
    limit: number
  ) => Effect.Effect<Option.Option<ReadonlyArray<SampleRow>>, LogError>
}

export class Catalog extends Context.Tag("tidemark/Catalog")<Catalog, CatalogService>() {}

type Totals = Effect.Effect<Sql.MinuteTotals, LogError>

const rowCount = (sql: SqlClient, totals: Totals, name: DatasetDefinition["name"]) =>
  Effect.gen(function* () {
    switch (name) {
      case "sensor_data": {
        const { position, readings } = yield* totals
        return readings + (yield* Sql.readingsSince(sql, position))
      }
      case "aggregated_sensor_data":
        return (yield* totals).minutes
      case "aggregates_1h":
        return yield* Sql.hourCount(sql)
      case "aggregates_1d":
        return yield* Sql.dayCount(sql)
      case "sensors":
        return yield* Sql.sensorCount(sql)
      case "rejected_messages":
        return (yield* Sql.heads(sql)).rejected
      case "events":
        return (yield* Sql.heads(sql)).position
      case "annotations":
        return yield* Sql.annotationCount(sql)
    }
  })

const describe = (db: DatabaseService, sql: SqlClient, totals: Totals, described: DescribedDataset) =>
  Effect.gen(function* () {
    const { definition, describedAt, edit, version } = described
    const columns = yield* Sql.columns(db, sql, definition)
    const span = yield* Sql.span(db, sql, definition.name)
    const dataset: CatalogDataset = {
      id: definition.id,
      dataset_name: definition.name,
      schema_used: schemaUsed(columns),
      data_types: dataTypes(columns),
      description: definition.description,
      application: definition.application,
      lineage: definition.lineage,
      made_from: definition.madeFrom,
      columns,
      row_count: yield* rowCount(sql, totals, definition.name),
      start_time: span.first === null ? null : formatTime(span.first),
      end_time: span.last === null ? null : formatTime(span.last),
      formats: definition.formats,
      title: edit.title ?? titleOf(definition.name),
      owner: edit.owner,
      contact: edit.contact,
      publisher: edit.publisher,
      licence: edit.licence,
      tags: edit.tags,
      version,
      described_at: describedAt === null ? null : formatTime(describedAt)
    }
    return dataset
  })

type Described = Effect.Effect<ReadonlyArray<DescribedDataset>, LogError>

/** The table `metadata`: our definitions as SQL, for those who read the database alone. */
const publish = (db: DatabaseService, datasets: Described) =>
  Effect.gen(function* () {
    const now = db.encodeTime(yield* nowMicros)
    for (const { definition } of yield* datasets) {
      const columns = yield* db.read((sql) => Sql.columns(db, sql, definition))
      const row: Sql.MetadataRow = {
        id: definition.id,
        dataset_name: definition.name,
        schema_used: schemaUsed(columns),
        data_types: dataTypes(columns),
        description: definition.description,
        application: definition.application,
        lineage: definition.lineage
      }
      yield* db.transact((sql) => Sql.putMetadata(sql, row, now))
    }
  }).pipe(Effect.mapError(asLogError))

const make = Effect.gen(function* () {
  const db = yield* Database
  const words = yield* CatalogueLog
  const datasets: Described = Effect.map(words.current("dataset"), describedDatasets)
  const [kept, forget] = yield* Effect.cachedInvalidateWithTTL(
    db.read(Sql.minuteTotals).pipe(Effect.mapError(asLogError)),
    TOTALS_KEPT
  )
  // A failure is not kept.
  const totals: Totals = Effect.tapError(kept, () => forget)
  const variables = db.read(Sql.measuredVariables).pipe(Effect.mapError(asLogError))
  const described = (dataset: DescribedDataset) =>
    db.read((sql) => describe(db, sql, totals, dataset)).pipe(Effect.mapError(asLogError))
  // One at a time: what was read before an edit must not be written after it.
  const publishing = yield* Effect.makeSemaphore(1)
  const published = publishing.withPermits(1)(publish(db, datasets))
  // A server that is away at the start gets the table filled once it is reached.
  yield* Effect.forkScoped(
    Effect.zipRight(db.ready, published).pipe(
      Effect.catchAll((error) => Effect.logWarning(`the table metadata was not filled: ${error.reason}`))
    )
  )
  return Catalog.of({
    datasets: ({ limit, search = "", skip }) =>
      Effect.flatMap(Effect.all([datasets, search === "" ? Effect.succeed([]) : variables]), ([all, words]) =>
        Effect.forEach(searchDatasets(search, all, words).slice(skip, skip + limit), described)
      ),
    dataset: (name) =>
      Effect.flatMap(datasets, (all) =>
        Effect.transposeMapOption(
          Option.fromNullable(all.find(({ definition }) => definition.name === name)),
          described
        )
      ),
    publish: published,
    lastTime: (name) =>
      db
        .read((sql) => Sql.span(db, sql, name))
        .pipe(
          Effect.mapError(asLogError),
          Effect.map(({ last }) => Option.fromNullable(last))
        ),
    sample: (name, limit) =>
      Effect.transposeMapOption(Option.fromNullable(findDataset(name)), (definition) =>
        db
          .read((sql) => Sql.sample(sql, definition, Math.max(1, Math.min(SAMPLE_MAX, Math.floor(limit)))))
          .pipe(Effect.mapError(asLogError))
      )
  })
})

export const layer = Layer.scoped(Catalog, make)
