/**
 * Looks every few seconds whether a rule is broken. What it finds is stored with its notices before anything is sent.
 *
 * Invariants:
 * 1. A look that fails changes nothing: what can't be measured is neither bad nor well.
 * 2. The state is in the database alone, but for one: that the database is away can't be written there. It is told at once,
 *    and written when the database is back.
 * 3. Of several processes one looks. While the database is away, it is the one that looked last.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Ref from "effect/Ref"
import { Database } from "../db/Transaction.js"
import type { Alert } from "../domain/alert/Alert.js"
import { ALERT_KINDS } from "../domain/alert/AlertKinds.js"
import { type AlertChange, decide, type Look, type NamedRule, silencing } from "../domain/alert/AlertLook.js"
import { ALL_SENSORS, type AlertSilence, SYSTEM_TARGET, selects } from "../domain/alert/AlertRule.js"
import { verdictOf } from "../domain/alert/AlertState.js"
import type { SensorId } from "../domain/Ids.js"
import { MICROS_PER_SECOND, type Micros } from "../domain/Time.js"
import { CatalogueLog } from "../eventlog/CatalogueLog.js"
import { EventLog, type LogError } from "../eventlog/EventLog.js"
import { Ownership } from "../ownership/Ownership.js"
import * as Checkpoints from "../projections/Checkpoints.js"
import { Quality } from "../projections/quality/Quality.js"
import { nowMicros } from "../telemetry/Instant.js"
import { Outbox } from "./AlertOutbox.js"
import { makeSaid, type Said } from "./AlertSayings.js"
import { AlertStore } from "./AlertStore.js"
import { DeviceMeasures } from "./DeviceMeasures.js"
import { SystemMeasures } from "./SystemMeasures.js"

export const LOOK_EVERY = "5 seconds"
/** What one process owns that looks. */
const LOOKS = "alerts"

export interface AlertEvaluatorService {
  /** One look at everything; answers what changed. */
  readonly look: Effect.Effect<ReadonlyArray<AlertChange>, LogError>
}

export class AlertEvaluator extends Context.Tag("tidemark/AlertEvaluator")<
  AlertEvaluator,
  AlertEvaluatorService
>() {}

const systemTarget = (
  { rule }: Pick<NamedRule, "rule">,
  value: number
): NonNullable<NamedRule["targets"]> => {
  const measure = { sensor: null, low: value, high: value, label: "" }
  return new Map([
    [SYSTEM_TARGET, { verdicts: new Map([[null, verdictOf(rule, measure)]]), measures: [measure] }]
  ])
}

/** A silence of some sensors covers an alert that no other sensor is the cause of. */
const covers =
  ({ tags }: Said, nameOf: (id: SensorId) => string | null) =>
  ({ sensors: selection }: AlertSilence, causes: ReadonlyArray<SensorId>): boolean => {
    if (JSON.stringify(selection) === JSON.stringify(ALL_SENSORS)) return true
    const isSelected = selects(selection)
    return causes.length > 0 && causes.every((id) => isSelected({ id, name: nameOf(id) }, tags.get(id)))
  }

const make = ({ diskFree }: { readonly diskFree: Effect.Effect<number | null> }) =>
  Effect.gen(function* () {
    const database = yield* Database
    const store = yield* AlertStore
    const outbox = yield* Outbox
    const log = yield* EventLog
    const quality = yield* Quality
    const said = yield* makeSaid.pipe(Effect.provideService(CatalogueLog, yield* CatalogueLog))
    const devices = new DeviceMeasures({ database, log, quality }, yield* nowMicros)
    const system = new SystemMeasures({
      log,
      folded: Effect.map(Checkpoints.read(database, "minutes"), (at) => at?.position ?? 0),
      diskFree
    })
    const { channels } = outbox
    const { ifOwned, owns } = yield* Ownership
    /** This process was the last to look. */
    const isLast = yield* Ref.make(owns(LOOKS))
    /** The rules of the last look that watch the database itself. */
    const ofDatabase = yield* Ref.make<ReadonlyArray<Omit<NamedRule, "targets">>>([])
    /** What was told while it was away. */
    const outage = yield* Ref.make<ReadonlyArray<AlertChange>>([])

    const whileAway = (since: Micros, now: Micros) =>
      Effect.gen(function* () {
        const told = yield* Ref.get(outage)
        const open = told.flatMap(({ alert }) => (alert === null ? [] : [alert]))
        const rules = (yield* Ref.get(ofDatabase)).map((named) => ({
          ...named,
          targets: systemTarget(named, (now - since) / MICROS_PER_SECOND)
        }))
        const isSilenced = () => false
        const changes = decide({ now, rules, channels, isSilenced }, open)
        const ids = new Set(changes.map(({ alert }) => alert?.id))
        const notices = changes.flatMap((change) => change.notices)
        // Each alert once, as it is now, with all its notices.
        yield* Ref.set(outage, [
          ...told.filter(({ alert }) => !ids.has(alert?.id)),
          ...changes.map((change) => ({ ...change, before: null }))
        ])
        yield* outbox.tell(notices)
        return changes
      })

    const whenBack = Effect.gen(function* () {
      const told = yield* Ref.get(outage)
      if (told.length === 0) return
      yield* store.commit((open: ReadonlyArray<Alert>) => {
        const there = new Set(open.map(({ id }) => id))
        return told.filter(({ alert }) => alert !== null && !there.has(alert.id))
      })
      yield* Ref.set(outage, [])
      yield* outbox.settle
    })

    const measured = (all: Said, now: Micros) =>
      Effect.forEach(all.rules, ([name, rule]) => {
        if (ALERT_KINDS[rule.kind].watches === "devices") {
          return Effect.succeed({ name, rule, targets: devices.targets(all, rule, now) })
        }
        return Effect.map(system.of(rule.kind, now), (value) => ({
          name,
          rule,
          targets: value === null ? null : systemTarget({ rule }, value)
        }))
      })

    const whileThere = (since: Micros, now: Micros) =>
      Effect.gen(function* () {
        const all = yield* said
        yield* Ref.set(
          ofDatabase,
          [...all.rules].flatMap(([name, rule]) => (rule.kind === "database" ? [{ name, rule }] : []))
        )
        const open = yield* store.open
        if (all.rules.size === 0 && open.length === 0) return []
        const causes = new Set(open.flatMap(({ sensors }) => sensors))
        if ([...all.rules.values()].some(({ kind }) => ALERT_KINDS[kind].watches === "devices")) {
          yield* devices.refresh(all, now, since, causes)
        }
        const look: Look = {
          now,
          rules: yield* measured(all, now),
          channels,
          isSilenced: silencing(
            all.silences,
            now,
            covers(all, (id) => devices.nameOf(id))
          )
        }
        const changes = yield* store.commit((alerts) => decide(look, alerts))
        if (changes.some(({ notices }) => notices.length > 0)) yield* outbox.wake
        return changes
      })

    const look = Effect.gen(function* () {
      const now = yield* nowMicros
      const { reachable, since } = yield* database.status
      if (!reachable) return (yield* Ref.get(isLast)) ? yield* whileAway(since, now) : []
      // Whoever told of an outage writes it, whoever looks by now: nobody else knows of it.
      yield* whenBack
      const changes = yield* ifOwned(LOOKS, whileThere(since, now))
      yield* Ref.set(isLast, Option.isSome(changes))
      return Option.getOrElse(changes, () => [])
    })
    return { look }
  })

export const layer = (options: { readonly diskFree: Effect.Effect<number | null> }) =>
  Layer.effect(AlertEvaluator, make(options))

/** Looks for as long as the layer lives; what fails is tried again at the next look. */
export const scheduled = Layer.scopedDiscard(
  Effect.gen(function* () {
    const database = yield* Database
    const { look } = yield* AlertEvaluator
    const { whileOwned } = yield* Ownership
    const bell = yield* Queue.sliding<void>(1)
    // Whoever takes over looks at once.
    yield* Effect.forkScoped(whileOwned(LOOKS, Effect.zipRight(Queue.offer(bell, undefined), Effect.never)))
    const guarded = look.pipe(
      Effect.tap((changes) =>
        Effect.forEach(changes, ({ alert, before }) =>
          alert !== null && alert.phase !== before?.phase && alert.phase !== "pending"
            ? Effect.logInfo(`alert ${alert.rule} ${alert.phase}: ${alert.summary}`)
            : Effect.void
        )
      ),
      Effect.catchTag("LogUnavailable", ({ reason }) =>
        Effect.logDebug(`alerts wait for the database: ${reason}`)
      ),
      Effect.catchAllCause((cause) => Effect.logError("alerts can't be looked for; trying again", cause))
    )
    yield* database.ready.pipe(
      Effect.zipRight(
        Effect.forever(Effect.zipRight(Effect.timeoutOption(Queue.take(bell), LOOK_EVERY), guarded))
      ),
      Effect.forkScoped
    )
  })
)
