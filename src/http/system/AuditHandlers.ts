/** `/audit/`: who did what, and whether it is what was written. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import { AuditLog, type AuditLogService } from "../../audit/AuditLog.js"
import { AUDIT, type AuditEntry } from "../../domain/access/AuditDataset.js"
import { micros } from "../../domain/Time.js"
import { EventLog, type EventLogService } from "../../eventlog/EventLog.js"
import { Contract } from "../core/Contract.js"
import { answerRows } from "../listing/Answer.js"
import type { Listing } from "../listing/Listing.js"
import { wholeListing } from "../listing/ReadingList.js"

/** It grows without the log. */
const auditList = (log: EventLogService, audit: AuditLogService): Listing<AuditEntry> => ({
  ...wholeListing(log),
  kind: "audit",
  table: AUDIT,
  read: ({ after, limit, skip }) => audit.newest({ limit, skip, before: after?.tie }),
  place: ({ position }) => ({ time: micros(0), tie: position }),
  watermark: () => Effect.map(audit.newest({ limit: 1 }), ([newest]) => newest?.recordedAt ?? null)
})

export const AuditLive = HttpApiBuilder.group(Contract, "Audit", (handlers) =>
  Effect.map(Effect.all([EventLog, AuditLog]), ([log, audit]) =>
    handlers
      .handle("listAudit", ({ urlParams }) => answerRows(log, auditList(log, audit), urlParams))
      .handle("verifyAudit", () =>
        Effect.map(audit.verify(), ({ broken, head }) => ({
          intact: broken === null,
          entries: head.position,
          hash: head.hash,
          broken
        }))
      )
  )
)
