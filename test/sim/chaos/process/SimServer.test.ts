/** The simulated server: what was under way on a connection that is gone does nothing any more. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { openSqlite } from "../../../../src/db/Sqlite.js"
import { micros } from "../../../../src/domain/Time.js"
import { observe } from "../../../../src/sim/chaos/Observer.js"
import { SimServer } from "../../../../src/sim/chaos/process/SimServer.js"
import * as SimClock from "../../../../src/sim/SimClock.js"
import { Trace } from "../../../../src/sim/Trace.js"

const START = micros(1_704_067_200_000_000)
const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const stalledWhileItGoesAway = (clock: SimClock.SimClock) =>
  Effect.gen(function* () {
    const path = join(yield* folder, "sim.db")
    const file = yield* openSqlite(path, { lease: false, synchronous: "OFF", busyMillis: 0 })
    const own = yield* file.reserve
    yield* own.executeUnprepared("CREATE TABLE events (position INTEGER)", [], undefined)
    const server = new SimServer(path, new Trace(clock, null))
    const driver = yield* server.source({ name: "p1", alive: true, crash: () => {} }).open
    const connection = yield* driver.reserve
    server.faults.push({ on: "insert", kind: "stall", client: null, millis: 3_000, done: true })
    yield* connection.executeUnprepared(driver.begin, [], undefined)
    const insert = yield* Effect.fork(
      Effect.exit(connection.executeUnprepared("INSERT INTO events VALUES (1)", [], undefined))
    )
    yield* Effect.sleep("1 second")
    server.stop()
    const answer = yield* Fiber.join(insert)
    const rows = (yield* observe(path)).rows("SELECT position FROM events")
    return { answer: answer._tag, rows: rows.length }
  }).pipe(Effect.scoped)

it.live("does not run a statement that was stalled when it went away", () =>
  Effect.gen(function* () {
    const clock = SimClock.make(START)
    const { answer, rows } = yield* clock.run(stalledWhileItGoesAway(clock))
    assert.strictEqual(answer, "Failure")
    assert.strictEqual(rows, 0)
  })
)
