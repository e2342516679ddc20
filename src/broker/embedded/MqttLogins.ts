/** Who MQTT clients are. The broker asks when one connects, and as long as it stays. */
import type { PublishPacket } from "aedes"
import { type Credential, principalOfCredential, verify } from "../../config/Credentials.js"
import { mayOnTopic } from "../../domain/access/MqttAcl.js"
import { EVERYBODY, type Principal } from "../../domain/access/Principal.js"
import { isReserved } from "../../domain/access/Topic.js"

export interface Login {
  readonly principal: Principal
  /** It is good still: neither revoked nor over. */
  readonly holds: () => boolean
}

export interface MqttLogins {
  /** Nobody is asked who they are. */
  readonly isOpen: () => boolean
  /** Whose user name and password these are; null: nobody's. */
  readonly verify: (user: string, password: string) => Login | null
}

/** Everybody's, as long as nobody is asked. */
export const openLogin = ({ isOpen }: MqttLogins): Login => ({ principal: EVERYBODY, holds: isOpen })

/** Those of a setting: they hold for as long as the process runs. */
export const loginsOf = (users: ReadonlyArray<Credential>): MqttLogins => ({
  isOpen: () => users.length === 0,
  verify: (name, password) => {
    const user = verify(users, name, password)
    return user === null ? null : { principal: principalOfCredential(user), holds: () => true }
  }
})

export const OPEN: MqttLogins = loginsOf([])

export const OUTDATED = "its login holds no more"

/** Why a message is not taken, or a will not sent; null: it is. A will comes when its client has gone. */
export const publishFault = (
  { holds, principal }: Login,
  { cmd, retain, topic }: PublishPacket
): string | null => {
  const isWill = cmd !== "publish"
  const action = isWill ? "will" : retain ? "retain" : "publish"
  if (mayOnTopic(principal, action, topic)) return isWill && !holds() ? OUTDATED : null
  if (isReserved(topic)) return "topics that begin with $ are the broker's own"
  const { permissions, role } = principal
  return permissions.has("publish")
    ? `it may not publish to ${JSON.stringify(topic.slice(0, 64))}`
    : `a ${role} may not publish`
}

/** What the broker says to itself, admins alone hear, and nobody where nobody is asked who they are. */
export const mayHear = ({ principal }: Login, topic: string): boolean =>
  !isReserved(topic) || (principal.source !== "open" && principal.permissions.has("administer"))
