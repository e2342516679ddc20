/**
 * Brings the faults: which, when and for how long is drawn from the seed. Each fault names itself in the trace when
 * it is brought, and by a `sometimes` marker when it bites.
 */
import * as Effect from "effect/Effect"
import type { Chance } from "../Chance.js"
import type { Trace } from "../Trace.js"
import type { PeerFaultName, PeerFaults } from "./peers/PeerFaults.js"
import type { SimProcess } from "./process/SimProcess.js"
import type { SimServer } from "./process/SimServer.js"
import { BESIDE_OCCASIONS, type Fault, type FaultKind, type Occasion } from "./SimFaults.js"

/** Between two faults, on average, in ms. */
const PAUSE_MILLIS = 1_800_000
const SECOND = 1_000

/** What the director can do to the world besides its server. */
export interface Stage {
  readonly server: SimServer
  readonly primary: () => SimProcess | null
  /** Ends the primary by SIGTERM, and starts it again. */
  readonly restart: Effect.Effect<void>
  /** A second process for a while; ends it. */
  readonly addSecond: Effect.Effect<void>
  readonly removeSecond: Effect.Effect<void>
  /** Many messages at once, from one device. */
  readonly burst: (count: number) => Effect.Effect<void>
  /** Somebody corrects, deletes or posts a reading. */
  readonly person: Effect.Effect<void>
  /** Somebody makes the minutes again; ends with that, or with the process. */
  readonly rebuild: Effect.Effect<void>
  readonly cutConnections: () => void
  /** The next so many values that simulated sensors show make their actors crash. */
  readonly crashSensors: (count: number) => void
  /** Of several equal processes; null: there are none. */
  readonly ofPeers: PeerFaults | null
}

export const FAULT_NAMES = [
  "crash",
  "shutdown",
  "commit",
  "deadlock",
  "lost",
  "stall",
  "away",
  "full",
  "readonly",
  "network",
  "clock",
  "sensors",
  "second",
  "broken",
  "rebuild"
] as const
export type FaultName = (typeof FAULT_NAMES)[number] | PeerFaultName

type Strike = readonly [Occasion, FaultKind]

/** Where batches are appended beside each other. */
const CRASHES_BESIDE: ReadonlyArray<Strike> = BESIDE_OCCASIONS.flatMap(
  (on): ReadonlyArray<Strike> => [
    [on, "crash before"],
    [on, "crash after"]
  ]
)

const CRASHES: readonly [Strike, ...ReadonlyArray<Strike>] = [
  ["insert", "crash before"],
  ["insert", "crash after"],
  ["commit", "crash before"],
  ["commit", "crash after"],
  ["checkpoint", "crash before"],
  ["checkpoint", "crash after"]
]

export class Director {
  constructor(
    private readonly stage: Stage,
    private readonly names: ReadonlyArray<FaultName>,
    private readonly chance: Chance,
    private readonly trace: Trace,
    private readonly pauseMillis = PAUSE_MILLIS
  ) {}

  /** One fault after the other, for ever. */
  get run(): Effect.Effect<never> {
    return Effect.suspend(() => Effect.sleep(this.chance.exponential(this.pauseMillis))).pipe(
      Effect.zipRight(Effect.suspend(() => this.once())),
      Effect.forever
    )
  }

  once(): Effect.Effect<void> {
    const [first, ...others] = this.names
    if (first === undefined) return Effect.void
    const name = this.chance.pick([first, ...others])
    this.trace.note(`fault ${name}`)
    const fault = this.bring(name)
    // Often while much is going on, or while a person waits for an answer.
    const roll = this.chance.unit()
    if (roll < 0.5) return Effect.zipRight(this.stage.burst(this.chance.whole(8, 30)), fault)
    return roll < 0.7 ? Effect.all([fault, this.stage.person], { concurrency: 2, discard: true }) : fault
  }

  private bring(name: FaultName): Effect.Effect<void> {
    switch (name) {
      case "crash":
        return Effect.sync(() => this.crash())
      case "shutdown":
        return this.stage.restart
      case "commit":
        return Effect.sync(() => this.arm("commit", this.chance.pick(["lost answer", "lost", "deadlock"])))
      case "deadlock":
        return Effect.sync(() =>
          this.arm(this.chance.pick(["insert", "checkpoint", ...this.beside]), "deadlock")
        )
      case "lost":
        return Effect.sync(() => this.lose())
      case "stall":
        return Effect.sync(() =>
          this.arm(this.chance.pick(["begin", "insert", "commit", "read", ...this.beside]), "stall")
        )
      case "away":
        return this.spell("away", 300 * SECOND)
      case "full":
        return this.spell("full", 150 * SECOND)
      case "readonly":
        return this.spell("readOnly", 100 * SECOND)
      case "network":
        return this.chance.happens(0.5) ? this.cutInTheMiddle() : Effect.sync(() => this.cut())
      case "clock":
        return Effect.sync(() => this.step())
      case "sensors":
        return this.chance.happens(0.06) ? this.crashWhatOwes() : Effect.sync(() => this.crashSensors())
      case "second":
        return this.withSecond(Effect.suspend(() => Effect.sleep(this.chance.between(60, 1_800) * SECOND)))
      case "broken":
        return Effect.sync(() => this.fault("insert", "broken for good", null, 0))
      case "rebuild":
        return this.chance.happens(0.3) ? this.stage.rebuild : this.withSecond(this.rebuildSlowly())
      case "partition":
      case "paused":
      case "leader":
      case "skew":
        return this.stage.ofPeers?.bring(name) ?? Effect.void
    }
  }

  /** The statements that only some servers know. */
  private get beside(): ReadonlyArray<Occasion> {
    return this.stage.server.locksRows ? BESIDE_OCCASIONS : []
  }

  private crash(): void {
    const process = this.stage.primary()
    if (process === null) return
    const roll = this.chance.unit()
    if (roll < 0.15) {
      this.trace.sometimes("crash at any time")
      process.crash("at any time")
    } else if (roll < 0.3) process.crashBeforeAcknowledging()
    else {
      const [on, kind] = this.chance.pick([...CRASHES, ...(this.beside.length > 0 ? CRASHES_BESIDE : [])])
      this.fault(on, kind, process.name, 0)
    }
  }

  private cut(): void {
    this.trace.sometimes("connections cut")
    this.stage.cutConnections()
  }

  /** While messages wait for a commit that takes long: what it settles then belongs to connections that are gone. */
  private cutInTheMiddle(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.fault(
        this.chance.pick(["insert", "commit"]),
        "stall",
        null,
        Math.round(this.chance.between(2_000, 7_000))
      )
      return Effect.zipRight(
        this.stage.burst(this.chance.whole(8, 30)),
        Effect.delay(
          Effect.sync(() => this.cut()),
          this.chance.between(500, 5_000)
        )
      )
    })
  }

  private crashSensors(): void {
    this.stage.crashSensors(this.chance.whole(1, 3))
  }

  /** Actors that crash while nothing of what they published is acknowledged. */
  private crashWhatOwes(): Effect.Effect<void> {
    const half = Effect.suspend(() => Effect.sleep(this.chance.between(450, 750) * SECOND))
    const crash = Effect.sync(() => this.crashSensors())
    return this.during("away", Effect.all([half, crash, half], { discard: true }))
  }

  /** Beside a second process, with transactions of either that begin late: what one has read, the other changes. */
  private withSecond(meanwhile: Effect.Effect<void>): Effect.Effect<void> {
    return Effect.gen(this, function* () {
      yield* this.stage.addSecond
      this.beginLate(this.chance.pick(["p1", "p2"]), this.chance.whole(2, 10))
      yield* meanwhile
      yield* this.stage.removeSecond
    })
  }

  private beginLate(client: string, times: number): void {
    for (let n = 0; n < times; n += 1) this.fault("begin", "stall", client, this.chance.whole(500, 7_000))
  }

  /** Messages keep coming all the while, and are folded by the other process. */
  private rebuildSlowly(): Effect.Effect<void> {
    this.beginLate("p1", this.chance.whole(10, 40))
    const trickle = Effect.forEach(
      Array.from({ length: 40 }),
      () => Effect.zipRight(this.stage.burst(2), Effect.sleep(this.chance.between(500, 2_500))),
      { discard: true }
    )
    return Effect.all([trickle, this.stage.rebuild], { concurrency: 2, discard: true })
  }

  private lose(): void {
    const occasion = this.chance.pick([
      "begin",
      "insert",
      "checkpoint",
      "read",
      "other",
      ...this.beside
    ] as const)
    this.arm(occasion, occasion === "begin" ? this.chance.pick(["too many connections", "lost"]) : "lost")
  }

  private arm(on: Occasion, kind: FaultKind): void {
    for (let times = this.chance.whole(1, 6); times > 0; times -= 1) {
      this.fault(on, kind, null, Math.round(this.chance.between(100, 25_000)))
    }
  }

  private fault(on: Occasion, kind: FaultKind, client: string | null, millis: number): void {
    const fault: Fault = { on, kind, client, millis, done: this.chance.happens(0.5) }
    this.stage.server.faults.push(fault)
  }

  /** The server is so for a while of at most so many ms; short ones are more frequent. */
  private spell(state: "away" | "full" | "readOnly", longest: number): Effect.Effect<void> {
    const millis = Math.min(longest, SECOND + this.chance.exponential(longest / 5))
    return this.during(state, Effect.sleep(millis))
  }

  private during(state: "away" | "full" | "readOnly", meanwhile: Effect.Effect<void>): Effect.Effect<void> {
    const { server } = this.stage
    const begin = Effect.sync(() => {
      if (state === "away") server.stop()
      else server[state] = true
    })
    const end = Effect.sync(() => {
      server[state] = false
    })
    return begin.pipe(Effect.zipRight(meanwhile), Effect.ensuring(end))
  }

  private step(): void {
    const process = this.stage.primary()
    if (process === null) return
    const size = this.chance.pick([1, 3_600, 86_400]) * SECOND
    this.trace.sometimes("clock stepped")
    process.clock.set(this.chance.happens(0.3) ? 0 : this.chance.happens(0.5) ? size : -size)
    this.trace.note(`clock ${process.name} ${process.clock.offsetMillis}`)
  }
}
