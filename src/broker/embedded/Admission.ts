/**
 * Lets a client in or not, and says in CONNACK what it gets: whether its session is there, and that shared
 * subscriptions are.
 */
import type { AedesOptions, Client } from "aedes"
import type { IConnectPacket } from "mqtt-packet"
import { type Credential, verify } from "../../config/Credentials.js"
import { resume, takeResent, wantsSession } from "./AedesClient.js"
import type { MqttSettings } from "./MqttSettings.js"
import { changeConnack } from "./packet/Connack.js"
import type { SessionStore } from "./session/SessionStore.js"

/** The codes of CONNACK (MQTT 3.1.1, 3.2.2.3) that are given here. */
const IDENTIFIER_REJECTED = 2
const BAD_USER_NAME_OR_PASSWORD = 4
/** Aedes' own, which MQTT does not have. */
const KEEP_ALIVE_EXCEEDED = 6
/** Its number in CONNECT. */
const MQTT_3_1 = 3

const refusal = (returnCode: 2 | 4, message: string) => Object.assign(new Error(message), { returnCode })

const notAUser = (name: string | null | undefined): string =>
  name === null || name === undefined || name === ""
    ? "it gives no user name, and users are set"
    : `no user ${JSON.stringify(name.slice(0, 64))} with this password`

export class Admission {
  private readonly users = new WeakMap<Client, Credential>()
  /** Who came back to a session. */
  private readonly returned = new WeakSet<Client>()

  constructor(
    private readonly settings: MqttSettings,
    private readonly sessions: SessionStore
  ) {}

  isReader(client: Client): boolean {
    return this.users.get(client)?.role === "reader"
  }

  /** Its CONNECT has come. */
  greet(client: Client, { protocolVersion = 4 }: IConnectPacket): void {
    if (protocolVersion === MQTT_3_1) takeResent(client)
    changeConnack(client.conn, protocolVersion, (connack) => {
      if (connack.returnCode === KEEP_ALIVE_EXCEEDED) connack.returnCode = IDENTIFIER_REJECTED
      connack.sessionPresent = this.returned.has(client) && protocolVersion > MQTT_3_1
      if (connack.properties?.sharedSubscriptionAvailable === false)
        connack.properties.sharedSubscriptionAvailable = true
    })
  }

  readonly authenticate: NonNullable<AedesOptions["authenticate"]> = (
    client,
    username,
    password,
    callback
  ) => {
    resume(client, this.sessions.queues.nextId(client.id))
    const { clientIdLengthMax, users } = this.settings
    const user = users.length === 0 ? undefined : verify(users, username ?? "", password ?? "")
    if (client.id.length > clientIdLengthMax) {
      callback(refusal(IDENTIFIER_REJECTED, "the client id is too long"), false)
    } else if (user === null) {
      callback(refusal(BAD_USER_NAME_OR_PASSWORD, notAUser(username)), false)
    } else {
      if (user !== undefined) this.users.set(client, user)
      if (wantsSession(client) && this.sessions.has(client.id)) this.returned.add(client)
      callback(null, true)
    }
  }
}
