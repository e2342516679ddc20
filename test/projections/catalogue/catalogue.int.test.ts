import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { Database } from "../../../src/db/Transaction.js"
import { CatalogDataset } from "../../../src/domain/catalogue/CatalogueDataset.js"
import { DATASET_NAMES, DATASETS } from "../../../src/domain/catalogue/DatasetDescriptions.js"
import type { StoredKind } from "../../../src/domain/dataset/Column.js"
import { eventId, position, sensorId } from "../../../src/domain/Ids.js"
import { fold as foldMinute } from "../../../src/domain/minute/Minute.js"
import { MICROS_PER_DAY, MICROS_PER_HOUR, micros } from "../../../src/domain/Time.js"
import { localTime } from "../../../src/domain/TimeZone.js"
import { CatalogueLog } from "../../../src/eventlog/CatalogueLog.js"
import * as SqlCatalogueLog from "../../../src/eventlog/SqlCatalogueLog.js"
import * as Catalog from "../../../src/projections/catalogue/Catalogue.js"
import { upsertMinutes } from "../../../src/projections/minutes/MinuteWrites.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { at, events, fold, type HandmadeEvent, rejected, sensor, series } from "../handmade.js"

const START = at("2026-11-22T10:00:00.123456Z")

/** 90 readings over two minutes, one corrected, one deleted, and three more that are not folded yet. */
const folded: ReadonlyArray<HandmadeEvent> = [
  ...series(1, START, 1_000_000, 90, (i) => i / 3).map((event, i) =>
    i === 0 ? { ...event, supersededBy: 91 } : i === 89 ? { ...event, supersededBy: 92 } : event
  ),
  { type: "ReadingCorrected", sensor: 1, occurredAt: START, value: 7.25, readingId: 1 },
  { type: "ReadingDeleted", sensor: 1, occurredAt: START + 89_000_000, readingId: 90 }
]

/** The hour and the day of the readings, as the merge stores them. */
const merged = Effect.flatMap(Database, (db) =>
  db.transact((sql) => {
    const state = foldMinute([
      {
        position: position(1),
        eventId: eventId("1".padStart(32, "0")),
        occurredAt: micros(START),
        value: 7.25,
        sensorVersion: 1,
        lat: null,
        lng: null
      }
    ])
    const lasting = (length: number) => {
      const minute = micros(START - (START % length))
      return [
        { sensorId: sensorId(1), minute, end: micros(minute + length), localTime: localTime(minute), state }
      ]
    }
    return Effect.all([
      sql`INSERT INTO interval_sets (id, generation, zone, state) VALUES (1, 1, 'UTC', 'live')`,
      upsertMinutes(sql, db, 1, lasting(MICROS_PER_HOUR), "sensor_hours"),
      upsertMinutes(sql, db, 1, lasting(MICROS_PER_DAY), "sensor_days")
    ])
  })
)

const setUp = Effect.gen(function* () {
  yield* merged
  yield* sensor(1, { intervalMs: 1_000, description: "Main Entrance" })
  yield* events(folded)
  yield* fold(folded)
  yield* events(
    series(1, START + 100_000_000, 1_000_000, 3, () => 1),
    93
  )
  yield* rejected(7, START)
  const payload = { start: micros(START), end: null, sensors: [], kind: "note", text: "Door open" } as const
  yield* Effect.flatMap(CatalogueLog, ({ change }) =>
    change({ kind: "annotation", subject: null, decide: () => ({ type: "AnnotationMade", payload }) })
  )
})

/** What the databases call each kind. */
const TYPES: Readonly<Record<StoredKind, RegExp>> = {
  integer: /^(BIG|TINY|SMALL)?INT/,
  number: /^(DOUBLE|REAL)/,
  text: /^(VARCHAR|CHAR|TEXT|ENUM)/,
  time: /^(DATETIME\(6\)|TEXT)$/,
  binary: /BINARY|BLOB/,
  json: /^(JSON|(LONG|MEDIUM)?TEXT)/
}

const live = (database: TestDatabase) =>
  Catalog.layer.pipe(Layer.provideMerge(SqlCatalogueLog.layer), Layer.provideMerge(database.layer))
const all = { skip: 0, limit: 100 }

describeDatabases("catalogue", (database) => {
  it.live("describes every real column, and no other", () =>
    Effect.gen(function* () {
      const catalog = yield* Catalog.Catalog
      for (const dataset of yield* catalog.datasets(all)) {
        const definition = DATASETS.find(({ name }) => name === dataset.dataset_name)
        assert.deepStrictEqual(
          dataset.columns.map(({ name }) => name),
          definition?.columns.map(({ name }) => name)
        )
        assert.isTrue(dataset.columns.every((column) => column.data_type !== "" && column.description !== ""))
        for (const { data_type, kind, name } of dataset.columns) {
          assert.match(data_type, TYPES[kind], `${dataset.dataset_name}.${name} is of kind ${kind}`)
        }
      }
    }).pipe(Effect.provide(live(database)))
  )

  it.live("counts rows and their span, what is not folded yet included", () =>
    Effect.gen(function* () {
      yield* setUp
      const catalog = yield* Catalog.Catalog
      const datasets = yield* catalog.datasets(all)
      assert.deepStrictEqual(yield* Schema.decodeUnknown(Schema.Array(CatalogDataset))(datasets), datasets)
      const facts = datasets.map(({ dataset_name, end_time, row_count, start_time }) => [
        dataset_name,
        row_count,
        start_time,
        end_time
      ])
      assert.deepStrictEqual(facts, [
        ["sensor_data", 92, "2026-11-22T10:00:00.123456Z", "2026-11-22T10:01:42.123456Z"],
        ["aggregated_sensor_data", 2, "2026-11-22T10:00:00.000000Z", "2026-11-22T10:01:00.000000Z"],
        ["sensors", 1, null, null],
        ["rejected_messages", 0, "2026-11-22T10:00:00.123456Z", "2026-11-22T10:00:00.123456Z"],
        ["events", 95, "2026-11-22T10:00:00.123456Z", "2026-11-22T10:01:42.123456Z"],
        ["aggregates_1h", 1, "2026-11-22T10:00:00.000000Z", "2026-11-22T10:00:00.000000Z"],
        ["aggregates_1d", 1, "2026-11-22T00:00:00.000000Z", "2026-11-22T00:00:00.000000Z"],
        ["annotations", 1, "2026-11-22T10:00:00.123456Z", "2026-11-22T10:00:00.123456Z"]
      ])
    }).pipe(Effect.provide(live(database)))
  )

  it.live("searches and pages, and answers an empty database too", () =>
    Effect.gen(function* () {
      const catalog = yield* Catalog.Catalog
      const page = yield* catalog.datasets({ skip: 1, limit: 2 })
      assert.deepStrictEqual(
        page.map(({ dataset_name }) => dataset_name),
        [...DATASET_NAMES].slice(1, 3)
      )
      const [found, ...others] = yield* catalog.datasets({ ...all, search: "COMPLETENESS" })
      assert.strictEqual(found?.dataset_name, "aggregated_sensor_data")
      assert.strictEqual(found?.row_count, 0)
      assert.isNull(found?.start_time ?? null)
      assert.deepStrictEqual(
        others.map(({ dataset_name }) => dataset_name),
        ["aggregates_1h", "aggregates_1d"]
      )
      assert.isTrue(Option.isNone(yield* catalog.dataset("nothing")))
      assert.isTrue(Option.isNone(yield* catalog.sample("sqlite_master", 5)))
    }).pipe(Effect.provide(live(database)))
  )

  it.live("finds by what its sensors measure", () =>
    Effect.gen(function* () {
      yield* setUp
      yield* sensor(2, { type: "Luftfeuchte", unit: "%rh" })
      const catalog = yield* Catalog.Catalog
      const found = (search: string) =>
        Effect.map(catalog.datasets({ ...all, search }), (datasets) =>
          datasets.map(({ dataset_name }) => dataset_name)
        )
      assert.deepStrictEqual(yield* found("LUFTfeuchte"), [
        ...["sensor_data", "aggregated_sensor_data", "aggregates_1h", "aggregates_1d"]
      ])
      assert.deepStrictEqual(yield* found("luftfeuchte %RH median"), [
        ...["aggregated_sensor_data", "aggregates_1h", "aggregates_1d"]
      ])
      assert.deepStrictEqual(yield* found("luftfeuchte kelvin"), [])
    }).pipe(Effect.provide(live(database)))
  )

  it.live("samples the newest rows of each data set as JSON", () =>
    Effect.gen(function* () {
      yield* setUp
      const catalog = yield* Catalog.Catalog
      const rows = Option.getOrThrow(yield* catalog.sample("sensor_data", 2))
      assert.deepStrictEqual(
        rows.map((row) => [row.timestamp, row.value, row.description, row.id]),
        [
          ["2026-11-22T10:01:42.123456Z", 1, "Main Entrance", 95],
          ["2026-11-22T10:01:41.123456Z", 1, "Main Entrance", 94]
        ]
      )
      for (const name of DATASET_NAMES) {
        const sample = Option.getOrThrow(yield* catalog.sample(name, 20))
        assert.isTrue(sample.length > 0, name)
        const definition = DATASETS.find((dataset) => dataset.name === name)
        assert.deepStrictEqual(
          Object.keys(sample[0] ?? {}),
          definition?.columns.map((column) => column.name)
        )
        assert.deepStrictEqual(JSON.parse(JSON.stringify(sample)), sample)
      }
      const message = Option.getOrThrow(yield* catalog.sample("rejected_messages", 1))[0]
      assert.strictEqual(message?.bytes, Buffer.from("junk").toString("hex"))
    }).pipe(Effect.provide(live(database)))
  )

  it.live("fills the table metadata once, for those who read the database alone", () =>
    Effect.gen(function* () {
      const db = yield* Database
      const rows = db.read((sql) => sql`SELECT * FROM metadata ORDER BY id`)
      const filled = yield* rows.pipe(
        Effect.filterOrFail((found) => found.length === DATASETS.length),
        Effect.retry({ schedule: Schedule.spaced("20 millis"), times: 250 })
      )
      assert.deepStrictEqual(
        filled.map((row) => row.dataset_name),
        [...DATASET_NAMES]
      )
      yield* Effect.scoped(Layer.build(Layer.fresh(Catalog.layer)))
      assert.deepStrictEqual(yield* rows, filled)
    }).pipe(Effect.provide(live(database)))
  )
})
