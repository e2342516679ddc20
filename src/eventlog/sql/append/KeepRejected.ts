/** Rejected messages of a batch: kept once, counted at each delivery. */
import * as Effect from "effect/Effect"
import type { ByDialect } from "../../../db/Dialect.js"
import type { Param } from "../../../db/ValueLists.js"
import type { MessageSource } from "../../../domain/rejected/RejectedMessage.js"
import { type Faults, faultsJson, reasonOf } from "../../../domain/rejected/RejectionFault.js"
import { rejectedId } from "../../EventKey.js"
import type { Session } from "../Session.js"
import { keptOf, raise } from "../SqlRejected.js"
import type { LookAhead } from "./LookAhead.js"

export interface Rejection {
  readonly source: MessageSource
  readonly faults: Faults
}

/** A server takes text as its bytes too; so the rows are text of ours, whatever they hold, and one statement. */
const TEXT: ByDialect<(text: string | null) => Param> = {
  mysql: (text) => (text === null ? null : Buffer.from(text)),
  sqlite: (text) => text
}

/** The transaction that they are kept in. */
export type Keeping = Pick<Session, "database" | "recordedAt" | "rejected" | "sql">

/** What is kept of these messages, as far as `ahead` tells; where it may be wrong, it is asked for under the lock. */
const keptNow = ({ database, sql }: Keeping, ids: ReadonlySet<string>, { kept, rejected }: LookAhead) => {
  const asked = new Set(rejected.values())
  // One that was there may be gone. One that was not may be there: then its INSERT fails, and nothing is told ahead.
  const isSure = kept !== undefined && kept.size === 0 && [...ids].every((id) => asked.has(id))
  return isSure ? Effect.succeed(kept) : keptOf(sql, database, ids)
}

/** Keeps what was rejected, within the session's transaction: what is new of it is written at its end. */
export const keepRejected = (session: Keeping, rejections: ReadonlyArray<Rejection>, ahead: LookAhead) =>
  Effect.gen(function* () {
    if (rejections.length === 0) return
    const { database, sql } = session
    const text = TEXT[database.dialect]
    const distinct = new Map<string, { readonly rejection: Rejection; deliveries: number }>()
    for (const rejection of rejections) {
      const id = ahead.rejected.get(rejection.source) ?? rejectedId(rejection.source)
      const entry = distinct.get(id)
      if (entry === undefined) distinct.set(id, { rejection, deliveries: 1 })
      else entry.deliveries++
    }
    const known = yield* keptNow(session, new Set(distinct.keys()), ahead)
    const firstSeen = database.encodeTime(session.recordedAt)
    const again = new Map<number, Array<string>>()
    for (const [hex, { deliveries, rejection }] of distinct) {
      if (known.has(hex)) {
        const ids = again.get(deliveries)
        if (ids === undefined) again.set(deliveries, [hex])
        else ids.push(hex)
        continue
      }
      const { faults, source } = rejection
      const { bytes, truncated } = session.rejected.admit(source.bytes)
      session.rejected.rows.push([
        Buffer.from(hex, "hex"),
        text(source.topic),
        text(source.metric),
        bytes?.length === 0 ? 1 : 0,
        bytes === null ? null : Buffer.from(bytes),
        source.bytes.length,
        truncated ? 1 : 0,
        text(reasonOf(faults)),
        text(faultsJson(faults)),
        firstSeen,
        deliveries
      ])
    }
    // A device that sends the same again and again costs its batch one statement.
    for (const [deliveries, ids] of again) yield* raise(sql, database, ids, deliveries)
  })
