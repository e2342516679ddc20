/**
 * A simulated run under faults: hours of chaos, then calm, in which everything must come right within a deadline;
 * then checkers that share nothing with the product look at what is in the database.
 *
 * The same seed, hours and faults give the same trace, on any machine.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Random from "effect/Random"
import { micros } from "../../domain/Time.js"
import type { Appenders } from "../../eventlog/sql/append/AppendersWatch.js"
import { Chance } from "../Chance.js"
import * as SimClock from "../SimClock.js"
import { Trace } from "../Trace.js"
import { wrongLog, wrongReservations } from "./check/LogCheck.js"
import { wrongMinutes } from "./check/MinutesCheck.js"
import type { OwnersCheck } from "./check/OwnersCheck.js"
import { wrongTold } from "./check/PublishedCheck.js"
import { Director, type FaultName } from "./Director.js"
import { observe } from "./Observer.js"
import { PEER_FAULT_NAMES } from "./peers/PeerFaults.js"
import { countOf, serverClock } from "./peers/Peers.js"
import { stopped } from "./process/Cast.js"
import type { Running } from "./process/SimProcess.js"
import { SimServer } from "./process/SimServer.js"
import { PEERS_STREAM, World } from "./World.js"

/** 2024-01-01T00:00:00Z: when every run begins. */
const START = micros(1_704_067_200_000_000)
const SECOND = 1_000
const HOUR = 3_600 * SECOND
/** Between two awakenings of one of the gateways, on average, in ms. */
const GATEWAY_MILLIS = 1_400 * SECOND
/** Messages of a run, at least, for each of its hours: what chance leaves below is made up for at the end. */
const MESSAGES_PER_HOUR = 85
/** In calm: how long until all is delivered, and until what is delivered is folded, in ms. */
const DELIVERY_DEADLINE = 900 * SECOND
const FOLD_DEADLINE = 5 * SECOND
/** How long the server holds what a silent process has open; and until each name has its owner after that, in ms. */
const HELD_MILLIS_MAX = 10 * SECOND
const OWNED_DEADLINE = 10 * SECOND
/** Between two faults that only several processes meet, on average, in ms. */
const PEER_FAULT_MILLIS = 180 * SECOND
/** And until each simulated sensor was heard: some periods of the slowest, as a reading may be dropped, in ms. */
const HEARD_DEADLINE = 3_600 * SECOND
/** What is brought as often where batches are appended beside each other: it strikes within their steps, too. */
const BESIDE_FAULTS = ["crash", "commit", "deadlock", "lost", "stall"] as const

export interface ChaosOptions {
  readonly seed: number
  readonly hours: number
  readonly faults: ReadonlyArray<FaultName>
  /** Equal processes that share by leases who does what: 2 to 4, or `drawn` from the seed. Absent: one. */
  readonly processes?: number | "drawn" | undefined
  /** Whether batches are appended beside each other; absent: drawn from the seed. */
  readonly appenders?: Appenders | "drawn" | undefined
  /** Told of each line of the trace. */
  readonly listener?: (line: string) => void
}

export interface ChaosResult {
  readonly seed: number
  readonly messages: number
  readonly acknowledged: number
  readonly events: number
  readonly violations: ReadonlyArray<string>
  readonly violated: number
  readonly met: ReadonlyMap<string, number>
  /** SHA-256, in hex, of all that happened, and of what is in the log at the end. */
  readonly trace: string
}

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-sim-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Waits for a condition, looked at each second; a violation when it does not come in time. */
const within = (trace: Trace, what: string, millis: number, holds: () => boolean): Effect.Effect<void> => {
  const look = (left: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (holds()) return Effect.void
      if (left <= 0) return Effect.sync(() => trace.violate(`${what}: not within ${millis / SECOND} s`))
      return Effect.zipRight(Effect.sleep(SECOND), look(left - SECOND))
    })
  return look(millis)
}

const positionOf = (world: World, query: string): number =>
  Number(world.observer.rows(query)[0]?.position ?? 0)
const headOf = (world: World) => positionOf(world, "SELECT position FROM log_head")
const foldedOf = (world: World) =>
  positionOf(world, "SELECT position FROM checkpoints WHERE projection = 'minutes'")

/** How many sensors of the process itself, whose numbers are below those of the gateways', said something since. */
const heardAfter = (world: World, position: number): number =>
  world.observer.rows(
    "SELECT DISTINCT sensor_id FROM events WHERE position > ? AND type = 'ReadingRecorded' AND sensor_id < 100",
    position
  ).length

const running = (world: World): ReadonlyArray<Running> =>
  world.processes().flatMap((process) => (process.running === null ? [] : [process.running]))

const declaredOf = ({ statuses }: Running) => Effect.map(statuses, ({ size }) => size)

const healthy = (trace: Trace, one: Running) =>
  Effect.gen(function* () {
    const ingest = yield* one.ingest
    if (ingest.state !== "running") trace.violate(`ingest is ${ingest.state}: ${ingest.lastError}`)
    for (const [id, { restarts, state }] of yield* one.statuses) {
      if (state !== "running") trace.violate(`sensor ${id} is ${state}`)
      if (restarts > 0) trace.sometimes("a sensor was restarted")
    }
  })

/** Each name has its owner: once what a silent process has open is ended, and its lease has run out. */
const owned = (owners: OwnersCheck, trace: Trace) =>
  Effect.zipRight(
    Effect.sleep(HELD_MILLIS_MAX),
    within(trace, "each name has an owner", OWNED_DEADLINE, () => owners.areOwned())
  )

/** Everything comes right, by itself, once nothing goes wrong any more. */
const converge = (world: World) =>
  Effect.gen(function* () {
    const { trace } = world
    world.calm()
    yield* world.stage.removeSecond
    yield* within(trace, "the process runs again", 120 * SECOND, () => world.cast.isComplete())
    if (world.owners !== null) yield* owned(world.owners, trace)
    yield* within(trace, "all is delivered", DELIVERY_DEADLINE, () => world.undelivered === 0)
    const calmed = headOf(world)
    const declared = Math.max(0, ...(yield* Effect.forEach(running(world), declaredOf)))
    yield* within(trace, "every sensor is heard", HEARD_DEADLINE, () => heardAfter(world, calmed) >= declared)
    const target = headOf(world)
    yield* within(trace, "all is folded", world.foldMillis + FOLD_DEADLINE, () => foldedOf(world) >= target)
    for (const one of running(world)) yield* healthy(trace, one)
    const [first] = running(world)
    if (first !== undefined && world.direction.happens(0.3)) {
      trace.sometimes("rebuilt")
      yield* Effect.orDie(first.minutes.rebuild())
    }
    for (const process of world.processes()) yield* stopped(process, trace)
  })

/** What is looked at each second of several processes, and what only they meet, which is brought more often. */
const alsoOf = (world: World, owners: OwnersCheck, faults: ReadonlyArray<FaultName>) => {
  const often = (names: ReadonlyArray<FaultName>, stream: number) => {
    const some = names.filter((name) => faults.includes(name))
    return new Director(world.stage, some, world.directionOf(stream), world.trace, PEER_FAULT_MILLIS).run
  }
  const look = Effect.sync(() => owners.look())
  return [
    Effect.forever(Effect.zipRight(Effect.sleep(SECOND), look)),
    often(PEER_FAULT_NAMES, PEERS_STREAM + 1),
    ...(world.server.locksRows ? [often(BESIDE_FAULTS, PEERS_STREAM + 5)] : [])
  ]
}

const chaos = (world: World, faults: ReadonlyArray<FaultName>, hours: number) =>
  Effect.gen(function* () {
    const director = new Director(world.stage, faults, world.direction, world.trace)
    const parts = [
      world.read,
      world.people.run,
      world.gateway(GATEWAY_MILLIS),
      world.gateway(GATEWAY_MILLIS),
      director.run,
      director.run,
      ...(world.owners === null ? [] : alsoOf(world, world.owners, faults))
    ]
    yield* Effect.all(parts, { concurrency: "unbounded" }).pipe(Effect.timeoutOption(hours * HOUR))
    yield* world.burst(Math.max(0, Math.round(hours * MESSAGES_PER_HOUR) - world.ledger.published.length))
  })

/** Thousands of failures a run, whose stacks nobody looks at: they would cost a tenth of its time. */
const withoutStacks = Effect.acquireRelease(
  Effect.sync(() => {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    return stackTraceLimit
  }),
  (limit) =>
    Effect.sync(() => {
      Error.stackTraceLimit = limit
    })
)

/** Two of three seeds of several processes, and every other one else. */
const areSeveral = ({ appenders = "drawn", seed }: ChaosOptions, count: number): boolean =>
  appenders === "drawn"
    ? new Chance(seed, PEERS_STREAM + 3).happens(count === 1 ? 1 / 2 : 2 / 3)
    : appenders === "several"

const program = (options: ChaosOptions, clock: SimClock.SimClock, trace: Trace) =>
  Effect.gen(function* () {
    yield* withoutStacks
    const path = join(yield* folder, "sim.db")
    const chance = new Chance(options.seed, PEERS_STREAM + 2)
    const { processes = 1 } = options
    const count = processes === "drawn" ? countOf(chance) : processes
    const now = count === 1 ? undefined : serverClock(chance, clock)
    const isSeveral = areSeveral(options, count)
    if (isSeveral) trace.sometimes("several appenders")
    const pace = isSeveral ? { clock, chance: new Chance(options.seed, PEERS_STREAM + 4) } : null
    const server = new SimServer(path, trace, now, pace)
    const observer = yield* observe(path)
    const fibers = yield* FiberSet.make<void>()
    const world = new World(options.seed, clock, trace, server, observer, fibers, count)
    const { owners, readers } = world
    if (owners !== null) {
      server.onCommit = (session) => owners.committed(session)
      server.onRollback = (session) => owners.undone(session)
      server.onTaking = () => owners.taking()
    }
    const keeper = yield* Effect.forkScoped(world.cast.keep)
    yield* within(trace, "the process starts", 60 * SECOND, () => world.cast.isComplete())
    // Now there are tables to look at. Renewals of leases are commits as well, far more than all others, and move nothing.
    server.onCommit = (session) => {
      if (owners === null || session.occasions.has("checkpoint")) readers.committed()
      if (server.locksRows && session.occasions.has("insert")) readers.appended()
      owners?.committed(session)
    }
    if (world.elsewhere !== null) {
      world.elsewhere.fork = yield* FiberSet.runtime(fibers)()
      yield* Effect.forkScoped(world.elsewhere.run)
    }
    yield* chaos(world, options.faults, options.hours)
    yield* converge(world)
    yield* Effect.sync(() => keeper.unsafeInterruptAsFork(keeper.id()))
    const wrong = [
      ...wrongLog(observer),
      ...wrongReservations(observer),
      ...wrongTold(observer, world.ledger),
      ...wrongMinutes(observer),
      ...readers.wrong()
    ]
    for (const what of wrong) trace.violate(what)
    for (const row of observer.rows(
      "SELECT position, hex(event_id) AS id, type, value, recorded_at FROM events ORDER BY position"
    )) {
      trace.note(`${row.position} ${row.id} ${row.type} ${row.value} ${row.recorded_at}`)
    }
    const { published } = world.ledger
    const result: ChaosResult = {
      seed: options.seed,
      messages: published.length,
      acknowledged: published.filter((message) => message.acknowledged).length,
      events: headOf(world),
      violations: trace.violations,
      violated: trace.violated,
      met: trace.met,
      trace: trace.digest()
    }
    return result
  }).pipe(
    Effect.scoped,
    Effect.withRandom(Random.make(options.seed)),
    // A span a statement, that nobody looks at, costs more than the statement.
    Effect.withTracerEnabled(false),
    Logger.withMinimumLogLevel(LogLevel.None)
  )

export const run = (options: ChaosOptions) => {
  const clock = SimClock.make(START)
  return clock.run(program(options, clock, new Trace(clock, options.listener ?? null)))
}
