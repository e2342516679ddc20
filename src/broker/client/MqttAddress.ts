/**
 * Where an MQTT client connects to, and as whom; and why there is no connection.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { IClientOptions } from "mqtt"
import { brokerAddresses } from "../../config/peers/ExternalBroker.js"

/** How long a broker may take to answer a connection, and how long it may be silent before it is asked. */
const CONNECT_TIMEOUT = Duration.seconds(10)
const KEEPALIVE = Duration.seconds(30)
/** The wait before a lost connection is tried again. */
const RECONNECT_DELAY = Duration.seconds(1)

export interface MqttClientOptions {
  /** `mqtt://host:port`, or several hosts comma-separated; `mqtts://` for TLS. A user and password in it count where none is given below. */
  readonly url: string
  readonly clientId: string
  readonly username?: string | undefined
  readonly password?: Redacted.Redacted | undefined
  /** False: whoever has the address is taken for the server. */
  readonly verifiesServer?: boolean
  readonly inFlightMax?: number | undefined
  readonly acknowledgeTimeout?: Duration.DurationInput | undefined
}

/** There is no connection: nobody listens, or the broker refused (`returnCode` 4 and 5: credentials). */
export class MqttConnectError extends Schema.TaggedError<MqttConnectError>()("MqttConnectError", {
  /** Without user and password. */
  url: Schema.String,
  reason: Schema.String,
  returnCode: Schema.NullOr(Schema.Int)
}) {
  override get message(): string {
    return `no MQTT connection to ${this.url}: ${this.reason}`
  }
}

export interface MqttTarget {
  /** For people: no secrets. */
  readonly shown: string
  /** Of the first host. */
  readonly options: IClientOptions
  /** At least one; of several, one is connected to. */
  readonly hosts: ReadonlyArray<{ readonly host: string; readonly port: number }>
}

const PROTOCOLS: ReadonlyArray<string> = ["mqtt:", "mqtts:"]

// Text that is not percent-encoded right is meant as it stands.
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Fails on an address that is none. */
export const parseTarget = (options: MqttClientOptions): Effect.Effect<MqttTarget, MqttConnectError> =>
  Effect.suspend(() => {
    const addresses = brokerAddresses(options.url)
    const [first = ""] = addresses
    const isAddress = (text: string) => URL.canParse(text) && PROTOCOLS.includes(new URL(text).protocol)
    if (!addresses.every(isAddress)) {
      const reason = "the address must be mqtt://host:port or mqtts://host:port"
      return new MqttConnectError({ url: "(address not shown)", reason, returnCode: null })
    }
    const url = new URL(first)
    const secure = url.protocol === "mqtts:"
    const hosts = addresses.map((text) => {
      const { hostname, port } = new URL(text)
      return {
        host: hostname.replace(/^\[|\]$/g, ""),
        port: port === "" ? (secure ? 8_883 : 1_883) : Number(port)
      }
    })
    const username = options.username ?? decoded(url.username)
    const password = options.password === undefined ? decoded(url.password) : Redacted.value(options.password)
    return Effect.succeed({
      shown: `${url.protocol}//${addresses.map((text) => new URL(text).host).join(",")}`,
      hosts,
      options: {
        protocol: secure ? "mqtts" : "mqtt",
        ...hosts[0],
        // mqtt.js goes to the next at each try.
        ...(hosts.length > 1 ? { servers: [...hosts] } : {}),
        clientId: options.clientId,
        ...(username === "" ? {} : { username }),
        ...(password === "" ? {} : { password }),
        ...(options.verifiesServer === false ? { rejectUnauthorized: false } : {}),
        clean: true,
        keepalive: Duration.toSeconds(KEEPALIVE),
        connectTimeout: Duration.toMillis(CONNECT_TIMEOUT),
        reconnectPeriod: Duration.toMillis(RECONNECT_DELAY),
        reconnectOnConnackError: true
      }
    } satisfies MqttTarget)
  })

const codeOf = (error: Error): unknown => ("code" in error ? error.code : undefined)

/** What an error of a socket means, in a few words for people. */
export const reasonOf = (error: Error): string =>
  codeOf(error) === "ECONNREFUSED"
    ? "nobody listens there"
    : error.message || String(codeOf(error) ?? error.name)

export const connectError = (target: MqttTarget, error: Error): MqttConnectError => {
  const code = codeOf(error)
  return new MqttConnectError({
    url: target.shown,
    reason: reasonOf(error),
    returnCode: typeof code === "number" ? code : null
  })
}
