/** The settings of a broker elsewhere: its address and the filters that are subscribed to. */
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"

/** What is before the hosts, the hosts, and what is behind them. User and password end at the last @. */
const SEVERAL = /^(mqtts?:\/\/(?:[^/?#]*@)?)([^/?#@]*,[^/?#@]*)((?:[/?#].*)?)$/is

/** `mqtt://user:password@h1:1883,h2:1883`: the addresses of the nodes of one broker, each as if it stood alone. */
export const brokerAddresses = (text: string): ReadonlyArray<string> => {
  const [, before = "", hosts = "", behind = ""] = SEVERAL.exec(text) ?? []
  return hosts === "" ? [text] : hosts.split(",").map((host) => `${before}${host.trim()}${behind}`)
}

const EXPECTED =
  "must be mqtt://host:port or mqtts://host:port, with user:password@ before the host if needed"

/**
 * `mqtt://host:port` or `mqtts://host:port`, of several hosts comma-separated, with a user and password where it asks for them. What else the address
 * holds is refused: passed over, a `?tls=true` would send everything in clear text.
 */
export const parseBrokerUrl = (text: string): Either.Either<Redacted.Redacted, string> =>
  Either.map(Either.all(brokerAddresses(text).map(parseAddress)), () => Redacted.make(text))

const parseAddress = (text: string): Either.Either<string, string> => {
  // The text itself is not told: it may hold a password.
  const url = URL.canParse(text) ? new URL(text) : undefined
  if ((url?.protocol !== "mqtt:" && url?.protocol !== "mqtts:") || url.hostname === "") {
    return Either.left(EXPECTED)
  }
  if (url.search !== "" || text.includes("#") || !/^\/?$/.test(url.pathname)) {
    return Either.left(
      `${EXPECTED}; nothing after them is known (TLS is mqtts://, topics are MQTT_TOPICS; in a password # is %23, ? is %3F and / is %2F)`
    )
  }
  return Either.right(text)
}

const SHARED = /^\$share\/[^/+#]+\/(.+)$/
const BYTES_MAX = 65_535

/** What is wrong with a filter (MQTT 3.1.1, 4.7); null when nothing is. */
const filterFault = (filter: string): string | null => {
  const quotation = JSON.stringify(filter)
  if (Buffer.byteLength(filter) > BYTES_MAX) return "a topic filter is longer than 65,535 bytes"
  if (filter.includes("\0")) return `${quotation} is no text that MQTT allows`
  if (filter.startsWith("$share/") && !SHARED.test(filter))
    return `${quotation} must be $share/{group}/{filter}`
  const levels = (SHARED.exec(filter)?.[1] ?? filter).split("/")
  const wrong = levels.some(
    (level, at) =>
      (level.includes("#") && (level !== "#" || at !== levels.length - 1)) ||
      (level.includes("+") && level !== "+")
  )
  return wrong ? `${quotation}: # may only be the whole last level, + only a whole level` : null
}

/** Topic filters, comma-separated; `$share/{group}/{filter}` shares the messages out among the group. */
export const parseTopicFilters = (text: string): Either.Either<ReadonlyArray<string>, string> => {
  const filters = [...new Set(text.split(",").map((one) => one.trim()))].filter((one) => one !== "")
  const faults = filters.map(filterFault).filter((fault) => fault !== null)
  if (filters.length === 0) return Either.left("names no topic filter")
  return faults.length === 0 ? Either.right(filters) : Either.left(faults.join("; "))
}

/** The group of a shared subscription. */
export const parseShareGroup = (text: string): Either.Either<string, string> =>
  /^[^/+#\p{Cc}]{1,128}$/u.test(text)
    ? Either.right(text)
    : Either.left("must be a name of at most 128 characters, without /, + and #")

const CLIENT_ID_LENGTH_MAX = 256

/** The client id, by which the broker knows the session. */
export const parseClientId = (text: string): Either.Either<string, string> =>
  text.length <= CLIENT_ID_LENGTH_MAX && !/\p{Cc}/u.test(text)
    ? Either.right(text)
    : Either.left(`must have at most ${CLIENT_ID_LENGTH_MAX} characters, none of them a control character`)
