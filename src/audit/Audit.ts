/**
 * Who writes the audit: whoever lets somebody in, or answers a privileged call.
 *
 * Invariants:
 * 1. A call that succeeded is written before its answer is sent; those that come at once share a transaction.
 * 2. What anybody can cause, refused calls and logins, is bounded by the minute: the rest is one entry with their number.
 * 3. What can't be written is in the program's log, in words.
 */
import type { Clock } from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { AuditFact } from "../domain/access/AuditDataset.js"
import { AuditLog, type AuditLogService } from "./AuditLog.js"

export interface AuditService {
  /** Ends when it is written, or is in the program's log instead. */
  readonly record: (fact: AuditFact) => Effect.Effect<void>
  /** A call or login that was refused: written soon, as far as the minute has room. */
  readonly refused: (fact: AuditFact) => void
  /** Somebody came in. Told once an hour of each name, address and way. */
  readonly entered: (fact: AuditFact) => void
}

/** Null: nobody audits. */
export class Audit extends Context.Reference<Audit>()("tidemark/Audit", {
  defaultValue: (): AuditService | null => null
}) {}

/** Entries of one minute that are told by themselves. */
const REFUSED_A_MINUTE = 20
const ENTERED_A_MINUTE = 100
const MINUTE_MILLIS = 60_000
const HOUR_MILLIS = 3_600_000
/** Logins that are remembered, so that the next one of the same is not told. */
const REMEMBERED_MAX = 10_000
/** Entries of one transaction. */
const BATCH_MAX = 200
/** Entries that wait for a database that is away. */
const WAITING_MAX = 1_000

/** So many a minute, and how many more there were. */
class Minutely {
  private minute = 0
  private count = 0
  private more = 0

  constructor(private readonly most: number) {}

  /** Whether there is room for one more. */
  admit(now: number): boolean {
    const minute = Math.floor(now / MINUTE_MILLIS)
    if (minute !== this.minute) [this.minute, this.count] = [minute, 0]
    this.count += 1
    if (this.count <= this.most) return true
    this.more += 1
    return false
  }

  /** One that was admitted has no room elsewhere. */
  leaveOut(): void {
    this.more += 1
  }

  /** How many there were no room for in minutes that are over. */
  takeMore(now: number): number {
    if (this.more === 0 || Math.floor(now / MINUTE_MILLIS) === this.minute) return 0
    const { more } = this
    this.more = 0
    return more
  }
}

interface Waiting {
  readonly fact: AuditFact
  readonly written: Deferred.Deferred<void> | null
}

const moreOf = (number: number, outcome: string): AuditFact => ({
  kind: "more",
  actor: null,
  address: null,
  action: "(not told one by one)",
  object: null,
  outcome: `${number} more ${outcome}`
})

class Writer implements AuditService {
  private readonly refusals = new Minutely(REFUSED_A_MINUTE)
  private readonly entrances = new Minutely(ENTERED_A_MINUTE)
  private readonly lastEntered = new Map<string, number>()
  private waiting: Array<Waiting> = []
  private readonly some = Effect.unsafeMakeLatch(false)

  constructor(
    private readonly log: AuditLogService,
    private readonly clock: Clock
  ) {}

  record(fact: AuditFact): Effect.Effect<void> {
    return Effect.flatMap(Deferred.make<void>(), (written) =>
      Effect.suspend(() => {
        this.push({ fact, written })
        return Deferred.await(written)
      })
    )
  }

  refused(fact: AuditFact): void {
    this.tellWithin(this.refusals, fact, this.clock.unsafeCurrentTimeMillis())
  }

  entered(fact: AuditFact): void {
    const now = this.clock.unsafeCurrentTimeMillis()
    const key = `${fact.action}\n${fact.actor}\n${fact.address}`
    const last = this.lastEntered.get(key)
    if (last !== undefined && now - last < HOUR_MILLIS) return
    this.lastEntered.delete(key)
    this.lastEntered.set(key, now)
    const [oldest] = this.lastEntered.keys()
    if (this.lastEntered.size > REMEMBERED_MAX && oldest !== undefined) this.lastEntered.delete(oldest)
    this.tellWithin(this.entrances, fact, now)
  }

  /** What came too fast in the minutes that are over. */
  readonly tellMore = Effect.sync(() => {
    const now = this.clock.unsafeCurrentTimeMillis()
    const refused = this.refusals.takeMore(now)
    const entered = this.entrances.takeMore(now)
    if (refused > 0) this.push({ fact: moreOf(refused, "refused"), written: null })
    if (entered > 0) this.push({ fact: moreOf(entered, "came in"), written: null })
  })

  /** Writes what waits; interrupted, it has written the batch at hand. */
  readonly writeSome = Effect.suspend(() => {
    const batch = this.waiting.splice(0, BATCH_MAX)
    if (this.waiting.length === 0) this.some.unsafeClose()
    const facts = batch.map(({ fact }) => fact)
    return this.log.append(facts).pipe(
      Effect.catchAllCause((cause) => Effect.logError("The audit could not be written", { facts }, cause)),
      Effect.zipRight(
        Effect.sync(() => {
          for (const { written } of batch) if (written !== null) Deferred.unsafeDone(written, Effect.void)
        })
      ),
      Effect.when(() => batch.length > 0),
      Effect.uninterruptible
    )
  })

  readonly write = Effect.forever(Effect.zipRight(this.some.await, this.writeSome))

  readonly writeLast = Effect.repeat(this.writeSome, { while: () => this.waiting.length > 0 })

  /** What finds no room, in its minute or among what waits, is in the number that is told later. */
  private tellWithin(minutely: Minutely, fact: AuditFact, now: number): void {
    if (!minutely.admit(now)) return
    // Calls wait for their entry, so they bound themselves.
    if (this.waiting.length >= WAITING_MAX) minutely.leaveOut()
    else this.push({ fact, written: null })
  }

  private push(one: Waiting): void {
    this.waiting.push(one)
    this.some.unsafeOpen()
  }
}

export const layer: Layer.Layer<never, never, AuditLog> = Layer.scoped(
  Audit,
  Effect.gen(function* () {
    const writer = new Writer(yield* AuditLog, yield* Effect.clock)
    yield* Effect.addFinalizer(() => writer.writeLast)
    yield* Effect.forkScoped(writer.write)
    yield* Effect.forkScoped(Effect.forever(Effect.delay(writer.tellMore, MINUTE_MILLIS)))
    return {
      record: (fact) => writer.record(fact),
      refused: (fact) => writer.refused(fact),
      entered: (fact) => writer.entered(fact)
    }
  })
)
