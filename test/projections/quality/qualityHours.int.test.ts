import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as Tracer from "effect/Tracer"
import { Database } from "../../../src/db/Transaction.js"
import { SensorId } from "../../../src/domain/Ids.js"
import {
  MICROS_PER_HOUR,
  MICROS_PER_MILLI,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  micros
} from "../../../src/domain/Time.js"
import * as SqlCatalogueLog from "../../../src/eventlog/SqlCatalogueLog.js"
import * as Quality from "../../../src/projections/quality/Quality.js"
import * as QualityHours from "../../../src/projections/quality/QualityHours.js"
import * as QualityRuns from "../../../src/projections/quality/QualityRuns.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { at, events, fold, type HandmadeEvent, rejected, sensor, series } from "../handmade.js"

const START = at("2026-11-22T10:00:00.000000Z")
const HOURS = 4
const END = micros(START + HOURS * MICROS_PER_HOUR)
/** A database of its own under load: rows are written one by one. */
const SLOW = 240_000
const STEP = 20 * MICROS_PER_SECOND

/** Four hours of two sensors: a hole over the end of the first hour, a spike just after that of the second. */
const log: ReadonlyArray<HandmadeEvent> = [
  ...series(1, START, STEP, HOURS * 180, (i) => (i === 360 ? 500 : 20 + (i % 7))).filter(
    (_, i) => i < 170 || i >= 190
  ),
  ...series(2, START + 1, STEP, HOURS * 180, (i) => (i >= 170 && i < 230 ? 5 : i % 2))
]

const setUp = Effect.gen(function* () {
  yield* TestClock.setTime((END + MICROS_PER_HOUR / 2) / MICROS_PER_MILLI)
  yield* sensor(1, { intervalMs: 20_000, range: [0, 100] })
  yield* sensor(2, { intervalMs: 20_000 })
  yield* events(log)
  yield* fold(log)
})

/** TestClock's sleeps of nothing are woken by hand. */
const awake = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.raceFirst(effect, Effect.forever(Effect.zipRight(TestClock.adjust(0), Effect.yieldNow())))

const report = (start = START, end = END) =>
  Effect.flatMap(Quality.Quality, (quality) => awake(quality.report({ start, end })))

const live = (database: TestDatabase) =>
  QualityRuns.layer.pipe(
    Layer.provideMerge(Layer.merge(Quality.layer, QualityHours.layer)),
    Layer.provideMerge(SqlCatalogueLog.layer),
    Layer.provideMerge(database.layer)
  )

const storedHours = Effect.flatMap(Database, (db) =>
  db.read(
    (sql) =>
      sql<{ dirty: number; counts: string }>`SELECT dirty, counts FROM quality_hours ORDER BY hour, sensor_id`
  )
)

/** How many statements this runs, besides what it gives. */
const counting = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    let statements = 0
    const tracer = Tracer.make({
      span: (name, parent, context, links, startTime, kind) => {
        if (name === "sql.execute") statements += 1
        return {
          ...{ _tag: "Span", name, spanId: "1", traceId: "1", parent, context, links, kind, sampled: true },
          ...{ status: { _tag: "Started", startTime }, attributes: new Map() },
          ...{ end: () => {}, attribute: () => {}, event: () => {}, addLinks: () => {} }
        } satisfies Tracer.Span
      },
      context: (run) => run()
    })
    return Effect.map(Effect.withTracer(effect, tracer), (answer) => ({ answer, statements }))
  })

describeDatabases("hours counted once", (database) => {
  it.effect(
    "make a history by a few statements, and each entry is the report of its window",
    () =>
      Effect.gen(function* () {
        yield* setUp
        yield* rejected(1, START + MICROS_PER_HOUR)
        yield* rejected(2, START + 2 * MICROS_PER_HOUR - 1)
        yield* rejected(3, END)
        const { round } = yield* QualityHours.QualityHours
        const quality = yield* Quality.Quality
        const entries = (hours: number, sensorId?: number) =>
          counting(
            awake(
              quality.history({
                start: micros(END - hours * MICROS_PER_HOUR),
                end: END,
                interval: "1h",
                bySensor: true,
                ...(sensorId === undefined ? {} : { sensorId: SensorId.make(sensorId) })
              })
            )
          )
        const assertReports = (hours: number, sensorId?: number) =>
          Effect.gen(function* () {
            const { answer, statements } = yield* entries(hours, sensorId)
            assert.lengthOf(answer, hours)
            for (const { end, results, sensors, start } of answer) {
              const one = sensorId === undefined ? {} : { sensorId: SensorId.make(sensorId) }
              const whole = yield* awake(quality.report({ start, end, ...one }))
              assert.deepStrictEqual(results, whole.results)
              assert.deepStrictEqual(
                sensors,
                whole.sensors.map(({ failing: _failing, ...scores }) => scores)
              )
            }
            return statements
          })
        // Of hours that are not counted; of counted ones; and with what came since in one of them.
        yield* assertReports(HOURS + 2)
        yield* awake(round)
        yield* assertReports(HOURS + 2)
        yield* assertReports(HOURS + 2, 1)
        const late = { sensor: 1, occurredAt: START + 175 * STEP, value: 20, recordedAt: END }
        yield* events([late], log.length + 1)
        yield* assertReports(HOURS + 2)
        // Windows without anything cost no statement.
        yield* awake(round)
        assert.strictEqual((yield* entries(300)).statements, yield* assertReports(HOURS))
      }).pipe(Effect.provide(live(database))),
    SLOW
  )

  it.effect(
    "say what the log says, also over their ends, and again after what comes late",
    () =>
      Effect.gen(function* () {
        yield* setUp
        const hours = yield* QualityHours.QualityHours
        const counted = yield* report()
        const checks = (name: string, of = counted) =>
          Object.values(of.details)
            .flatMap((detail) => detail.checks)
            .find((check) => check.name === name)
        assert.strictEqual(checks("received")?.failed, 20)
        assert.strictEqual(checks("no_spikes")?.failed, 1)
        assert.strictEqual(checks("not_stuck")?.failed, 60)
        yield* awake(hours.round)
        assert.deepStrictEqual(
          (yield* storedHours).map(({ dirty }) => dirty),
          Array.from({ length: 2 * HOURS }, () => 0)
        )
        assert.deepStrictEqual(yield* report(), counted)
        // Edges that are no full hours are counted from the log.
        const part = [
          micros(START + 1_000 * MICROS_PER_SECOND),
          micros(END - 500 * MICROS_PER_SECOND)
        ] as const
        const stored = yield* report(...part)
        const quality = yield* Quality.Quality
        const fresh = yield* awake(quality.report({ start: part[0], end: part[1], fresh: true }))
        assert.deepStrictEqual(stored, fresh)
        // So are the edges' last minutes alone, where the hours are counted by parts.
        const db = yield* Database
        const cut = yield* db.read(
          (sql) => sql<{ n: number }>`SELECT COUNT(*) AS n FROM quality_hours WHERE parts IS NOT NULL`
        )
        assert.strictEqual(Number(cut[0]?.n), 2 * HOURS)
        for (const minute of [0, 1, 10, 29, 30, 59]) {
          const from = micros(START + minute * MICROS_PER_MINUTE + (minute % 2))
          const to = micros(END - MICROS_PER_HOUR + minute * MICROS_PER_MINUTE)
          const window = { start: from, end: to }
          assert.deepStrictEqual(
            yield* report(from, to),
            yield* awake(quality.report({ ...window, fresh: true })),
            `from minute ${minute}`
          )
        }
        // One of the missing readings comes late: its hour is counted again.
        yield* events(
          [{ sensor: 1, occurredAt: START + 175 * STEP, value: 20, recordedAt: END }],
          log.length + 1
        )
        assert.strictEqual(checks("received", yield* report())?.failed, 19)
        yield* awake(hours.round)
        assert.strictEqual(checks("received", yield* report())?.failed, 19)
        // Spoilt counts are made again, to the same.
        const right = yield* storedHours
        yield* db.transact((sql) => sql`UPDATE quality_hours SET counts = '', parts = ''`)
        yield* awake(hours.rebuild)
        assert.deepStrictEqual(yield* storedHours, right)
        assert.isTrue(right.every(({ counts }) => counts !== ""))
      }).pipe(Effect.provide(live(database))),
    SLOW
  )

  it.effect(
    "keeps what was measured, when and as of which position",
    () =>
      Effect.gen(function* () {
        yield* setUp
        const runs = yield* QualityRuns.QualityRuns
        const quality = yield* Quality.Quality
        const one = yield* QualityRuns.hourly
        // Another process measures the same hour, and is done a little later.
        const later = Quality.Quality.of({
          ...quality,
          report: (question) =>
            Effect.tap(quality.report(question), Effect.zipRight(one.catchUp, TestClock.adjust(1)))
        })
        const other = yield* Effect.provideService(QualityRuns.hourly, Quality.Quality, later)
        yield* awake(other.catchUp)
        yield* awake(one.catchUp)
        assert.deepInclude(yield* one.status, { position: END, behind: 0, lastError: null })
        const answer = yield* awake(runs.run({ start: START, end: END }, "request"))
        const kept = yield* runs.runs({ start: micros(0), end: END }, { skip: 0, limit: 10 })
        assert.deepStrictEqual(
          kept.map(({ cause, end, position }) => [cause, end, position]),
          [
            ["schedule", END, log.length],
            ["request", END, log.length]
          ]
        )
        assert.deepStrictEqual(kept[1]?.results, answer.results)
        const history = yield* awake(
          quality.history({ start: START, end: END, interval: "1h", bySensor: true })
        )
        assert.deepStrictEqual(
          history.map(({ results }) => results.sensor_data.completeness),
          [(100 * 350) / 360, (100 * 350) / 359, 100, 100]
        )
        assert.deepStrictEqual(history[0]?.sensors.map(({ sensor_id }) => sensor_id).sort(), [1, 2])
      }).pipe(Effect.provide(live(database))),
    SLOW
  )
})
