/**
 * A simulated day on a real database: devices fall silent, values leave their range, readings come too seldom, messages
 * are rejected, the disk fills, folding stops, and the database is away. Each is told of once, and over once.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as AlertEvaluator from "../../src/alerts/AlertEvaluator.js"
import * as AlertOutbox from "../../src/alerts/AlertOutbox.js"
import { AlertStore } from "../../src/alerts/AlertStore.js"
import * as SqlAlertStore from "../../src/alerts/SqlAlertStore.js"
import { layer as databaseLayer } from "../../src/db/Database.js"
import { Database } from "../../src/db/Transaction.js"
import type { AlertNotice } from "../../src/domain/alert/Alert.js"
import { type AlertRuleSaying, ruleOf } from "../../src/domain/alert/AlertRule.js"
import { sensorId } from "../../src/domain/Ids.js"
import type { ReadingCandidate } from "../../src/domain/Reading.js"
import { fault } from "../../src/domain/rejected/RejectionFault.js"
import { micros } from "../../src/domain/Time.js"
import { CatalogueLog } from "../../src/eventlog/CatalogueLog.js"
import { EventLog } from "../../src/eventlog/EventLog.js"
import * as SqlCatalogueLog from "../../src/eventlog/SqlCatalogueLog.js"
import * as SqlEventLog from "../../src/eventlog/sql/SqlEventLog.js"
import * as Minutes from "../../src/projections/minutes/Minutes.js"
import * as SqlMinuteStore from "../../src/projections/minutes/SqlMinuteStore.js"
import * as Quality from "../../src/projections/quality/Quality.js"
import { nowMicros } from "../../src/telemetry/Instant.js"

/** 2026-11-20T00:00:00Z */
const START = micros(1_795_132_800_000_000)
const STEP_SECONDS = 120
const DAY_MINUTES = 24 * 60

/** Minutes of the day, half-open. */
type Spell = readonly [from: number, to: number]
const within = (spells: ReadonlyArray<Spell>, minute: number) =>
  spells.some(([from, to]) => minute >= from && minute < to)

const SILENT: ReadonlyArray<Spell> = [
  [100, 130],
  [400, 404],
  [900, 1_000]
]
const DOWN: Spell = [600, 720]
const SPIKES = [50, 300, 778, 1_200]
const THIN: Spell = [500, 560]
const REJECTED: ReadonlyArray<Spell> = [
  [200, 215],
  [1_100, 1_110]
]
const FULL: Spell = [820, 850]
const UNFOLDED: Spell = [1_300, 1_330]
const AWAY: ReadonlyArray<Spell> = [
  [250, 256],
  [1_050, 1_052]
]

/** One device of two sensors, and three of one. */
const SENSORS = ["boiler/temp", "boiler/pressure", "pump/flow", "tank/level", "hall/temp"]

const RULES: Readonly<Record<string, AlertRuleSaying>> = {
  silent: { kind: "silent", max: 3, severity: "critical", sensors: { name: "boiler/*" } },
  "silent-pump": { kind: "silent", max: 3, sensors: { name: "pump/*" } },
  hot: { kind: "range", min: 0, max: 80, hysteresis: 5, recovery_seconds: 60, sensors: { name: "hall/*" } },
  stuck: { kind: "range", max: 80, for_seconds: 600, sensors: { name: "hall/*" } },
  steep: { kind: "rate", max: 20, recovery_seconds: 240, sensors: { name: "hall/*" } },
  thin: { kind: "quality", min: 80, hysteresis: 5, sensors: { name: "tank/*" } },
  refused: { kind: "rejected", max: 3, for_seconds: 60, recovery_seconds: 300 },
  lagging: { kind: "lag", max: 40 },
  disk: { kind: "disk", min: 10, hysteresis: 5 },
  away: { kind: "database", max: 90 },
  off: { kind: "range", max: 1, enabled: false }
}

const EXPECTED: Readonly<Record<string, number>> = {
  // Of the two sensors of the device one alert each time; four minutes are within three intervals and the grace.
  "silent boiler": 2,
  "hot hall": SPIKES.length,
  "steep hall": SPIKES.length,
  "thin tank": 1,
  "refused tidemark": REJECTED.length,
  "lagging tidemark": 1,
  "disk tidemark": 1,
  // The second time it is away for less than the rule allows.
  "away tidemark": 1
}

const source = { topic: "sensors", bytes: new Uint8Array([123, 125]), metric: null }
const isSent = (name: string, minute: number, step: number): boolean => {
  if (name.startsWith("boiler/")) return !within(SILENT, minute)
  if (name.startsWith("pump/")) return !within([DOWN], minute)
  return name !== "tank/level" || !within([THIN], minute) || step % 4 === 0
}

const readingsAt = (minute: number, step: number): ReadonlyArray<ReadingCandidate> =>
  SENSORS.flatMap((name, index) =>
    isSent(name, minute, step)
      ? [
          {
            sensor: { _tag: "Numbered" as const, id: sensorId(index + 1) },
            occurredAt: micros(START + step * STEP_SECONDS * 1_000_000),
            value: name === "hall/temp" && SPIKES.includes(minute) ? 95 : 20,
            identity: { _tag: "Time" as const, epoch: null, seq: null },
            said: {}
          }
        ]
      : []
  )

/** A database that says that it is away, at the minutes when it is to be. */
const awayAt = Layer.effect(
  Database,
  Effect.map(Database, (database) => {
    const minuteNow = Effect.map(nowMicros, (now) => (now - START) / 60_000_000)
    return {
      ...database,
      status: Effect.map(minuteNow, (minute) => {
        const spell = AWAY.find(([from, to]) => minute >= from && minute < to)
        const since = micros(START + (spell?.[0] ?? 0) * 60_000_000)
        return spell === undefined
          ? { reachable: true, reason: null, since: START }
          : { reachable: false, reason: "gone", since }
      })
    }
  })
)

/** In memory where there is such a folder: a day of commits would wait for a disk for minutes. */
const database = Layer.unwrapScoped(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "tidemark-day-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  ).pipe(Effect.map((folder) => databaseLayer({ _tag: "Sqlite", path: join(folder, "tidemark.db") })))
)

const channelOf = (taken: Array<AlertNotice>) => ({
  name: "webhook" as const,
  keeps: false,
  send: (notice: AlertNotice) => Effect.sync(() => void taken.push(notice))
})

/** Sends when the test says so; past the database at once. */
const outboxOf = (taken: Array<AlertNotice>) =>
  Layer.effect(
    AlertOutbox.Outbox,
    Effect.map(AlertStore, (store) => {
      const told = new Set<string>()
      return {
        channels: ["webhook" as const],
        wake: Effect.void,
        tell: (notices: ReadonlyArray<AlertNotice>) =>
          Effect.sync(() => {
            taken.push(...notices)
            for (const { id } of notices) told.add(id)
          }),
        settle: Effect.suspend(() => Effect.forEach(told, (id) => store.sent(id), { discard: true }))
      }
    })
  )

/** `taken`: what a channel took. */
const live = (taken: Array<AlertNotice>) => {
  const diskFree = Effect.map(nowMicros, (now) => (within([FULL], (now - START) / 60_000_000) ? 4 : 50))
  return AlertEvaluator.layer({ diskFree }).pipe(
    Layer.provideMerge(outboxOf(taken)),
    Layer.provideMerge(SqlAlertStore.layer),
    Layer.provideMerge(Layer.provideMerge(Quality.layer, SqlCatalogueLog.layer)),
    Layer.provideMerge(Minutes.layer().pipe(Layer.provideMerge(SqlMinuteStore.layer))),
    Layer.provideMerge(SqlEventLog.layer()),
    Layer.provideMerge(awayAt.pipe(Layer.provide(database)))
  )
}

const setUp = Effect.gen(function* () {
  const log = yield* EventLog
  const words = yield* CatalogueLog
  yield* log.describe(
    SENSORS.map((name, index) => ({
      id: sensorId(index + 1),
      name,
      intervalMs: STEP_SECONDS * 1_000,
      said: { unit: "C", type: "temperature" }
    }))
  )
  for (const [subject, saying] of Object.entries(RULES)) {
    const payload = ruleOf(saying)
    yield* words.change({ kind: "alert-rule", subject, decide: () => ({ type: "AlertRuleSet", payload }) })
  }
  const [from, to] = DOWN
  const payload = {
    start: micros(START + from * 60_000_000),
    end: micros(START + to * 60_000_000),
    sensors: [sensorId(3)],
    kind: "downtime" as const,
    text: "Pump is overhauled"
  }
  yield* words.change({
    kind: "annotation",
    subject: null,
    decide: () => ({ type: "AnnotationMade", payload })
  })
})

const step = (index: number) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const minute = Math.floor((index * STEP_SECONDS) / 60)
    yield* log.append(
      readingsAt(minute, index).map((reading) => ({ _tag: "Reading" as const, reading, source }))
    )
    if (within(REJECTED, minute)) {
      const refused = Array.from({ length: 12 }, (_, nth) => nth).map((nth) => ({
        _tag: "Rejected" as const,
        source: { ...source, bytes: new TextEncoder().encode(`${index} ${nth}`) },
        faults: [fault("payload-empty", null)]
      }))
      yield* log.append(refused)
    }
    if (!within([UNFOLDED], minute)) yield* (yield* Minutes.Minutes).catchUp
    yield* (yield* AlertEvaluator.AlertEvaluator).look
  })

const countsOf = (notices: ReadonlyArray<AlertNotice>, event: string) => {
  const counts: Record<string, number> = {}
  for (const { body } of notices.filter((notice) => notice.body.event === event)) {
    const key = `${body.rule} ${body.target}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}

it.effect(
  "a day of alerts tells of each trouble once, and once that it is over; of none that was planned",
  () => {
    const taken: Array<AlertNotice> = []
    return Effect.gen(function* () {
      yield* TestClock.setTime(START / 1_000)
      yield* Effect.gen(function* () {
        yield* setUp
        const store = yield* AlertStore
        for (let index = 0; index < (DAY_MINUTES * 60) / STEP_SECONDS; index++) {
          yield* step(index)
          yield* AlertOutbox.drain(store, channelOf(taken))
          yield* TestClock.adjust(`${STEP_SECONDS} seconds`)
        }
        assert.deepStrictEqual(yield* store.open, [])
        assert.deepStrictEqual(yield* store.counts, { firing: 0, waiting: 0, dead: 0 })
      }).pipe(Effect.provide(live(taken)))
      assert.deepStrictEqual(countsOf(taken, "raised"), EXPECTED)
      assert.deepStrictEqual(countsOf(taken, "resolved"), EXPECTED)
      // Each by an id of its own, and none twice.
      assert.strictEqual(new Set(taken.map(({ id }) => id)).size, taken.length)
    })
  },
  300_000
)
