/**
 * A cell that is not of its column's kind, as only the embedded database lets one be stored: whoever reads it gets
 * the log's own error, never a defect.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { Database } from "../../src/db/Transaction.js"
import { position, readingId, sensorId } from "../../src/domain/Ids.js"
import { fault } from "../../src/domain/rejected/RejectionFault.js"
import { micros } from "../../src/domain/Time.js"
import { Answers } from "../../src/eventlog/Answers.js"
import { CatalogueLog } from "../../src/eventlog/CatalogueLog.js"
import { EventLog, LogCorrupt } from "../../src/eventlog/EventLog.js"
import { RejectedReplays } from "../../src/eventlog/RejectedReplays.js"
import * as SqlAnswers from "../../src/eventlog/SqlAnswers.js"
import * as SqlCatalogueLog from "../../src/eventlog/SqlCatalogueLog.js"
import * as SqlRejectedReplays from "../../src/eventlog/SqlRejectedReplays.js"
import * as SqlEventLog from "../../src/eventlog/sql/SqlEventLog.js"
import * as Aggregates from "../../src/projections/minutes/Aggregates.js"
import * as Corrections from "../../src/projections/minutes/Corrections.js"
import { MinuteStore } from "../../src/projections/minutes/MinuteStore.js"
import * as Minutes from "../../src/projections/minutes/Minutes.js"
import * as SqlMinuteStore from "../../src/projections/minutes/SqlMinuteStore.js"
import * as Quality from "../../src/projections/quality/Quality.js"
import * as QualityHours from "../../src/projections/quality/QualityHours.js"
import { askBytes, folded, realServer } from "../http/realServer.js"
import { append, minute, reading, START } from "../projections/minutes/minutes.support.js"
import { awake } from "../projections/quality/measured.js"
import { sqlite } from "../support/databases.js"

const written = SqlEventLog.layer().pipe(Layer.provideMerge(sqlite.layer))
const readersLayer = Layer.mergeAll(
  Aggregates.layer({ allowedLateness: "10 seconds" }),
  Corrections.layer,
  Quality.layer,
  QualityHours.layer
).pipe(
  Layer.provideMerge(Minutes.layer()),
  Layer.provideMerge(SqlMinuteStore.layer),
  Layer.provideMerge(
    Layer.mergeAll(
      Layer.fresh(SqlEventLog.layer()),
      SqlAnswers.layer,
      SqlCatalogueLog.layer,
      SqlRejectedReplays.layer
    )
  )
)

const ONE = sensorId(1)
const KEY = { sensorId: ONE, minute: minute(0) }
const AS_OF = position(1_000)
const HEX = "11".repeat(16)
const asked = { id: Buffer.alloc(32, 1), request: Buffer.alloc(32, 2) }

const execute = (statement: string) =>
  Effect.flatMap(Database, (database) => database.transact((sql) => sql.unsafe(statement)))

/** Something in each table that is read below. */
const filled = Effect.gen(function* () {
  const log = yield* EventLog
  yield* append([reading(1, 1, 1), reading(1, 2, 2), reading(1, 61, 3)])
  const source = { topic: "sensors", bytes: new Uint8Array([123]), metric: null }
  yield* log.append([{ _tag: "Rejected", source, faults: [fault("payload-not-json", null, "")] }])
  yield* log.remove(readingId(4))
})

const TIME = "2024-06-14T18:00:00.000000Z"
const BESIDE = [
  `UPDATE rejected_messages SET id = x'${HEX}'`,
  `INSERT INTO rejected_replays (rejected_id, attempt, replayed_at, actor, reason, bytes, results)
    VALUES (x'${HEX}', 1, '${TIME}', NULL, NULL, NULL, '[]')`,
  `INSERT INTO catalogue_events
      (position, log_position, type, kind, subject, previous, recorded_at, actor, reason, payload)
    VALUES (1, 1, 'TermRemoved', 'term', 'lag', 0, '${TIME}', NULL, NULL, '{}')`
]
const derived = Effect.gen(function* () {
  yield* TestClock.setTime(START / 1_000 + 86_400_000)
  yield* (yield* Minutes.Minutes).catchUp
  yield* awake((yield* QualityHours.QualityHours).round)
  yield* (yield* Answers).keep(asked, { status: 200, headers: {}, body: "[]" })
  yield* Effect.forEach(BESIDE, execute)
})

/** Fails with the log's own error. */
const assertCorrupt = <A, E, R>(reader: string, effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.exit(awake(effect)), (exit) => {
    if (Exit.isSuccess(exit)) return assert.fail(`${reader}: a bad cell was read as if it were none`)
    const failure = Cause.failureOption(exit.cause)
    if (Option.isNone(failure)) return assert.fail(`${reader}: ${Cause.pretty(exit.cause)}`)
    assert.instanceOf(failure.value, LogCorrupt, reader)
  })

const log = <A, E>(read: (service: EventLog["Type"]) => Effect.Effect<A, E>) => Effect.flatMap(EventLog, read)
const store = <A, E>(read: (service: MinuteStore["Type"]) => Effect.Effect<A, E>) =>
  Effect.flatMap(MinuteStore, read)
const aggregates = (interval: "1m" | "1h") =>
  Effect.flatMap(Aggregates.Aggregates, (service) => service.aggregates({}, { interval, limit: 10 }))
const WINDOW = { start: minute(-120), end: minute(120) }

const READERS = {
  tail: log(({ tail }) => tail(position(0), AS_OF, 100)),
  history: log(({ history }) => history(readingId(2))),
  reading: log(({ reading: one }) => one(readingId(2), AS_OF)),
  readings: log(({ readings }) => readings({}, { asOf: AS_OF, limit: 100 })),
  inForce: log(({ inForce }) => inForce(ONE, minute(0), minute(2), AS_OF)),
  lastReadings: log(({ lastReadings }) => lastReadings([ONE])),
  head: log(({ head }) => head),
  sensor: log(({ sensor }) => sensor(ONE)),
  sensors: log(({ sensors }) => sensors({ limit: 10 })),
  sensorsAsOf: log(({ sensorsAsOf }) => sensorsAsOf(AS_OF)),
  metadata: log(({ metadata }) => metadata(ONE, 1)),
  rejected: log(({ rejected }) => rejected({ limit: 10 })),
  rejectedTotals: log(({ rejectedTotals }) => rejectedTotals),
  append: append([reading(1, 5, 5)]),
  record: log(({ record }) => record([reading(1, 1, 1)])),
  remove: log(({ remove }) => remove(readingId(2))),
  checkpoint: store(({ checkpoint }) => checkpoint("minutes")),
  rows: store(({ rows }) => rows(1, [KEY])),
  touching: store(({ touching }) => touching(KEY, AS_OF)),
  stale: store((service) => service.stale(1, null, 10)),
  intervals: store(({ intervals }) => intervals([ONE])),
  firstTimes: store(({ firstTimes }) => firstTimes(ONE, 10)),
  begin: store(({ begin }) => begin),
  sweep: store(({ sweep }) => sweep),
  fold: Effect.flatMap(Minutes.Minutes, ({ step }) => step),
  minutes: aggregates("1m"),
  hours: aggregates("1h"),
  amendments: Effect.flatMap(Corrections.Corrections, ({ inWindow }) =>
    inWindow({ sensorId: ONE, ...WINDOW, limit: 10 })
  ),
  report: Effect.flatMap(Quality.Quality, (quality) => quality.report(WINDOW)),
  fresh: Effect.flatMap(Quality.Quality, (quality) => quality.report({ ...WINDOW, fresh: true })),
  touched: Effect.flatMap(Quality.Quality, (quality) => quality.touched(position(1))),
  rejections: Effect.flatMap(Quality.Quality, ({ failures }) =>
    failures({ start: micros(0), check: "accepted", skip: 0, limit: 10 })
  ),
  countHours: Effect.flatMap(QualityHours.QualityHours, ({ catchUp }) => catchUp),
  answers: Effect.flatMap(Answers, (answers) => answers.find(asked)),
  terms: Effect.flatMap(CatalogueLog, ({ current }) => current("term")),
  term: Effect.flatMap(CatalogueLog, ({ history }) => history("term", "lag")),
  replays: Effect.flatMap(RejectedReplays, ({ replays }) => replays(HEX)),
  rejection: Effect.flatMap(RejectedReplays, ({ find }) => find(HEX))
}

type Services = Effect.Effect.Context<(typeof READERS)[keyof typeof READERS]>

/** What is stored in a cell, and who must say that it can't be read. */
const CASES: ReadonlyArray<readonly [set: string, ...readers: ReadonlyArray<keyof typeof READERS>]> = [
  [
    "events SET value = 'twenty' WHERE position = 2",
    ...(["tail", "history", "reading", "readings", "inForce", "touching", "fresh"] as const),
    ...(["record", "remove"] as const)
  ],
  ["events SET value = '' WHERE position = 2", "tail", "readings", "touching", "fresh"],
  ["events SET event_id = 'no bytes' WHERE position = 2", "tail", "touching", "remove"],
  ["events SET sensor_version = 'v' WHERE position = 2", "tail", "readings", "touching", "fresh"],
  ["events SET superseded_by = 'x' WHERE position = 2", "tail", "touching"],
  ["events SET type = 'ReadingDreamt' WHERE position = 2", "tail"],
  ["events SET type = 'SensorDreamt' WHERE position = 1", "sensorsAsOf"],
  ["events SET payload = '{' WHERE position = 2", "tail", "fresh"],
  ["events SET recorded_at = 'yesterday' WHERE position = 2", "tail", "readings", "touching", "fresh"],
  ["events SET occurred_at = '2024-06-14' || substr(occurred_at, 11, 3)", "firstTimes"],
  ["events SET value = 'x' WHERE type = 'ReadingRecorded' AND superseded_by IS NULL", "lastReadings"],
  ["events SET reading_id = 'x' WHERE type = 'ReadingDeleted'", "tail", "amendments"],
  ["log_head SET position = 'x'", "head", "append"],
  ["log_head SET recorded_at = 'x'", "head", "append"],
  ["log_head SET rejected_bytes = 'x'", "rejectedTotals"],
  ["sensors SET version_since = 'x'", "sensor", "sensors", "append"],
  ["sensors SET interval_ms = 'x'", "sensor", "sensors", "intervals", "report"],
  ["sensor_versions SET lat = 'x'", "metadata", "sensors"],
  ["sensor_versions SET range_min = 'x'", "metadata", "fresh"],
  ["rejected_messages SET size = 'x'", "rejected", "rejection"],
  ["rejected_messages SET first_seen = '2024-06'", "rejected", "rejection", "rejections"],
  ["rejected_messages SET id = 'no bytes'", "rejected"],
  ["checkpoints SET position = 'x' WHERE projection = 'minutes'", "checkpoint", "fold", "minutes", "sweep"],
  ["checkpoints SET generation = 'x' WHERE projection = 'minutes'", "begin"],
  ["sensor_minutes SET value_min = 'x'", "rows", "minutes", "hours", "fresh"],
  ["sensor_minutes SET readings = 'x'", "rows", "minutes", "hours", "fresh"],
  ["sensor_minutes SET sum_exact = 'x'", "rows", "minutes", "hours"],
  ["sensor_minutes SET last_event_id = 'x'", "rows", "minutes", "hours"],
  ["sensor_minutes SET sketch = 'x'", "rows", "minutes", "hours"],
  ["sensor_minutes SET minute = 'x' || minute", "stale"],
  ["checkpoints SET position = 'x' WHERE projection = 'quality'", "report", "countHours", "touched"],
  ["quality_hours SET dirty = 'x'", "report"],
  ["quality_hours SET counts = '{'", "report"],
  ["quality_hours SET counts = '5'", "report"],
  ["answers SET status = 'x'", "answers"],
  ["answers SET headers = '{'", "answers"],
  ["answers SET created_at = 'x'", "answers"],
  ["answers SET request = 'no bytes'", "answers"],
  ["answers SET body = 'no bytes'", "answers"],
  ["catalogue_events SET log_position = 'x'", "terms", "term"],
  ["catalogue_events SET payload = '{'", "terms", "term"],
  ["rejected_replays SET attempt = 'x'", "replays"],
  ["rejected_replays SET replayed_at = 'x'", "replays"],
  ["rejected_replays SET results = '{'", "replays"]
]

describe("a bad cell", () => {
  for (const [set, ...readers] of CASES) {
    it.effect(`is the log's error to who reads it: ${set}`, () =>
      Effect.gen(function* () {
        yield* filled
        // By another process's log: of its own events a process asks the database for none.
        yield* Effect.gen(function* () {
          yield* derived
          yield* execute(`UPDATE ${set}`)
          for (const reader of readers) {
            const read: Effect.Effect<unknown, unknown, Services> = READERS[reader]
            yield* assertCorrupt(`${reader} of ${set}`, read)
          }
        }).pipe(Effect.provide(readersLayer))
      }).pipe(Effect.provide(written))
    )
  }

  it.effect("ends no fold: it says what is wrong, and goes on once the cell is mended", () =>
    Effect.gen(function* () {
      yield* filled
      yield* Effect.gen(function* () {
        const minutes = yield* Minutes.Minutes
        yield* execute("UPDATE events SET value = 'twenty' WHERE position = 2")
        yield* assertCorrupt("fold", minutes.catchUp)
        assert.include((yield* minutes.status).lastError, "twenty")
        yield* execute("UPDATE events SET value = 1.0 WHERE position = 2")
        assert.strictEqual(yield* minutes.catchUp, position(5))
        assert.isNull((yield* minutes.status).lastError)
      }).pipe(Effect.provide(readersLayer))
    }).pipe(Effect.provide(written))
  )

  it.scopedLive("is a problem to who asks over HTTP, and what is beside it is answered", () =>
    Effect.gen(function* () {
      yield* filled
      yield* folded
      yield* execute("UPDATE events SET value = 'twenty' WHERE position = 2")
      yield* execute("UPDATE sensor_minutes SET readings = 'x' WHERE sensor_id = 1")
      for (const path of ["/data/", "/data/1", "/data/range/?start_time=2024-01-01&end_time=2025-01-01"]) {
        const { body, status } = yield* askBytes(path)
        assert.strictEqual(status, 500, path)
        const problem = JSON.parse(body.toString("utf8"))
        assert.strictEqual(problem.status, 500)
        assert.match(problem.type, /internal-error$/)
        assert.notInclude(body.toString("utf8"), "twenty")
      }
      assert.strictEqual((yield* askBytes("/aggregated_data/")).status, 500)
      assert.strictEqual((yield* askBytes("/sensors/")).status, 200)
    }).pipe(Effect.provide(realServer(sqlite)))
  )
})
