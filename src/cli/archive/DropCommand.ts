/** `tidemark archive drop` and `tidemark archive rehydrate`: what is archived leaves the log, and comes back. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as AuditLog from "../../audit/AuditLog.js"
import * as AppConfig from "../../config/AppConfig.js"
import type { Micros } from "../../domain/Time.js"
import { type DayDrop, dropDays } from "../../lake/cold/DropDays.js"
import { rehydrate as bringBack } from "../../lake/cold/Rehydrate.js"
import { lakeAt } from "../../lake/LakeAddress.js"
import { showRows } from "../backup/BackupCommand.js"
import { audited, auditedOrSaid, CommandFailed, onStorage, told } from "../CommandStorage.js"
import { LAKE, licence, parseDay, services } from "./LakeServices.js"

const lakeArgument = Args.text({ name: LAKE }).pipe(Args.withDescription("where the lake lies"))

/** What changes the log: as `tidemark rebuild`, not beside a server that holds the file. */
const changing = <A, E, R>(command: Effect.Effect<A, E, R>) =>
  Effect.flatMap(AppConfig.load({ insecure: true }), ({ allowedLateness }) =>
    onStorage(Effect.provide(Effect.mapError(Effect.scoped(command), told), services(allowedLateness)))
  )

const inAudit = (action: string, object: string, outcome: string) =>
  auditedOrSaid(Effect.provide(audited(action, object, outcome), AuditLog.layer))

const events = (count: number) => (count === 1 ? "1 event" : `${count} events`)

const lineOf = ({ date, dropped, stays }: DayDrop, dryRun: boolean): string =>
  stays === null
    ? `${date}: ${events(dropped)} ${dryRun ? "would be dropped" : "were dropped"}`
    : `${date} stays: ${stays}`

/** How long readings stay, µs. */
const retention = Effect.gen(function* () {
  const { retentionRaw } = yield* AppConfig.load({ insecure: true })
  const keep = Duration.toMillis(retentionRaw) * 1_000
  if (keep > 0) return keep
  return yield* new CommandFailed({ message: "RETENTION_RAW is not set: say how long readings stay, as 90d" })
})

const dropFrom = (lake: string, dryRun: boolean, keep: number) =>
  Effect.gen(function* () {
    const store = yield* lakeAt(lake)
    const days = yield* dropDays(store, {
      keep,
      dryRun,
      licence: yield* licence,
      onProgress: yield* showRows("events")
    })
    for (const day of days) yield* Console.log(lineOf(day, dryRun))
    const gone = days.filter(({ stays }) => stays === null)
    const count = gone.reduce((sum, { dropped }) => sum + dropped, 0)
    if (days.length === 0) yield* Console.log("no archived day is older than RETENTION_RAW")
    if (dryRun || gone.length === 0) return
    const dates = gone.map(({ date }) => date).join(" ")
    yield* inAudit("tidemark archive drop", `${store.address} ${dates}`, `${events(count)} dropped`)
  })

export const drop = Command.make(
  "drop",
  {
    lake: lakeArgument,
    dryRun: Options.boolean("dry-run").pipe(
      Options.withDescription("says which days would be dropped, and changes nothing")
    )
  },
  ({ dryRun, lake }) => Effect.flatMap(retention, (keep) => changing(dropFrom(lake, dryRun, keep)))
).pipe(
  Command.withDescription(
    "Drops readings older than RETENTION_RAW from the log: those that the lake has, read back and compared first"
  )
)

const rehydrateFrom = (lake: string, span: { readonly from: Micros; readonly until: Micros }) =>
  Effect.gen(function* () {
    const store = yield* lakeAt(lake)
    const { days, events: count } = yield* bringBack(store, {
      ...span,
      licence: yield* licence,
      onProgress: yield* showRows("events")
    })
    yield* Console.log(
      days.length === 0 ? "none of these days was dropped" : `${days.length} days are back: ${events(count)}`
    )
    if (days.length === 0) return
    yield* inAudit(
      "tidemark archive rehydrate",
      `${store.address} ${days.join(" ")}`,
      `${events(count)} back`
    )
  })

export const rehydrate = Command.make(
  "rehydrate",
  {
    lake: lakeArgument,
    from: Options.text("from").pipe(Options.withDescription("the first day, as 2026-11-01 (UTC)")),
    until: Options.text("until").pipe(Options.withDescription("the last day"))
  },
  ({ from, lake, until }) =>
    Effect.flatMap(Effect.all({ from: parseDay(from, "--from"), until: parseDay(until) }), (span) =>
      changing(rehydrateFrom(lake, span))
    )
).pipe(Command.withDescription("Brings days that were dropped back into the log, equal to what was archived"))
