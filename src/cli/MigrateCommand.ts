/** `tidemark migrate`: brings the database's schema up to date, as every start does too. */
import * as Command from "@effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as AuditLog from "../audit/AuditLog.js"
import { Database } from "../db/Transaction.js"
import { audited, auditedOrSaid, onStorage } from "./CommandStorage.js"

export const migrate = Command.make("migrate", {}, () =>
  Effect.gen(function* () {
    const database = yield* Database
    yield* auditedOrSaid(Effect.provide(audited("tidemark migrate", null), AuditLog.layer))
    yield* Console.log(`${database.address}: the schema is up to date`)
  }).pipe(onStorage)
).pipe(Command.withDescription("Brings the schema of DATABASE_URL up to date"))
