/** Tells the audit who logs in by MQTT, and who tried to. Where nobody has to, there are no logins. */
import type { Aedes, Client } from "aedes"
import type { AuditService } from "../../audit/Audit.js"
import type { AuditFact } from "../../domain/access/AuditDataset.js"
import type { Principal } from "../../domain/access/Principal.js"

export const auditLogins = (
  aedes: Aedes,
  audit: AuditService,
  known: {
    readonly addressOf: (client: Client) => string | null
    readonly principalOf: (client: Client) => Principal
  }
): void => {
  const factOf = (client: Client, actor: string | null, outcome: string): AuditFact => ({
    ...{ kind: "login", action: "MQTT", address: known.addressOf(client) },
    ...{ actor, object: client.id, outcome }
  })
  aedes.on("client", (client) => {
    const { name } = known.principalOf(client)
    if (name !== undefined) audit.entered(factOf(client, name, "accepted"))
  })
  aedes.on("clientError", (client, error) => {
    // What CONNACK says is of a login alone.
    if ("returnCode" in error) audit.refused(factOf(client, null, `refused: ${error.message}`))
  })
}
