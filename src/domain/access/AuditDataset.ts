/** The audit: who did what that not everybody may, and who came in. */

import { columnsOf } from "../dataset/Column.js"
import type { Dataset } from "../dataset/Dataset.js"
import type { Micros } from "../Time.js"

/** What is told of one call or login. */
export interface AuditFact {
  /** "more": of so many that came too fast, none was told by itself. */
  readonly kind: "call" | "login" | "command" | "more"
  /** The name of the key; null: none was needed, or none was right. */
  readonly actor: string | null
  readonly address: string | null
  readonly action: string
  /** What it was done to; null: nothing by itself. */
  readonly object: string | null
  readonly outcome: string
}

export interface AuditEntry extends AuditFact {
  readonly position: number
  readonly recordedAt: Micros
  /** SHA-256, hex, of the entry before; of the first entry: zeros. */
  readonly previousHash: string
  readonly hash: string
}

const column = columnsOf<AuditEntry>()

const columns = [
  column.integer(
    "position",
    "The place in the audit: one rising number, without a hole",
    (row) => row.position,
    {
      example: 41,
      rules: { unique: true, minimum: 1 }
    }
  ),
  column.time("recorded_at", "When it was written, by the clock of the server", (row) => row.recordedAt, {
    answer: "When it was written, UTC, by the clock of the server"
  }),
  column.text(
    "kind",
    "`call`, `login`, `command`, or `more`: a count of those that came too fast",
    (row) => row.kind,
    {
      example: "call"
    }
  ),
  column.maybeText("actor", "Name of the key; null: none was needed, or none was right", (row) => row.actor, {
    example: "ann"
  }),
  column.maybeText("address", "Where it came from; null: this machine's command line", (row) => row.address, {
    example: "192.0.2.17"
  }),
  column.text("action", "The endpoint or command", (row) => row.action, { example: "PUT /data/:data_id" }),
  column.maybeText("object", "What it was done to: the path, or the MQTT client", (row) => row.object, {
    example: "/data/17"
  }),
  column.text("outcome", "The status of the answer, or what became of it", (row) => row.outcome, {
    example: "200"
  }),
  column.text("previous_hash", "SHA-256, hex, of the entry before", (row) => row.previousHash, {
    example: "0".repeat(64)
  }),
  column.text("hash", "SHA-256, hex, of this entry and the one before", (row) => row.hash, {
    example: "ab".repeat(32)
  })
] as const

export const AUDIT = {
  name: "audit",
  entity: "AuditEntry",
  description: "Every privileged call and login, each entry chained by its hash to the one before.",
  application: "Seeing who changed what, and that nobody changed this list.",
  grain: "One row a call or login",
  key: ["position"],
  path: "/audit",
  entitySet: null,
  inTime: false,
  columns
} as const satisfies Dataset<AuditEntry>
