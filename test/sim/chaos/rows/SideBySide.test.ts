/** The simulated server that locks rows: batches beside each other, by the product's own steps, as on a real server. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { layerFrom } from "../../../../src/db/Database.js"
import { DatabaseError } from "../../../../src/db/Failure.js"
import { Database, type DatabaseService } from "../../../../src/db/Transaction.js"
import { eventId, position, sensorId } from "../../../../src/domain/Ids.js"
import type { Sensor } from "../../../../src/domain/Sensor.js"
import { micros } from "../../../../src/domain/Time.js"
import { firstMetadata } from "../../../../src/eventlog/Decide.js"
import { isTaken } from "../../../../src/eventlog/sql/append/BatchAppend.js"
import { placedEvent, plainEvent } from "../../../../src/eventlog/sql/append/ReadingEvents.js"
import {
  claim,
  publishing,
  type Reservation,
  reserve
} from "../../../../src/eventlog/sql/append/Reservations.js"
import { lockedHead, moveHead } from "../../../../src/eventlog/sql/LogHead.js"
import { insertEvents } from "../../../../src/eventlog/sql/SqlStore.js"
import { Chance } from "../../../../src/sim/Chance.js"
import { type Observer, observe } from "../../../../src/sim/chaos/Observer.js"
import type { Client } from "../../../../src/sim/chaos/process/SimConnection.js"
import { SimServer } from "../../../../src/sim/chaos/process/SimServer.js"
import * as SimClock from "../../../../src/sim/SimClock.js"
import { Trace } from "../../../../src/sim/Trace.js"
import { candidate } from "../../../eventlog/contract/support.js"

const START = micros(1_704_067_200_000_000)
const SENSORS = position(0)

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const sensor: Sensor = {
  id: sensorId(1),
  name: null,
  status: "active",
  version: 1,
  metadata: firstMetadata({}),
  intervalMs: null,
  estimatedIntervalMs: null,
  versionSince: START
}

interface Place {
  readonly server: SimServer
  readonly trace: Trace
  readonly observer: Observer
  readonly one: DatabaseService
  readonly other: DatabaseService
  /** Ends the process of `one`. */
  readonly kill: () => void
}

/** Two processes on a server that locks rows. */
const holds = <E>(what: string, body: (place: Place) => Effect.Effect<void, E, Scope.Scope>) =>
  it.live(what, () => {
    const clock = SimClock.make(START)
    const program = Effect.gen(function* () {
      const path = join(yield* folder, "sim.db")
      const trace = new Trace(clock, null)
      const server = new SimServer(path, trace, undefined, { clock, chance: new Chance(1, 1) })
      const clients = ["p1", "p2"].map((name) => ({ name, alive: true, crash: () => {} }))
      const open = (client: Client) =>
        Effect.map(Layer.build(Layer.fresh(layerFrom(server.source(client)))), (context) =>
          Context.get(context, Database)
        )
      const [first, second] = clients
      if (first === undefined || second === undefined) return assert.fail("no clients")
      const [one, other] = [yield* open(first), yield* open(second)]
      const kill = () => {
        first.alive = false
        server.disconnect(first)
      }
      const observer = yield* observe(path)
      yield* body({ server, trace, observer, one, other, kill })
      assert.deepStrictEqual(trace.violations, [])
    })
    return clock.run(Effect.scoped(program))
  })

const reserved = (database: DatabaseService, count = 1) =>
  database.transact((sql) => reserve(sql, database, count, SENSORS, START))

/** A batch of one event, with this key; it waits before it publishes, and before it inserts. */
const batch = (
  database: DatabaseService,
  { first, recordedAt }: Reservation,
  key: number,
  publishes: Effect.Effect<void, "given up"> = Effect.void,
  inserts: Effect.Effect<void> = Effect.void
) =>
  database.transact((sql) =>
    Effect.gen(function* () {
      yield* claim(sql, { first, recordedAt })
      yield* inserts
      const event = plainEvent(sensor, candidate(key, key), eventId(String(key).padStart(32, "0")))
      yield* insertEvents(sql, database, [placedEvent(event, first, recordedAt)], recordedAt)
      yield* publishes
      yield* publishing(sql, { first, recordedAt })
      const rejected = { bytes: 0, messages: 0 }
      yield* moveHead(sql, database, { position: first, recordedAt, rejected, sensorsPosition: SENSORS })
    })
  )

const alone = (database: DatabaseService) =>
  Effect.map(
    database.transact((sql) => lockedHead(sql, database)),
    ({ position }) => position as number
  )

const positions = ({ observer }: Place) =>
  observer.rows("SELECT position FROM events ORDER BY position").map((row) => row.position)
const reservations = ({ observer }: Place) =>
  observer.rows("SELECT first_position AS first FROM log_reservations ORDER BY 1").map(({ first }) => first)
const headOf = ({ observer }: Place) => observer.rows("SELECT position FROM log_head")[0]?.position

const tagOf = <E extends { readonly _tag: string }>(exit: Exit.Exit<unknown, E | "given up">) =>
  Exit.match(exit, {
    onSuccess: () => "stored",
    onFailure: (cause) =>
      cause._tag !== "Fail" ? cause._tag : cause.error === "given up" ? cause.error : cause.error._tag
  })

describe("a simulated server that locks rows", () => {
  holds("has two batches at a time, that commit in the order of their positions", (place) =>
    Effect.gen(function* () {
      const { one, other, trace } = place
      const [below, above] = [yield* reserved(one), yield* reserved(other)]
      const done: Array<string> = []
      const slow = batch(one, below, 1, Effect.sleep("4 seconds"))
      const told = (name: string) => Effect.sync(() => done.push(name))
      const first = yield* Effect.fork(Effect.tap(slow, () => told("below")))
      yield* Effect.tap(batch(other, above, 2), () => told("above"))
      yield* Fiber.join(first)
      assert.deepStrictEqual(done, ["below", "above"])
      assert.deepStrictEqual([positions(place), headOf(place), reservations(place)], [[1, 2], 2, [0]])
      assert.isTrue(trace.met.has("two batches inserted at a time"))
      assert.isTrue(trace.met.has("a batch waited for one below"))
    })
  )

  holds("shows nobody what is not committed, and gives out no position twice", (place) =>
    Effect.gen(function* () {
      const { one, other } = place
      const fiber = yield* Effect.fork(batch(one, yield* reserved(one), 1, Effect.sleep("2 seconds")))
      yield* Effect.sleep("1 second")
      assert.deepStrictEqual([positions(place), headOf(place), reservations(place)], [[], 0, [0, 1]])
      assert.strictEqual((yield* reserved(other)).first, 2)
      yield* Fiber.join(fiber)
    })
  )

  holds("stores nothing of a batch above one that was rolled back", (place) =>
    Effect.gen(function* () {
      const { one, other } = place
      const [below, above] = [yield* reserved(one), yield* reserved(other)]
      const given = Effect.zipRight(Effect.sleep("1 second"), Effect.fail("given up" as const))
      const first = yield* Effect.fork(Effect.exit(batch(one, below, 1, given)))
      const second = yield* Effect.exit(batch(other, above, 2))
      assert.strictEqual(tagOf(yield* Fiber.join(first)), "given up")
      assert.strictEqual(tagOf(second), "OutOfTurn")
      assert.deepStrictEqual([positions(place), reservations(place)], [[], [0, 1, 2]])
      assert.strictEqual(yield* alone(other), 0)
      assert.deepStrictEqual(reservations(place), [0])
    })
  )

  holds("ends what a killed process has open: nobody waits for it any more", (place) =>
    Effect.gen(function* () {
      const { kill, one, other, trace } = place
      const [below, above] = [yield* reserved(one), yield* reserved(other)]
      yield* Effect.fork(Effect.exit(batch(one, below, 1, Effect.never)))
      const second = yield* Effect.fork(Effect.exit(batch(other, above, 2)))
      yield* Effect.sleep("3 seconds")
      kill()
      assert.strictEqual(tagOf(yield* Fiber.join(second)), "OutOfTurn")
      assert.strictEqual(yield* alone(other), 0)
      assert.deepStrictEqual([positions(place), reservations(place)], [[], [0]])
      assert.isTrue(trace.met.has("a process ended with a reservation"))
    })
  )

  holds("lets who takes the log wait for a batch that is at its own, and take back the others", (place) =>
    Effect.gen(function* () {
      const { one, other } = place
      const [below, above] = [yield* reserved(one), yield* reserved(one)]
      const first = yield* Effect.fork(batch(one, below, 1, Effect.sleep("1 second")))
      yield* Effect.sleep("500 millis")
      assert.strictEqual(yield* alone(other), 1)
      yield* Fiber.join(first)
      assert.deepStrictEqual(reservations(place), [0])
      assert.strictEqual(tagOf(yield* Effect.exit(batch(one, above, 2))), "OutOfTurn")
    })
  )

  holds("refuses a key that a batch has committed for which another one waited", (place) =>
    Effect.gen(function* () {
      const { one, other } = place
      const [below, above] = [yield* reserved(one), yield* reserved(other)]
      const first = yield* Effect.fork(batch(one, below, 7, Effect.sleep("2 seconds")))
      yield* Effect.sleep("500 millis")
      const error = yield* Effect.flip(batch(other, above, 7))
      assert.isTrue(error instanceof DatabaseError && isTaken(error))
      yield* Fiber.join(first)
      assert.deepStrictEqual(positions(place), [1])
    })
  )

  holds("rolls one back of two that wait for each other", (place) =>
    Effect.gen(function* () {
      const { one, other, trace } = place
      const [below, above] = [yield* reserved(one), yield* reserved(other)]
      // The one below has claimed its own, and inserts the key after the one above has.
      const late = Effect.sleep("3 seconds")
      const first = yield* Effect.fork(batch(one, below, 7, Effect.void, late))
      const second = yield* Effect.exit(batch(other, above, 7))
      assert.strictEqual(tagOf(second), "OutOfTurn")
      // Rolled back, it is run again.
      yield* Fiber.join(first)
      assert.deepStrictEqual(positions(place), [1])
      assert.isTrue(trace.met.has("two transactions waited for each other"))
    })
  )
})
