/** A lake of closed days: what is written, when it is written again, and what others make of it. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { dayStart } from "../../src/domain/dataset/DayFile.js"
import { Event } from "../../src/domain/Event.js"
import { type Position, position, sensorId } from "../../src/domain/Ids.js"
import { figuresOf, foldAsOf } from "../../src/domain/minute/Minute.js"
import { MICROS_PER_DAY, micros, minuteOf } from "../../src/domain/Time.js"
import { EventLog } from "../../src/eventlog/EventLog.js"
import { parquetRows } from "../../src/formats/ParquetRows.js"
import { folderStore } from "../../src/lake/FolderStore.js"
import { MANIFEST } from "../../src/lake/LakeFormat.js"
import { Aggregates } from "../../src/projections/minutes/Aggregates.js"
import { fill, services } from "../backup/filled.js"
import { allEvents, at, candidate, message, numbered, readingsAsOf } from "../eventlog/contract/support.js"
import { describeDatabases, sqlite, type TestDatabase } from "../support/databases.js"
import { archived, faultsOf, folder, inDuckDb, type LakeServices, manifestIn } from "./lakes.js"

/** Of a machine that does much else; alone it takes some seconds. */
const LAKE_MILLIS = 300_000
const late = (n: number) => message(candidate(-3_600 + n, 0.1 * n, { sensor: numbered(7) }))

const files = (lake: string) =>
  readdirSync(lake, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(lake, path)).isFile())
    .sort()

/** Everything of a lake but what it is: names, contents and times of change. */
const stateOf = (lake: string) =>
  files(lake).map((path) => [path, statSync(join(lake, path)).mtimeMs, readFileSync(join(lake, path), "hex")])

const totals = (rows: ReadonlyArray<{ readonly sensorId: number; readonly value: number }>) => {
  const bySensor = new Map<number, { count: number; sum: number }>()
  for (const { sensorId: id, value } of rows) {
    const total = bySensor.get(id) ?? { count: 0, sum: 0 }
    bySensor.set(id, { count: total.count + 1, sum: total.sum + value })
  }
  return [...bySensor].sort(([a], [b]) => a - b)
}

/** The events of a lake, as the log had them. */
const eventsIn = (lake: string) =>
  Effect.gen(function* () {
    const events: Array<Event> = []
    for (const { dataset, current, path } of manifestIn(lake).files) {
      if (dataset !== "events" || !current) continue
      const bytes = new Uint8Array(readFileSync(join(lake, path)))
      const { columns, groups, read } = yield* Effect.promise(() =>
        parquetRows(
          { byteLength: bytes.length, slice: (from, to) => bytes.slice(from, to).buffer },
          gunzipSync
        )
      )
      for (const { end, first } of groups) {
        for (const cells of yield* Effect.promise(() => read(first, end))) {
          const row = Object.fromEntries(
            columns.map((name, index) => {
              const cell = cells[index] ?? null
              const plain = typeof cell === "bigint" ? Number(cell) : cell
              return [
                name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
                name === "payload" && typeof plain === "string" ? JSON.parse(plain) : plain
              ]
            })
          )
          events.push(yield* Schema.decodeUnknown(Event)(row))
        }
      }
    }
    return events.sort((a, b) => a.position - b.position)
  })

/** What an archive of `fill` was, and the log behind it. */
const inFilledLake = <A, E, R>(body: (lake: string) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const lake = join(yield* folder, "lake")
    yield* fill
    yield* archived(folderStore(lake))
    return yield* body(lake)
  })

const isWhole = (lake: string) =>
  Effect.gen(function* () {
    const { files: named } = manifestIn(lake)
    assert.deepStrictEqual(files(lake), [...named.map(({ path }) => path), MANIFEST].sort())
    assert.isAbove(new Set(named.map(({ date }) => date)).size, 1)
    const rowsOf = (dataset: string) =>
      named.filter((file) => file.dataset === dataset).reduce((sum, { rows }) => sum + rows, 0)
    const readings = yield* readingsAsOf()
    assert.strictEqual(rowsOf("readings"), readings.length)
    // The log's newest events are of now: who is described, and retired.
    const today = dayStart(Date.now() * 1_000)
    const closed = (yield* allEvents).filter(({ occurredAt }) => occurredAt < today)
    assert.strictEqual(rowsOf("events"), closed.length)
    assert.isAbove(rowsOf("aggregates"), 10)
    assert.deepStrictEqual(yield* faultsOf(folderStore(lake)), [])
  })

const isLeftAlone = (lake: string) =>
  Effect.gen(function* () {
    const before = stateOf(lake)
    const { written } = yield* archived(folderStore(lake))
    assert.deepStrictEqual(written, [])
    assert.deepStrictEqual(stateOf(lake), before)
  })

const changesByLateData = (lake: string) =>
  Effect.gen(function* () {
    const before = manifestIn(lake).files
    const log = yield* EventLog
    yield* log.append([late(1), late(2)])
    const { written } = yield* archived(folderStore(lake))
    assert.deepStrictEqual(
      written.map(({ dataset, date }) => [dataset, date]),
      [
        ["readings", "2024-06-14"],
        ["events", "2024-06-14"],
        ["aggregates", "2024-06-14"]
      ]
    )
    const after = manifestIn(lake).files
    const replaced = before.filter(({ date }) => date === "2024-06-14")
    for (const old of replaced) {
      const kept = after.find(({ path }) => path === `earlier/${old.path}`)
      assert.deepStrictEqual(kept, { ...old, current: false, path: `earlier/${old.path}` })
    }
    assert.strictEqual(after.length, before.length + 3)
    assert.deepStrictEqual(files(lake), [...after.map(({ path }) => path), MANIFEST].sort())
    assert.deepStrictEqual(yield* faultsOf(folderStore(lake)), [])
  })

const isTable = (lake: string) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    yield* log.append([late(1), late(2)])
    yield* archived(folderStore(lake))
    const rows = yield* inDuckDb(
      `SELECT sensor_id, count(*) AS n, sum(value) AS sum FROM '${lake}/readings/*/*.parquet' GROUP BY 1 ORDER BY 1`
    )
    const expected = totals(yield* readingsAsOf())
    assert.deepStrictEqual(
      rows.map(({ n, sensor_id }) => [Number(sensor_id), Number(n)]),
      expected.map(([id, { count }]) => [id, count])
    )
    for (const [index, { sum }] of rows.entries()) {
      assert.closeTo(Number(sum), expected[index]?.[1].sum ?? Number.NaN, 1e-6)
    }
    const days = yield* inDuckDb(
      `SELECT DISTINCT date::VARCHAR AS date FROM read_parquet('${lake}/readings/*/*.parquet', hive_partitioning = true) ORDER BY 1`
    )
    assert.deepStrictEqual(
      days.map(({ date }) => date),
      manifestIn(lake)
        .files.filter(({ current, dataset }) => current && dataset === "readings")
        .map(({ date }) => date)
    )
  })

const givesAnyPosition = (lake: string) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    yield* log.append([late(1)])
    yield* archived(folderStore(lake))
    const { position: head } = yield* log.head
    const asOf = (at: Position) =>
      inDuckDb(`SELECT COALESCE(reading_id, position) AS id, sensor_id, value, epoch_us(occurred_at) AS time
      FROM '${lake}/events/*/*.parquet'
      WHERE type IN ('ReadingRecorded', 'ReadingCorrected') AND position <= ${at}
        AND (superseded_by IS NULL OR superseded_by > ${at}) ORDER BY occurred_at, position`)
    for (const share of [0.5, 0.9, 0.95, 0.98, 1]) {
      const at = position(Math.floor(head * share))
      const expected = yield* readingsAsOf(at)
      assert.deepStrictEqual(
        (yield* asOf(at)).map(({ id, sensor_id, time, value }) => [
          Number(id),
          Number(sensor_id),
          Number(time),
          value
        ]),
        expected.map(({ id, occurredAt, sensorId: sensor, value }) => [id, sensor, occurredAt, value])
      )
    }
  })

const givesLogAgain = (lake: string) =>
  Effect.gen(function* () {
    const today = dayStart(Date.now() * 1_000)
    const events = yield* eventsIn(lake)
    assert.deepStrictEqual(
      events,
      (yield* allEvents).filter(({ occurredAt }) => occurredAt < today)
    )
    const { position: upTo } = manifestIn(lake)
    const { aggregates } = yield* Aggregates
    const { rows } = yield* aggregates({}, { interval: "1m", limit: 100_000 })
    assert.isAbove(rows.length, 10)
    for (const { count, first, last, max, min, sensorId: sensor, sum, timestamp, value } of rows) {
      const touching = events.filter(
        (event) =>
          event.type.startsWith("Reading") &&
          event.sensorId === sensor &&
          minuteOf(event.occurredAt) === timestamp
      )
      const { mean, ...folded } = figuresOf(foldAsOf(touching, position(upTo)))
      assert.deepStrictEqual(
        [folded.count, folded.sum, folded.min, folded.max, folded.first, folded.last, mean],
        [count, sum, min, max, first, last, value],
        `${sensorId(sensor)} at ${timestamp}`
      )
    }
  })

const removesStrays = (lake: string) =>
  Effect.gen(function* () {
    const before = files(lake)
    const [known] = before.filter((path) => path.startsWith("readings/"))
    const stray = (known ?? "").replace(/-p\d+/, "-p7")
    writeFileSync(join(lake, stray), "half of it")
    writeFileSync(join(lake, "readings", "notes.txt"), "mine")
    mkdirSync(join(lake, ".unfinished-x"))
    assert.deepStrictEqual(yield* faultsOf(folderStore(lake)), [
      `${stray}: the manifest does not name it, and who reads the folder reads it too`
    ])
    yield* archived(folderStore(lake))
    assert.deepStrictEqual(files(lake), [...before, "readings/notes.txt"].sort())
    assert.notInclude(readdirSync(lake), ".unfinished-x")
  })

const isRefused = (lake: string) =>
  Effect.gen(function* () {
    const path = join(lake, MANIFEST)
    const text = readFileSync(path, "utf8")
    const refusal = archived(folderStore(lake)).pipe(
      Effect.flip,
      Effect.map((error) => String("message" in error ? error.message : error))
    )
    rmSync(path)
    assert.include(yield* refusal, "no manifest.json that names it")
    writeFileSync(path, text.replace('"position": ', '"position": 1'))
    assert.include(yield* refusal, "damaged")
    const log = yield* EventLog
    yield* log.append([late(1)])
    writeFileSync(path, text)
    // Another run ends while this one writes its first file.
    const store = folderStore(lake)
    const overtaken = {
      ...store,
      put: (to: string, from: string) =>
        Effect.tap(store.put(to, from), () => Effect.sync(() => writeFileSync(path, `${text} `)))
    }
    const failure = yield* Effect.flip(archived(overtaken))
    assert.include(String("message" in failure ? failure.message : failure), "another run has changed it")
    writeFileSync(path, text)
    yield* archived(store)
    assert.deepStrictEqual(yield* faultsOf(store), [])
  })

const withLog = <A, E>(database: TestDatabase, body: Effect.Effect<A, E, LakeServices>) =>
  Effect.flatMap(database.target, (target) => Effect.provide(body, services(target))).pipe(Effect.scoped)

describeDatabases("A lake", (database) => {
  // One log for all: to fill it takes longer than to look at it.
  it.live(
    "holds each closed day, changes by late data alone, is a table, and gives the log and any position again",
    () =>
      withLog(
        database,
        inFilledLake((lake) =>
          Effect.gen(function* () {
            yield* isWhole(lake)
            yield* isLeftAlone(lake)
            yield* changesByLateData(lake)
            yield* isTable(lake)
            yield* givesAnyPosition(lake)
            yield* givesLogAgain(lake)
          })
        )
      ),
    LAKE_MILLIS
  )
})

describe("A run", () => {
  it.live(
    "ends with the day that was said",
    () =>
      withLog(
        sqlite,
        Effect.gen(function* () {
          const lake = yield* folder
          yield* fill
          const first = dayStart(at(0))
          const dates = () => [...new Set(manifestIn(lake).files.map(({ date }) => date))]
          yield* archived(folderStore(lake), first)
          assert.deepStrictEqual(dates(), ["2024-06-14"])
          yield* archived(folderStore(lake), micros(first + MICROS_PER_DAY))
          assert.deepStrictEqual(dates(), ["2024-06-14", "2024-06-15"])
        })
      ),
    LAKE_MILLIS
  )

  it.live(
    "removes what a killed one left; it is refused without the manifest, and beside another",
    () =>
      withLog(
        sqlite,
        inFilledLake((lake) => Effect.zipRight(removesStrays(lake), isRefused(lake)))
      ),
    LAKE_MILLIS
  )
})
