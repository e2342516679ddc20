/**
 * Every SQL call fails in turn: the first of each step, the second, … until a run has no such call left. In each way
 * that a database fails in, on each database. The caller insists, as ingest, the fold and people do. After each step
 * the database must hold what it holds after that step of a run without faults: nothing lost, nothing doubled, and no
 * success told of what is not committed.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { assert, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe } from "vitest"
import { layerFrom, sourceOf } from "../../src/db/Database.js"
import type { Dialect } from "../../src/db/Dialect.js"
import { openSqlite } from "../../src/db/Sqlite.js"
import { type Database, type Driver, wrapDriver } from "../../src/db/Transaction.js"
import { readingId, sensorId } from "../../src/domain/Ids.js"
import { fault } from "../../src/domain/rejected/RejectionFault.js"
import { type AppendItem, DEFAULT_LOG_LIMITS, EventLog, type LogError } from "../../src/eventlog/EventLog.js"
import * as SqlEventLog from "../../src/eventlog/sql/SqlEventLog.js"
import * as Minutes from "../../src/projections/minutes/Minutes.js"
import * as SqlMinuteStore from "../../src/projections/minutes/SqlMinuteStore.js"
import { at, candidate, described, message, named, sourceOf as source } from "../eventlog/contract/support.js"
import { describeDatabases, type TestDatabase } from "../support/databases.js"
import { FAULTS, type FaultClass, Injector } from "./faults.js"

/** Far more than a step has: a run that never comes clean is a failure. */
const CALLS_MAX = 200
/** Fewer than the steps have together. */
const CALLS_MIN = 100
const TRIES_MAX = 4

const poison: AppendItem = {
  _tag: "Rejected",
  source: source("no JSON"),
  faults: [fault("payload-not-json", null, "x")]
}
// What a batch registers stands first in it, so that a batch that is halved gives the same positions.
const first: ReadonlyArray<AppendItem> = [
  message(candidate(0, 20.5, { said: described })),
  message(candidate(1, 21)),
  message(candidate(1, 21)),
  poison,
  message(candidate(2, 22))
]
const second: ReadonlyArray<AppendItem> = [
  message(candidate(61, 19, { sensor: named("roof") })),
  message(candidate(2, 22)),
  poison,
  message(candidate(62, 18.5, { sensor: named("roof"), said: { unit: "F" } })),
  message(candidate(3, 1e-300))
]

/** On a server its positions are reserved: it says nothing new of its sensor. */
const third: ReadonlyArray<AppendItem> = [
  message(candidate(4, 23)),
  { ...poison, source: source("no JSON either") },
  message(candidate(4, 23)),
  message(candidate(2, 22)),
  message(candidate(5, 24))
]

type Services = EventLog | Minutes.Minutes
type Failure = LogError | { readonly _tag: "ReadingNotFound" | "ReadingChanged" | "AppendRefused" }

/**
 * Calls again until it succeeds. That the reading is not there (any more) is an answer only where an earlier try
 * ended without one: its work may have been done.
 */
const insist = <R>(call: Effect.Effect<unknown, Failure, R>): Effect.Effect<unknown, Failure, R> => {
  const again = (tries: number): Effect.Effect<unknown, Failure, R> =>
    Effect.catchAll(call, (error) => {
      if (error._tag === "LogUnavailable" || error._tag === "LogCorrupt") {
        return tries > 1 ? again(tries - 1) : Effect.fail(error)
      }
      return tries < TRIES_MAX ? Effect.void : Effect.fail(error)
    })
  return again(TRIES_MAX)
}

const onLog = <A, E>(call: (log: EventLog["Type"]) => Effect.Effect<A, E>) => Effect.flatMap(EventLog, call)
const moved = { sensorId: sensorId(2), occurredAt: at(10), value: 7, said: {} }
const fold = Effect.flatMap(Minutes.Minutes, (minutes) => minutes.catchUp)
const id = (position: number) => readingId(position)

/** Position 1 is the sensor of the first batch; 2, 3 and 4 are its readings. */
const steps: ReadonlyArray<readonly [name: string, call: Effect.Effect<unknown, Failure, Services>]> = [
  ["a batch with new sensors, a repeat and poison", onLog((log) => log.append(first))],
  ["a fold", fold],
  ["a batch with repeats and a changed sensor", onLog((log) => log.append(second))],
  ["a batch that says nothing new", onLog((log) => log.append(third))],
  [
    "a correction",
    onLog((log) => log.replace(id(2), { sensorId: sensorId(1), occurredAt: at(0), value: 20, said: {} }))
  ],
  ["a deletion", onLog((log) => log.remove(id(3)))],
  ["a move", onLog((log) => log.replace(id(4), moved))],
  [
    "a post that restores, and one that is new",
    onLog((log) => log.record([candidate(1, 21), candidate(9, 9)]))
  ],
  [
    "a sensor described",
    onLog((log) => log.describe([{ id: sensorId(1), name: "hall", intervalMs: 1_000, said: { unit: "K" } }]))
  ],
  [
    "many deletions",
    onLog((log) =>
      Effect.flatMap(log.head, ({ position: asOf }) =>
        Effect.flatMap(log.readings({ sensorIds: [sensorId(9)] }, { asOf, limit: 5 }), (all) =>
          log.removeAll(all, { reason: "wrong" })
        )
      )
    )
  ],
  ["a sensor retired", onLog((log) => log.retire([sensorId(2)]))],
  ["a fold of all that", fold],
  ["a rebuild", Effect.flatMap(Minutes.Minutes, (minutes) => minutes.rebuild())]
]

/** All that must be as without faults: left out are times of ours (what owners do is of now), and deliveries. */
const STATE = [
  `SELECT position, CASE WHEN type LIKE 'Reading%' THEN HEX(event_id) END AS event_id, type, sensor_id,
    sensor_version, CASE WHEN type LIKE 'Reading%' THEN occurred_at END AS occurred_at, value, lat, lng,
    reading_id, superseded_by, payload FROM events ORDER BY position`,
  "SELECT position, rejected_messages, rejected_bytes FROM log_head",
  "SELECT HEX(id) AS id, topic, size, reason FROM rejected_messages ORDER BY id",
  `SELECT id, name, version, status, interval_ms, estimated_interval_ms FROM sensors ORDER BY id`,
  "SELECT sensor_id, position, name FROM former_names ORDER BY sensor_id, position",
  `SELECT sensor_id, version, HEX(hash) AS hash, unit FROM sensor_versions ORDER BY sensor_id, version`,
  "SELECT projection, position FROM checkpoints ORDER BY projection",
  `SELECT m.sensor_id, m.minute, m.position, m.readings, m.value_sum, m.value_min, m.value_max, m.value_first,
    m.value_last, m.sensor_version, m.sum_exact, m.squares_exact FROM sensor_minutes m
    JOIN checkpoints c ON c.generation = m.generation AND c.projection = 'minutes'
    ORDER BY m.sensor_id, m.minute`
]

const EMPTY = [
  ...["events", "rejected_messages", "sensors", "former_names", "sensor_versions", "sensor_minutes"].map(
    (table) => `DELETE FROM ${table}`
  ),
  "DELETE FROM checkpoints WHERE projection <> 'minutes'",
  "UPDATE checkpoints SET position = 0, generation = 1",
  "UPDATE log_head SET position = 0, rejected_messages = 0, rejected_bytes = 0, sensors_position = 0",
  "DELETE FROM log_reservations WHERE first_position > 0"
]

/** The database without the injector: it sees what is committed, and nothing else. */
interface Bare {
  readonly state: Effect.Effect<string, unknown>
  readonly empty: Effect.Effect<void, unknown>
}

const bareOf = (driver: Driver): Bare => {
  const sql: SqlClient = driver.sql
  return {
    state: Effect.map(
      Effect.forEach(STATE, (text) => sql.unsafe(text)),
      (tables) => tables.flatMap((rows) => rows.map((row) => JSON.stringify(row))).join("\n")
    ),
    empty: Effect.scoped(
      Effect.flatMap(driver.reserve, (writer) =>
        Effect.forEach(EMPTY, (text) => writer.executeUnprepared(text, [], undefined), { discard: true })
      )
    )
  }
}

/** A database with the injector in it, and a bare one beside it. */
const opened = (database: TestDatabase, injector: Injector) =>
  Effect.gen(function* () {
    const target = yield* database.target
    const from = sourceOf(target)
    let bare: Bare | undefined
    // No crash of the machine is among the faults: the file need not reach the disk.
    const quick =
      target._tag === "Sqlite"
        ? openSqlite(target.path, { lease: true, synchronous: "OFF", busyMillis: 2_000 })
        : from.open
    const open = Effect.flatMap(quick, (driver) => {
      bare = bareOf(driver)
      return wrapDriver(driver, injector.wrap)
    })
    const context = yield* Layer.build(layerFrom({ ...from, open }))
    if (bare === undefined) return yield* Effect.dieMessage("the driver was not opened")
    return { layer: Layer.succeedContext(context), bare: bare as Bare }
  })

/** Nothing is remembered from one run to the next. */
const services = (database: Layer.Layer<Database>) =>
  Minutes.layer({ batchMax: 5 }).pipe(
    Layer.provideMerge(SqlMinuteStore.layer),
    Layer.provideMerge(SqlEventLog.layer(DEFAULT_LOG_LIMITS, "several")),
    Layer.provide(database),
    Layer.fresh
  )

type Opening = Effect.Effect.Success<ReturnType<typeof opened>>

/** Runs the steps, from nothing; `before` and `after` are called around each. */
const run = (
  { bare, layer }: Opening,
  before: () => void,
  after: (step: number, state: string) => void
): Effect.Effect<void, unknown> =>
  Effect.gen(function* () {
    yield* bare.empty
    for (const [index, [name, call]] of steps.entries()) {
      before()
      yield* insist(call).pipe(Effect.mapError((error) => new Error(`${name}: ${JSON.stringify(error)}`)))
      after(index, yield* bare.state)
    }
  }).pipe(Effect.provide(services(layer)))

/** The lines of `state` that the other has not, and the other way round: a whole dump tells nobody anything. */
const linesOf = (state: string, expected: string): string => {
  const [has, wants] = [state.split("\n"), expected.split("\n")]
  const more = has.filter((line) => !wants.includes(line)).map((line) => `+ ${line}`)
  const fewer = wants.filter((line) => !has.includes(line)).map((line) => `- ${line}`)
  return [`${has.length} lines for ${wants.length}`, ...more, ...fewer].slice(0, 20).join("\n")
}

/** One run with call `failAt` of each step failing; answers how many steps had one. */
const runWith = (opening: Opening, injector: Injector, failAt: number, clean: ReadonlyArray<string>) => {
  let failed = 0
  return run(
    opening,
    () => injector.arm(failAt),
    (step, state) => {
      if (injector.sprung) failed += 1
      const expected = clean[step] ?? ""
      if (state !== expected) assert.fail(`after "${steps[step]?.[0]}":\n${linesOf(state, expected)}`)
    }
  ).pipe(
    Effect.catchAllCause((cause) => Effect.dieMessage(`call ${failAt} failing: ${Cause.pretty(cause)}`)),
    Effect.map(() => failed)
  )
}

const everyCall = (database: TestDatabase, fault: FaultClass) =>
  Effect.gen(function* () {
    const injector = new Injector(fault)
    const opening = yield* opened(database, injector)
    const clean: Array<string> = []
    const disarm = () => injector.arm(0)
    yield* run(opening, disarm, (_, state) => clean.push(state))
    let total = 0
    for (let failAt = 1, failed = 1; failed > 0; failAt++) {
      assert.isBelow(failAt, CALLS_MAX, "a run came clean")
      failed = yield* runWith(opening, injector, failAt, clean)
      total += failed
    }
    assert.isAbove(
      total,
      fault.only === undefined ? CALLS_MIN : steps.length - 1,
      "so many calls have failed"
    )
  }).pipe(Effect.scoped)

// At once: most of the time goes into waits between tries.
describe.concurrent("on each database", () => {
  describeDatabases("every SQL call failing in turn", (database) => {
    const dialect: Dialect = database.name === "SQLite" ? "sqlite" : "mysql"
    for (const fault of FAULTS.filter(({ dialects }) => dialects.includes(dialect))) {
      it.live(fault.name, () => everyCall(database, fault), 600_000)
    }
  })
})
