/** What `/operations/audit` shows. */
import * as Effect from "effect/Effect"
import { AuditLog } from "../../audit/AuditLog.js"
import type { PageRequest } from "../../http/core/Ports.js"
import { renderAudit } from "../../web/system/AuditPage.js"
import { pageOf, parameterProblems, wholeNumber } from "../core/PageParameters.js"

const SHOWN = 100

export const auditPage = ({ query }: PageRequest) =>
  Effect.gen(function* () {
    const { newest } = yield* AuditLog
    const problems = parameterProblems(query, { before: wholeNumber(1, 999_999_999_999) })
    const before = problems.length > 0 ? 0 : Number(query.get("before") ?? "")
    const some = yield* newest({ limit: SHOWN + 1, ...(before > 0 ? { before } : {}) })
    const entries = some.slice(0, SHOWN)
    const olderBefore = some.length > SHOWN ? (entries.at(-1)?.position ?? null) : null
    return pageOf(renderAudit({ problems, entries, olderBefore }), problems)
  })
