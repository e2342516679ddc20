/**
 * Lets a client in or not, and knows who it is for as long as it stays. Says in CONNACK what it gets: whether its session
 * is there, and that shared subscriptions are.
 *
 * A client id is its owner's while a connection or a session has it: nobody else takes over either.
 */
import type { AedesOptions, Client } from "aedes"
import type { IConnectPacket } from "mqtt-packet"
import type { LoginAttempt } from "../../access/LoginPace.js"
import { mayOnTopic } from "../../domain/access/MqttAcl.js"
import { NOBODY, type Principal } from "../../domain/access/Principal.js"
import { resume, takeResent, wantsSession, willTopicOf } from "./AedesClient.js"
import { certifiedName } from "./MqttListeners.js"
import { certificateLogin, type Login, openLogin } from "./MqttLogins.js"
import type { MqttSettings } from "./MqttSettings.js"
import { changeConnack } from "./packet/Connack.js"
import type { SessionStore } from "./session/SessionStore.js"

/** The codes of CONNACK (MQTT 3.1.1, 3.2.2.3) that are given here. */
const IDENTIFIER_REJECTED = 2
const BAD_USER_NAME_OR_PASSWORD = 4
const NOT_AUTHORIZED = 5
/** Aedes' own, which MQTT does not have. */
const KEEP_ALIVE_EXCEEDED = 6
/** Its number in CONNECT. */
const MQTT_3_1 = 3

type Authenticate = NonNullable<AedesOptions["authenticate"]>
type AuthenticateCallback = Parameters<Authenticate>[3]

const refusal = (returnCode: 2 | 4 | 5, message: string) => Object.assign(new Error(message), { returnCode })

const notAUser = (name: string): string =>
  name === ""
    ? "it gives no user name, and users are set"
    : `no user ${JSON.stringify(name.slice(0, 64))} with this password`

const isSame = (one: Principal, other: Principal): boolean =>
  one.name === other.name && one.source === other.source

/** What admission asks of the broker. */
export interface AdmissionParts {
  readonly addressOf: (connection: object) => string
  readonly after: (millis: number, act: () => void) => void
}

const NO_LOGIN: Login = { principal: NOBODY, holds: () => false }

export class Admission {
  /** Of who was let in, and of whom a will is left. */
  private readonly logins = new WeakMap<object, Login>()
  /** Who was let in, by client id: several while one takes over from another. */
  private readonly present = new Map<string, Set<Client>>()
  /** Who came back to a session. */
  private readonly returned = new WeakSet<Client>()

  constructor(
    private readonly settings: MqttSettings,
    private readonly sessions: SessionStore,
    private readonly parts: AdmissionParts
  ) {}

  loginOf(client: object): Login {
    return this.logins.get(client) ?? NO_LOGIN
  }

  maySubscribe(client: object, filter: string): boolean {
    return mayOnTopic(this.loginOf(client).principal, "subscribe", filter)
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

  readonly authenticate: Authenticate = (client, username, password, callback) => {
    const { logins } = this.settings
    const device = certifiedName(client.conn)
    const [user, secret] = [username ?? "", new TextDecoder().decode(password)]
    const admit = (login: Login | null) => this.admit(client, login, user, callback)
    if (device !== undefined) admit(certificateLogin(device))
    else if (logins.isOpen()) admit(openLogin(logins))
    // Nothing to guess by.
    else if (secret === "") admit(null)
    else void this.judge({ address: this.parts.addressOf(client.conn), user, secret }, admit)
  }

  /** Says whose login it is, when it has waited as long as it has to. */
  private async judge(attempt: LoginAttempt, admit: (login: Login | null) => void): Promise<void> {
    const { judged, waitMillis } = await this.settings.pace.begin(attempt)
    const act = () => {
      const login = this.settings.logins.verify(attempt.user ?? "", attempt.secret)
      judged(login !== null)
      admit(login)
    }
    if (waitMillis > 0) this.parts.after(waitMillis, act)
    else act()
  }

  private admit(client: Client, login: Login | null, user: string, callback: AuthenticateCallback): void {
    const refused =
      client.id.length > this.settings.clientIdLengthMax
        ? refusal(IDENTIFIER_REJECTED, "the client id is too long")
        : login === null
          ? refusal(BAD_USER_NAME_OR_PASSWORD, notAUser(user))
          : this.loginFault(client, login.principal)
    if (refused !== null || login === null || client.closed) {
      callback(refused, false)
      return
    }
    resume(client, this.sessions.queues.nextId(client.id))
    this.logins.set(client, login)
    this.present.set(client.id, (this.present.get(client.id) ?? new Set()).add(client))
    if (wantsSession(client) && this.sessions.has(client.id)) this.returned.add(client)
    callback(null, true)
  }

  /** Its connection has ended, whether it was let in or not. */
  closed(client: Client): void {
    const others = this.present.get(client.id)
    others?.delete(client)
    if (others?.size === 0) this.present.delete(client.id)
  }

  /** Whose login holds no more. */
  outdated(): ReadonlyArray<Client> {
    const all = [...this.present.values()].flatMap((clients) => [...clients])
    return all.filter((client) => !this.loginOf(client).holds())
  }

  private ownerOf(id: string): Principal | undefined {
    const [first] = this.present.get(id) ?? []
    return (first === undefined ? this.sessions.ownerOf(id) : this.loginOf(first))?.principal
  }

  /** Why somebody who is known is not let in. */
  private loginFault(client: Client, principal: Principal) {
    const owner = this.ownerOf(client.id)
    if (owner !== undefined && !isSame(owner, principal))
      return refusal(IDENTIFIER_REJECTED, "the client id is another user's")
    const will = willTopicOf(client)
    return will === undefined || principal.source === "open" || mayOnTopic(principal, "will", will)
      ? null
      : refusal(NOT_AUTHORIZED, `it may not leave a will for ${JSON.stringify(will.slice(0, 64))}`)
  }
}
