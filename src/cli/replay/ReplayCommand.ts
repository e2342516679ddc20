/** `tidemark replay FILE`: publishes a recorded data set over MQTT QoS 1, as its devices would. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as MqttClient from "../../broker/client/MqttClient.js"
import * as AppConfig from "../../config/AppConfig.js"
import * as Progress from "../Progress.js"
import * as ReplayFile from "./ReplayFile.js"
import { type ReplayCounts, replayAll, type Speed } from "./ReplayRun.js"

/** The server did not acknowledge all that was sent. */
export class NotAllAcknowledged extends Schema.TaggedError<NotAllAcknowledged>()("NotAllAcknowledged", {
  missing: Schema.Int,
  reason: Schema.String
}) {
  override get message(): string {
    return `the replay has stopped: ${this.missing} messages were sent and not acknowledged (${this.reason})`
  }
}

const IN_FLIGHT_DEFAULT = 200
/** How long the server may take to say what became of the messages. */
const TALLY_TIMEOUT = "10 seconds"

const Tally = Schema.Struct({
  stored: Schema.NonNegativeInt,
  repeated: Schema.NonNegativeInt,
  rejected: Schema.NonNegativeInt
})

/** `max`, `recorded`, or a factor such as `60` or `60x`. */
export const parseSpeed = (text: string): Option.Option<Speed> => {
  if (text === "max") return Option.some("max")
  if (text === "recorded") return Option.some(1)
  const factor = Number(text.replace(/x$/, ""))
  return Number.isFinite(factor) && factor > 0 ? Option.some(factor) : Option.none()
}

const text = (name: string, description: string) =>
  Options.optional(Options.text(name).pipe(Options.withDescription(description)))
const count = (name: string, description: string) =>
  Options.integer(name).pipe(
    Options.withDescription(description),
    Options.filterMap((n) => (n > 0 ? Option.some(n) : Option.none()), `--${name} must be a number from 1`)
  )
const secret = (name: string, description: string) =>
  Options.optional(Options.redacted(name).pipe(Options.withDescription(description)))

const options = {
  file: Args.text({ name: "FILE" }).pipe(Args.withDescription("a JSON array, JSON lines or a CSV")),
  host: text("host", "the broker's host; default: MQTT_HOST"),
  port: Options.optional(count("port", "the broker's port; default: MQTT_PORT")),
  http: text("http", "where the server's HTTP is; default: http://HTTP_HOST:HTTP_PORT"),
  apiKey: secret(
    "api-key",
    "key of the HTTP API; better in TIDEMARK_API_KEY, where no list of processes shows it"
  ),
  username: text("username", "user of the broker; or in TIDEMARK_USERNAME"),
  password: secret("password", "password of the broker; better in TIDEMARK_PASSWORD"),
  speed: Options.text("speed").pipe(
    Options.withDescription("max (as fast as acknowledged), recorded, or a factor such as 60"),
    Options.withDefault("max"),
    Options.filterMap(parseSpeed, "--speed must be max, recorded or a factor such as 60")
  ),
  topic: text("topic", "the MQTT topic; default: sensors/ and the sensor or the file's name"),
  sensor: text("sensor", "of a CSV that does not say it: the sensor's number, or its name"),
  unit: text("unit", "of a CSV that does not say it: the unit of its values"),
  type: text("type", "of a CSV that does not say it: what is measured"),
  limit: Options.optional(count("limit", "how many messages at most")),
  inFlight: count("in-flight", "how many messages wait for their acknowledgement at a time").pipe(
    Options.withDefault(IN_FLIGHT_DEFAULT)
  )
}

type ReplayOptions = Command.Command.ParseConfig<typeof options>

/** An address to connect to, of one to listen on. */
const reachable = (host: string): string =>
  host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host

/** What became of this client's messages, as the server has counted it; none where it does not say. */
const tallyOf = (server: string, clientId: string, apiKey: Option.Option<Redacted.Redacted>) =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const request = HttpClientRequest.get(`${server}/clients/${encodeURIComponent(clientId)}`).pipe(
      Option.isSome(apiKey) ? HttpClientRequest.bearerToken(apiKey.value) : (one) => one
    )
    const response = yield* Effect.flatMap(client.execute(request), HttpClientResponse.filterStatusOk)
    return yield* HttpClientResponse.schemaBodyJson(Tally)(response)
  }).pipe(
    Effect.scoped,
    Effect.timeout(TALLY_TIMEOUT),
    Effect.asSome,
    Effect.catchAll((error) =>
      Effect.as(Console.error(`${server} did not say: ${error.message}`), Option.none())
    ),
    Effect.provide(FetchHttpClient.layer)
  )

const target = (given: ReplayOptions) =>
  Effect.gen(function* () {
    const settings = yield* AppConfig.load({ insecure: true })
    const [username, password, apiKey] = yield* Config.all([
      Config.option(Config.string("TIDEMARK_USERNAME")),
      Config.option(Config.redacted("TIDEMARK_PASSWORD")),
      Config.option(Config.redacted("TIDEMARK_API_KEY"))
    ])
    const host = reachable(Option.getOrElse(given.host, () => settings.mqttHost))
    const port = Option.getOrElse(given.port, () => settings.mqttPort)
    const http = `http://${reachable(settings.httpHost)}:${settings.httpPort}`
    return {
      broker: `mqtt://${host}:${port}`,
      http: Option.getOrElse(given.http, () => http).replace(/\/+$/, ""),
      username: Option.getOrUndefined(Option.orElse(given.username, () => username)),
      password: Option.getOrUndefined(Option.orElse(given.password, () => password)),
      apiKey: Option.orElse(given.apiKey, () => apiKey)
    }
  })

/** Replays, and answers how many messages were sent and acknowledged. */
const replayOver = (publish: MqttClient.MqttConnection["publish"], given: ReplayOptions) =>
  Effect.gen(function* () {
    const counts: ReplayCounts = { sent: 0, acknowledged: 0 }
    let read = 0
    const file = yield* ReplayFile.open(given.file, {
      ...Option.match(given.topic, { onNone: () => ({}), onSome: (topic) => ({ topic }) }),
      sensor: Option.getOrUndefined(given.sensor),
      unit: Option.getOrUndefined(given.unit),
      type: Option.getOrUndefined(given.type),
      onRead: (bytes) => {
        read += bytes
      }
    })
    const limit = Option.getOrElse(given.limit, () => Number.POSITIVE_INFINITY)
    const fraction = () =>
      Math.min(1, Math.max(file.bytes === 0 ? 1 : read / file.bytes, counts.acknowledged / limit))
    yield* Progress.show("messages", () => ({ done: counts.acknowledged, fraction: fraction() }))
    const messages = Number.isFinite(limit) ? Stream.take(file.messages, limit) : file.messages
    const { inFlight, speed } = given
    const failure = yield* replayAll(messages, { counts, inFlight, speed, publish }).pipe(
      Effect.as(Option.none<NotAllAcknowledged>()),
      Effect.catchTag("NotAcknowledged", ({ reason }) =>
        Effect.succeedSome(new NotAllAcknowledged({ missing: counts.sent - counts.acknowledged, reason }))
      )
    )
    return { counts, failure }
  })

const run = (given: ReplayOptions) =>
  Effect.gen(function* () {
    const { apiKey, broker, http, password, username } = yield* target(given)
    // Its own for each run: the server counts by it.
    const clientId = `replay-${(yield* Random.nextIntBetween(36 ** 8, 36 ** 9)).toString(36)}`
    const started = yield* Clock.currentTimeMillis
    const { counts, failure } = yield* Effect.scoped(
      Effect.gen(function* () {
        const connection = yield* MqttClient.make({
          url: broker,
          clientId,
          username,
          password,
          inFlightMax: given.inFlight
        })
        return yield* Effect.scoped(replayOver(connection.publish, given))
      })
    )
    const seconds = Math.max(1, (yield* Clock.currentTimeMillis) - started) / 1_000
    const rate = Math.round(counts.acknowledged / seconds)
    yield* Console.log(`messages: ${counts.sent} sent, ${counts.acknowledged} acknowledged (${rate}/s)`)
    const tally = yield* tallyOf(http, clientId, apiKey)
    if (Option.isSome(tally)) {
      const { rejected, repeated, stored } = tally.value
      yield* Console.log(`readings: ${stored} stored, ${repeated} repeated, ${rejected} rejected`)
    }
    if (Option.isSome(failure)) return yield* failure.value
  })

export const replay = Command.make("replay", options, run).pipe(
  Command.withDescription(
    "Publishes a recorded data set (JSON array, JSON lines, CSV) over MQTT QoS 1, as its devices would"
  )
)
