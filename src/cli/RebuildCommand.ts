/**
 * `tidemark rebuild`: makes all one-minute aggregates again from the log. On MySQL beside a running server; an
 * embedded file is held by its server, which then has to be stopped.
 */
import * as Command from "@effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { projections } from "../App.js"
import * as AuditLog from "../audit/AuditLog.js"
import { Minutes, type MinutesService } from "../projections/minutes/Minutes.js"
import { audited, auditedOrSaid, onStorage, told } from "./CommandStorage.js"
import * as Progress from "./Progress.js"

/** Makes all of them again, and shows how far it is. */
export const rebuildAll = (minutes: MinutesService, unit = "events") =>
  Effect.gen(function* () {
    let done = 0
    let end = 0
    yield* Progress.show(unit, () => ({ done, fraction: end === 0 ? null : Math.min(1, done / end) }))
    return yield* minutes.rebuild(({ head, position }) =>
      Effect.sync(() => {
        done = position
        end = head
      })
    )
  }).pipe(Effect.scoped)

export const rebuild = Command.make("rebuild", {}, () =>
  Effect.gen(function* () {
    const { position } = yield* rebuildAll(yield* Minutes)
    yield* auditedOrSaid(
      Effect.provide(audited("tidemark rebuild", null, `done, from ${position} events`), AuditLog.layer)
    )
    yield* Console.log(`the one-minute aggregates were made again from ${position} events, and are live`)
  }).pipe(Effect.mapError(told), Effect.provide(projections), onStorage)
).pipe(Command.withDescription("Makes the one-minute aggregates again from the log"))
