/** A log with everything that can be in one, made by our own code from made-up readings; and all that it is then. */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Cells } from "../../src/backup/RowText.js"
import { pageOf } from "../../src/backup/SavedRows.js"
import { allTables, savedTables } from "../../src/backup/SavedTables.js"
import type { DatabaseTarget } from "../../src/config/DatabaseTarget.js"
import { layer as databaseLayer } from "../../src/db/Database.js"
import { Database, type DatabaseService } from "../../src/db/Transaction.js"
import type { Position } from "../../src/domain/Ids.js"
import { fault } from "../../src/domain/rejected/RejectionFault.js"
import { CatalogueLog } from "../../src/eventlog/CatalogueLog.js"
import { EventLog } from "../../src/eventlog/EventLog.js"
import * as SqlCatalogueLog from "../../src/eventlog/SqlCatalogueLog.js"
import * as SqlEventLog from "../../src/eventlog/sql/SqlEventLog.js"
import * as ColdLake from "../../src/lake/cold/ColdLake.js"
import * as FileDays from "../../src/projections/files/FileDays.js"
import * as Aggregates from "../../src/projections/minutes/Aggregates.js"
import * as Minutes from "../../src/projections/minutes/Minutes.js"
import * as SqlMinuteStore from "../../src/projections/minutes/SqlMinuteStore.js"
import { at, candidate, described, message, named, numbered, sourceOf } from "../eventlog/contract/support.js"

export const services = (
  target: DatabaseTarget,
  { batchMax, unfinished }: { readonly batchMax?: number; readonly unfinished?: boolean } = {}
) =>
  Layer.mergeAll(
    FileDays.layer,
    Minutes.layer(batchMax === undefined ? {} : { batchMax }),
    SqlCatalogueLog.layer,
    Aggregates.layer({ allowedLateness: "10 seconds" })
  ).pipe(
    Layer.provideMerge(SqlMinuteStore.layer),
    Layer.provideMerge(SqlEventLog.layer()),
    Layer.provideMerge(databaseLayer(target, { unfinished })),
    Layer.provideMerge(ColdLake.layer),
    Layer.fresh
  )

/** Readings of two sensors, `count` of them from second `from` on. */
export const appendReadings = (from: number, count: number) =>
  Effect.flatMap(EventLog, (log) =>
    log.append(
      Array.from({ length: count }, (_, index) => {
        const n = from + index
        return message(
          candidate(n, Math.sin(n) * 40, { sensor: n % 3 === 0 ? named("é 🌊 roof") : numbered(7) })
        )
      })
    )
  )

/** Every type of event, and a row in the tables beside the log. */
export const fill = Effect.gen(function* () {
  const log = yield* EventLog
  yield* log.append([message(candidate(0, 20, { said: described }))])
  const importId = yield* log.beginImport({ source: "a.csv", actor: "ann", token: "t" })
  yield* log.append([
    { ...message(candidate(1, -0.1)), importKey: { id: importId, token: "t" } },
    message(candidate(2, 1e-300, { identity: { _tag: "Time", epoch: "b", seq: 4 }, said: { unit: "F" } })),
    message(candidate(3, 5, { identity: { _tag: "Arrival", nonce: "n" }, deviceTime: "12:00" })),
    message(candidate(4, 1, { said: { lat: 1.5, lng: -2 } })),
    { _tag: "Rejected", source: sourceOf("{oops", "m"), faults: [fault("too-many-sensors", null, 5)] },
    { _tag: "Rejected", source: sourceOf(""), faults: [fault("too-many-sensors", null, 5)] }
  ])
  yield* appendReadings(10, 900)
  const head = yield* log.head
  const readings = yield* log.readings({ sensorIds: [] }, { asOf: head.position, limit: 1 })
  const some = yield* log.readings({}, { asOf: head.position, limit: 40 })
  for (const [index, reading] of [...readings, ...some].entries()) {
    const by = {
      sensorId: reading.sensorId,
      occurredAt: reading.occurredAt,
      value: reading.value + 1,
      said: {}
    }
    if (index % 4 === 0) yield* log.remove(reading.id, { reason: "wrong", actor: "ann" })
    if (index % 4 === 1) {
      yield* log.replace(reading.id, by)
      yield* log.replace(reading.id, { ...by, value: reading.value })
    }
    if (index % 4 === 2) yield* log.replace(reading.id, { ...by, occurredAt: at(86_400 + index) })
  }
  const deleted = candidate(0, 20)
  yield* log.record([deleted])
  yield* log.describe([{ id: numberedId, name: "cellar", intervalMs: 1_000, said: { min: 0, max: 1e300 } }])
  yield* log.retire([numberedId])
  const words = yield* CatalogueLog
  yield* words.change({
    kind: "term",
    subject: "dew point ",
    actor: "ann",
    decide: () => ({
      type: "TermDefined",
      payload: { definition: "’ \u202Eولد", synonyms: [], see_also: [], datasets: ["events"] }
    })
  })
  return yield* log.head
})
const sevenRef = numbered(7)
const numberedId = sevenRef._tag === "Numbered" ? sevenRef.id : (0 as never)

/** All rows of a table, as cells. */
const rowsOf = (database: DatabaseService, name: string, drop: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    const table = allTables.find((one) => one.name === name)
    if (table === undefined) return yield* Effect.dieMessage(`no table ${name}`)
    const rows: Array<Cells> = []
    while (true) {
      const page: ReadonlyArray<Cells> = yield* database.read((sql) =>
        pageOf(sql, database, table, rows.at(-1) ?? null, 1_000)
      )
      rows.push(...page)
      if (page.length < 1_000) break
    }
    const kept = table.columns
      .map(({ name }, index) => (drop.includes(name) ? -1 : index))
      .filter((at) => at >= 0)
    return {
      columns: kept.map((at) => table.columns[at]?.name ?? ""),
      rows: rows.map((row) => kept.map((at) => row[at] ?? null))
    }
  })

const hashOf = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex")

/** The events up to a position as they were then. */
export const logHash = (upTo: number) =>
  Effect.gen(function* () {
    const database = yield* Database
    const { columns, rows } = yield* rowsOf(database, "events")
    const [position, link] = [columns.indexOf("position"), columns.indexOf("superseded_by")]
    const then = rows
      .filter((row) => Number(row[position]) <= upTo)
      .map((row) => row.map((cell, at) => (at === link && Number(cell) > upTo ? null : cell)))
    return { events: then.length, hash: hashOf(then) }
  })

/** Of each table beside the log that is saved, and of the log's head. */
export const tableHashes = Effect.gen(function* () {
  const database = yield* Database
  const hashes: Record<string, string> = {}
  for (const { name } of savedTables) {
    const { rows } = yield* rowsOf(database, name)
    hashes[name] = `${rows.length} ${hashOf(rows)}`
  }
  // The last is a hint to processes whether what they remember of sensors is true: a restore has changed all of them.
  hashes.log_head = hashOf((yield* rowsOf(database, "log_head", ["sensors_position"])).rows)
  return hashes
})

/** All one-minute aggregates as of a position. */
export const aggregatesHash = (asOf: Position) =>
  Effect.gen(function* () {
    const { aggregates } = yield* Aggregates.Aggregates
    const { rows } = yield* aggregates({}, { interval: "1m", limit: 100_000, asOf })
    return { minutes: rows.length, hash: hashOf(rows.map(({ final: _, ...row }) => row)) }
  })

/** Minutes, hours and days as they are stored. */
export const storedAggregates = Effect.gen(function* () {
  const database = yield* Database
  const hashes: Record<string, string> = {}
  for (const name of ["sensor_minutes", "sensor_hours", "sensor_days"]) {
    const { rows } = yield* rowsOf(database, name, ["generation"])
    hashes[name] = `${rows.length} ${hashOf(rows)}`
  }
  return hashes
})

/** The one-minute aggregates as lines, but for the generation that they are of. */
export const minuteLines = Effect.gen(function* () {
  const { columns, rows } = yield* rowsOf(yield* Database, "sensor_minutes", ["generation"])
  return [columns, ...rows].map((row) => `${JSON.stringify(row)}\n`).join("")
})
