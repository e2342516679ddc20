/**
 * What the gate tells the audit: privileged calls, by the permission that their endpoint asks for, and logins. No handler
 * tells anything by itself.
 */
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import type { AuditService } from "../../audit/Audit.js"
import type { Principal } from "../../domain/access/Principal.js"
import type { Permission } from "../../domain/access/Roles.js"
import type { AuditFact } from "../../domain/dataset/AuditDataset.js"
import { callerOf, hasSecret } from "./Auth.js"
import { clientAddress } from "./Origin.js"
import type { HttpAuthService } from "./Ports.js"
import type { Refusal } from "./Problems.js"
import { pathnameOf } from "./Routes.js"

type Request = HttpServerRequest

const PRIVILEGED: ReadonlySet<Permission | "public"> = new Set<Permission>(["write", "administer"])
/** From here on nothing was done. */
const REFUSED_STATUS = 400

const factOf = (
  request: Request,
  kind: AuditFact["kind"],
  actor: string | undefined,
  action: string,
  outcome: string
): AuditFact => ({
  kind,
  actor: actor ?? null,
  address: clientAddress(request) ?? null,
  action,
  object: pathnameOf(request.url),
  outcome
})

export class AuditTrail {
  constructor(
    private readonly audit: AuditService | null,
    private readonly auth: HttpAuthService
  ) {}

  /** The gate refused a request: a wrong key is a login that failed, a key that may not is a call. */
  refused(request: Request, path: string, permission: Permission | "public", { kind, detail }: Refusal): void {
    const { audit, auth } = this
    if (audit === null) return
    if (kind === "unauthorized") {
      if (hasSecret(request.headers))
        audit.refused(factOf(request, "login", undefined, "HTTP", `refused: ${detail}`))
    } else if (kind === "forbidden" && PRIVILEGED.has(permission)) {
      const actor = callerOf(auth, request.headers)?.name
      audit.refused(factOf(request, "call", actor, `${request.method} ${path}`, `refused: ${detail}`))
    }
  }

  /** Somebody with a key was let in. */
  entered(request: Request, { name }: Principal): void {
    if (this.audit === null || name === undefined) return
    this.audit.entered({ ...factOf(request, "login", name, "HTTP", "accepted"), object: null })
  }

  /** A privileged call has its answer: it is written before that is sent. One that did nothing is written as there is room. */
  answered(
    request: Request,
    path: string,
    permission: Permission | "public",
    { name }: Principal,
    status: number
  ): Effect.Effect<void> {
    if (this.audit === null || !PRIVILEGED.has(permission)) return Effect.void
    const fact = factOf(request, "call", name, `${request.method} ${path}`, String(status))
    if (status < REFUSED_STATUS) return this.audit.record(fact)
    this.audit.refused(fact)
    return Effect.void
  }
}
