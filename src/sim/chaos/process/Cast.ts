/** The processes of a simulated run: which there are, and that they are started again whenever they end. */
import * as Effect from "effect/Effect"
import type { SimulatedSensor } from "../../../domain/SimulatedSensor.js"
import type { Chance } from "../../Chance.js"
import type { Trace } from "../../Trace.js"
import type { ProcessMaker } from "./ProcessMaker.js"
import type { SimProcess } from "./SimProcess.js"

const SECOND = 1_000
/** How long a process may take to end after SIGTERM, in ms. */
const STOP_MILLIS_MAX = 5_000
const RESTART_MILLIS_MIN = 500
const RESTART_MILLIS_MEAN = 20_000

export interface Cast {
  /** Those that run now. */
  readonly running: () => ReadonlyArray<SimProcess>
  /** All run that should. */
  readonly isComplete: () => boolean
  /** The one, of those that run, that is meant where one is. */
  readonly primary: () => SimProcess | null
  /** Starts what should run, and starts it again whenever it has ended. */
  readonly keep: Effect.Effect<never>
  /** Ends one by SIGTERM; it is started again. */
  readonly restart: Effect.Effect<void>
  /** A second process for a while; ends it. */
  readonly addSecond: Effect.Effect<void>
  readonly removeSecond: Effect.Effect<void>
  readonly calm: () => void
}

/** Ends a process by SIGTERM. */
export const stopped = (process: SimProcess, trace: Trace): Effect.Effect<void> =>
  Effect.map(process.stop, (millis) => {
    trace.sometimes("stopped in order")
    if (millis > STOP_MILLIS_MAX) trace.violate(`${process.name} took ${millis} ms to stop`)
  })

/** Runs one process after the other, each once the last has ended and a while has passed. */
export const keeping = (chance: Chance, next: () => SimProcess): Effect.Effect<never> =>
  Effect.gen(function* () {
    const process = next()
    yield* process.start
    yield* process.down.await
    yield* Effect.sleep(RESTART_MILLIS_MIN + chance.exponential(RESTART_MILLIS_MEAN))
  }).pipe(Effect.forever)

/** One process, and now and then a second one that shares nothing with it but the database. */
export class OneAndSecond implements Cast {
  private first: SimProcess | null = null
  private second: SimProcess | null = null

  constructor(
    private readonly maker: ProcessMaker,
    private readonly sensors: ReadonlyArray<SimulatedSensor>,
    private readonly foldMillis: number,
    private readonly chances: { readonly network: Chance; readonly end: Chance; readonly keeper: Chance }
  ) {}

  running(): ReadonlyArray<SimProcess> {
    return [this.first, this.second].flatMap((one) => (one?.running == null ? [] : [one]))
  }

  isComplete(): boolean {
    return this.running().length === 1
  }

  primary(): SimProcess | null {
    return this.first?.running == null ? null : this.first
  }

  readonly keep: Effect.Effect<never> = Effect.suspend(() =>
    keeping(this.chances.keeper, () => {
      this.first = this.maker.make("p1", { foldMillis: this.foldMillis, sensors: this.sensors })
      return this.first
    })
  )

  readonly restart: Effect.Effect<void> = Effect.suspend(() =>
    this.first === null ? Effect.void : stopped(this.first, this.maker.trace)
  )

  readonly addSecond: Effect.Effect<void> = Effect.suspend(() => {
    if (this.second !== null) return Effect.void
    this.maker.trace.sometimes("a second process")
    // It is there for a short while: it folds often, so that both do at once.
    const foldMillis = this.chances.network.pick([5, 30]) * SECOND
    this.second = this.maker.make("p2", { foldMillis, sensors: [] })
    return this.second.start
  })

  readonly removeSecond: Effect.Effect<void> = Effect.suspend(() => {
    const process = this.second
    this.second = null
    if (process === null) return Effect.void
    if (!this.chances.end.happens(0.5)) return stopped(process, this.maker.trace)
    return Effect.sync(() => process.crash("at any time"))
  })

  calm(): void {
    this.first?.disarm()
  }
}
