/**
 * What the gate of HTTP tells the audit: privileged calls, by the permission that their endpoint asks for, and logins. No
 * handler tells anything by itself.
 */
import * as Effect from "effect/Effect"
import type { AuditFact } from "../domain/access/AuditDataset.js"
import type { Permission } from "../domain/access/Roles.js"
import type { AuditService } from "./Audit.js"

/** A request, as far as the audit tells of it. */
export interface AuditedRequest {
  readonly address: string | undefined
  /** Method and route: what was asked for. */
  readonly action: string
  readonly path: string
  readonly permission: Permission | "public"
}

const PRIVILEGED: ReadonlySet<Permission | "public"> = new Set<Permission>(["write", "administer"])
/** From here on nothing was done. */
const REFUSED_STATUS = 400

const factOf = (
  { action, address, path }: AuditedRequest,
  actor: string | undefined,
  outcome: string
): AuditFact => ({
  kind: "call",
  actor: actor ?? null,
  address: address ?? null,
  action,
  object: path,
  outcome
})

export class AuditTrail {
  constructor(private readonly audit: AuditService | null) {}

  /** A key that nobody has. */
  loginRefused(request: AuditedRequest, why: string): void {
    this.audit?.refused({
      ...factOf(request, undefined, `refused: ${why}`),
      kind: "login",
      action: "HTTP"
    })
  }

  /** A key that may not do what it asks for. */
  callRefused(request: AuditedRequest, actor: string | undefined, why: string): void {
    if (PRIVILEGED.has(request.permission)) this.audit?.refused(factOf(request, actor, `refused: ${why}`))
  }

  /** Somebody with a key was let in. */
  entered(request: AuditedRequest, actor: string | undefined): void {
    if (this.audit === null || actor === undefined) return
    this.audit.entered({ ...factOf(request, actor, "accepted"), kind: "login", action: "HTTP", object: null })
  }

  /** A privileged call has its answer: it is written before that is sent. One that did nothing is written as there is room. */
  answered(request: AuditedRequest, actor: string | undefined, status: number): Effect.Effect<void> {
    if (this.audit === null || !PRIVILEGED.has(request.permission)) return Effect.void
    const fact = factOf(request, actor, String(status))
    if (status < REFUSED_STATUS) return this.audit.record(fact)
    this.audit.refused(fact)
    return Effect.void
  }
}
