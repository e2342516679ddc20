/** Who did what: for admins. */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { AUDIT } from "../../domain/access/AuditDataset.js"
import { administers } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { fieldsOf } from "../core/ColumnFields.js"
import { field, Whole } from "../core/ContractFields.js"
import { get, group } from "../core/Endpoint.js"
import { PagedParams } from "../core/ListParameters.js"

export const AuditRow = Schema.Struct(fieldsOf(AUDIT.columns)).annotations({
  identifier: AUDIT.entity,
  description: "A privileged call, or a login"
})
export type AuditRow = typeof AuditRow.Type

export const AuditVerification = Schema.Struct({
  intact: field(Schema.Boolean, "Whether each entry follows the one before, up to the last", true),
  entries: field(Whole, "How many do, from the first on", 41),
  hash: field(
    Schema.String,
    "Hash of the last of them: written down elsewhere, it holds the list to it",
    "ab".repeat(32)
  ),
  broken: field(Schema.NullOr(Schema.String), "What breaks the chain first; null: nothing", null)
}).annotations({ identifier: "AuditVerification", description: "Whether the audit is what was written" })

export class AuditGroup extends group(
  "Audit",
  "Who did what: for admins",
  get("listAudit", "/audit/", "Privileged calls and logins", administers("everything", { rows: true }))
    .setUrlParams(PagedParams)
    .addSuccess(answer(Schema.Array(AuditRow), "The entries, the newest first")),
  get(
    "verifyAudit",
    "/audit/verification",
    "Whether the audit is what was written",
    administers("everything")
  )
    .addSuccess(answer(AuditVerification, "How far the chain of hashes holds"))
    .annotate(
      OpenApi.Description,
      "It goes through all entries. `tidemark audit verify` does the same on the database itself."
    )
) {}
