/** Imports as they begin: by a body of many rows, or by `tidemark replay`. */
import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import type { ImportKey } from "../../domain/ImportKey.js"
import type { EventLogService } from "../../eventlog/EventLog.js"
import { CurrentPrincipal } from "../core/Auth.js"

/** Names the import whose rows a body brought. */
export const IMPORT_HEADER = "tidemark-import"

const TOKEN_BYTES = 16

/** A new import of who asks. */
export const beginImport = (log: EventLogService, source: string) =>
  Effect.gen(function* () {
    const { name: actor } = yield* CurrentPrincipal
    const token = yield* Effect.sync(() => randomBytes(TOKEN_BYTES).toString("hex"))
    return { id: yield* log.beginImport({ source, actor, token }), token } satisfies ImportKey
  })
