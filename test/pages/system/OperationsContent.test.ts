import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import type { Health } from "../../../src/api/system/HealthContract.js"
import { EventLog, LogUnavailable } from "../../../src/eventlog/EventLog.js"
import { HealthCheck } from "../../../src/http/core/Ports.js"
import * as IngestRates from "../../../src/ingest/IngestRates.js"
import { type IngestState, IngestStatus } from "../../../src/ingest/IngestStatus.js"
import { operationsPage } from "../../../src/pages/system/OperationsContent.js"

const REASON = "connect ECONNREFUSED"
const state: IngestState = {
  state: "waiting",
  pendingMessages: 1_234,
  pendingBytes: 5_000,
  lastError: REASON,
  since: null,
  messagesTotal: 0,
  storedTotal: 0,
  repeatedTotal: 0,
  rejectedTotal: 0,
  droppedQos0Total: 77,
  fieldsIgnoredTotal: 0
}
const ingest = (get: () => IngestState) =>
  Layer.succeed(IngestStatus, { get: Effect.sync(get), failed: Effect.never })

const health = (reachable: boolean): Health => ({
  status: reachable ? "ok" : "unavailable",
  database: { dialect: "mysql", reachable, reason: REASON, since: "2026-01-31T10:00:00.000000Z" },
  warnings: [`the database does not answer since 2026-01-31T10:00:00.000000Z: ${REASON}`]
})
const page = (reachable: boolean, asked: Effect.Effect<never, LogUnavailable>) =>
  Effect.gen(function* () {
    const request = { origin: "http://127.0.0.1:8000", query: new URLSearchParams() }
    const shown = yield* Effect.fork(operationsPage(request as never))
    yield* TestClock.adjust("2 seconds")
    return yield* Fiber.join(shown)
  }).pipe(
    Effect.provide([
      Layer.provideMerge(
        IngestRates.layer,
        ingest(() => state)
      ),
      Layer.succeed(HealthCheck, { report: Effect.succeed(health(reachable)) }),
      Layer.succeed(EventLog, { rejectedTotals: asked } as never)
    ])
  )

describe("the page of the operator", () => {
  it.scoped.each([
    ["is known to be away", false, Effect.dieMessage("a database that is away is not asked")],
    ["does not answer", true, Effect.never],
    ["has just gone", true, Effect.fail(new LogUnavailable({ reason: REASON }))]
  ] as const)("is there while the database %s, and says why", ([, reachable, asked]) =>
    Effect.gen(function* () {
      const { html, status } = yield* page(reachable, asked)
      assert.strictEqual(status, 200)
      for (const said of [REASON, "since 2026-01-31", "1,234", "77 messages dropped", "which can't be asked"])
        assert.include(html, said)
    })
  )
})

describe("rates", () => {
  it.scoped("tell what came in the last minute, and never more than ever came", () => {
    let stored = 0
    return Effect.gen(function* () {
      const { rates } = yield* IngestRates.IngestRates
      const perMinute = Effect.map(rates, ({ storedPerMinute }) => storedPerMinute)
      yield* TestClock.adjust(1)
      assert.isNull(yield* perMinute)
      stored = 500
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* perMinute, 500)
      yield* TestClock.adjust("50 seconds")
      assert.strictEqual(yield* perMinute, 500)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* perMinute, 0)
      for (let second = 0; second < 120; second += 5) {
        stored += 10
        yield* TestClock.adjust("5 seconds")
      }
      assert.strictEqual(yield* perMinute, 120)
    }).pipe(
      Effect.provide(
        Layer.provideMerge(
          IngestRates.layer,
          ingest(() => ({ ...state, storedTotal: stored }))
        )
      )
    )
  })
})

describe("rates of several processes", () => {
  it("are summed, moment by moment", () => {
    const rates = (stored: number | null, history: ReadonlyArray<readonly [number, number]>) => ({
      ...{ storedPerMinute: stored, messagesPerMinute: null, repeatedPerMinute: 1, rejectedPerMinute: 0 },
      history
    })
    const a = rates(60, [
      [5_003, 1],
      [10_001, 2]
    ])
    const b = rates(null, [[9_999, 3]])
    assert.deepStrictEqual(IngestRates.sumOfRates([a, b]), {
      ...{ storedPerMinute: 60, messagesPerMinute: null, repeatedPerMinute: 2, rejectedPerMinute: 0 },
      history: [
        [5_000, 1],
        [10_000, 5]
      ]
    })
  })
})
