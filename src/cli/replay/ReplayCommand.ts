/** `tidemark replay FILE`: publishes a recorded data set over MQTT QoS 1, as its devices would. */
import { basename } from "node:path"
import * as Command from "@effect/cli/Command"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { SOURCE_LENGTH_MAX } from "../../api/system/LogGroup.js"
import * as MqttClient from "../../broker/client/MqttClient.js"
import * as AppConfig from "../../config/AppConfig.js"
import type { Micros } from "../../domain/Time.js"
import { nowMicros } from "../../telemetry/Instant.js"
import { askJson, type HttpDoor, httpDoor, postJson, reachable } from "../HttpDoor.js"
import * as Progress from "../Progress.js"
import * as ReplayFile from "./ReplayFile.js"
import { fileOptions, type ReplayOptions, replayOptions } from "./ReplayOptions.js"
import { reasonsText, understoodText } from "./ReplayReport.js"
import { type ReplayCounts, replayAll } from "./ReplayRun.js"
import { type Survey, surveyOf } from "./ReplaySurvey.js"

/** The server did not acknowledge all that was sent. */
export class NotAllAcknowledged extends Schema.TaggedError<NotAllAcknowledged>()("NotAllAcknowledged", {
  missing: Schema.Int,
  reason: Schema.String
}) {
  override get message(): string {
    return `the replay has stopped: ${this.missing} messages were sent and not acknowledged (${this.reason})`
  }
}

export class NothingToSend extends Schema.TaggedError<NothingToSend>()("NothingToSend", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.path}: nothing was sent: ${this.reason}`
  }
}

/** Some times can't be meant: what they are has to be said, or that the others are to be sent all the same. */
export class NotBelievable extends Schema.TaggedError<NotBelievable>()("NotBelievable", {
  path: Schema.String,
  count: Schema.Int,
  example: Schema.String
}) {
  override get message(): string {
    const times = this.count === 1 ? "1 time" : `${this.count} times`
    return (
      `${this.path}: nothing was sent: ${times} can't be meant (${this.example}): ` +
      "give --dates, --time or --min-time, or --yes to go on"
    )
  }
}

/** Nothing of the file is stored, or something of it was rejected. */
export class NotAllStored extends Schema.TaggedError<NotAllStored>()("NotAllStored", {
  there: Schema.Int,
  rejected: Schema.Int
}) {
  override get message(): string {
    return this.there === 0 ? "nothing was stored" : `${this.rejected} were rejected`
  }
}

/** How long the server may take to say what became of the messages. */
const TALLY_TIMEOUT = "10 seconds"

const Tally = Schema.Struct({
  stored: Schema.NonNegativeInt,
  repeated: Schema.NonNegativeInt,
  rejected: Schema.NonNegativeInt
})

/** What became of this client's messages, as the server has counted it; none where it does not say. */
const tallyOf = (door: HttpDoor, clientId: string) =>
  askJson(door, HttpClientRequest.get(`/clients/${encodeURIComponent(clientId)}`), Tally).pipe(
    Effect.timeout(TALLY_TIMEOUT),
    Effect.asSome,
    Effect.catchAll((error) =>
      Effect.as(Console.error(`${door.url} did not say: ${error.message}`), Option.none())
    )
  )

const target = (given: ReplayOptions) =>
  Effect.gen(function* () {
    const settings = yield* AppConfig.load({ insecure: true })
    const [username, password] = yield* Config.all([
      Config.option(Config.string("TIDEMARK_USERNAME")),
      Config.option(Config.redacted("TIDEMARK_PASSWORD"))
    ])
    const secure = settings.mqttTlsOnly
    const { host = settings.mqttHost, port = secure ? settings.mqttTlsPort : settings.mqttPort } = given
    return {
      broker: `${secure ? "mqtts" : "mqtt"}://${reachable(host)}:${port}`,
      // The server of these settings is on this machine.
      verifiesServer: given.host !== undefined,
      door: yield* httpDoor(given),
      username: given.username ?? Option.getOrUndefined(username),
      password: given.password ?? Option.getOrUndefined(password)
    }
  })

/** What the file is and holds, told before anything is sent; stops where nothing can be sent, or should be. */
const understand = (given: ReplayOptions, now: Micros, progress: { read: number }) =>
  Effect.gen(function* () {
    const { file: path, limit = Number.POSITIVE_INFINITY, minTime, yes } = given
    const onRead = (bytes: number) => {
      progress.read += bytes
    }
    const file = yield* ReplayFile.open(path, { ...fileOptions(given, now), onRead })
    progress.read = 0
    const survey = yield* surveyOf(file, limit, { now, minTime })
    for (const line of understoodText(path, file, survey)) yield* Console.log(line)
    if (survey.unbelievable > 0 && !yes) {
      return yield* new NotBelievable({
        path,
        count: survey.unbelievable,
        example: survey.unbelievableExample
      })
    }
    if (survey.messages === 0) {
      return yield* new NothingToSend({
        path,
        reason: [...survey.reasons.values()][0]?.text ?? "it holds no row"
      })
    }
    progress.read = 0
    return { file, survey, limit }
  })

interface Sending extends Effect.Effect.Success<ReturnType<typeof understand>> {
  readonly given: ReplayOptions
  readonly progress: { read: number }
}

const replayOver = (
  publish: MqttClient.MqttConnection["publish"],
  { file, given, limit, progress }: Sending
) =>
  Effect.gen(function* () {
    const counts: ReplayCounts = { sent: 0, acknowledged: 0 }
    const fraction = () =>
      Math.min(1, Math.max(file.bytes === 0 ? 1 : progress.read / file.bytes, counts.acknowledged / limit))
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

/** What became of all, by the server's count; where it does not say, by our own. */
const settle = (survey: Survey, tally: Option.Option<typeof Tally.Type>) =>
  Effect.gen(function* () {
    const { readings, refused } = survey
    const counted = Option.getOrElse(tally, () => ({
      stored: readings,
      repeated: 0,
      rejected: survey.rejected
    }))
    const there = counted.stored + counted.repeated
    const rejected = counted.rejected + refused
    if (Option.isSome(tally)) {
      const rows = refused === 0 ? "" : ` (${refused} of them were not sent)`
      yield* Console.log(
        `readings: ${counted.stored} stored, ${counted.repeated} repeated, ${rejected} rejected${rows}`
      )
    }
    if (there > 0 && rejected === 0) return
    for (const line of reasonsText(survey)) yield* Console.error(line)
    return yield* new NotAllStored({ there, rejected })
  })

const Begun = Schema.Struct({ id: Schema.Int, client_id: Schema.String })

/**
 * The client id of this run: that of an import of the file, by which all of it can be taken back. Where the server does
 * not answer HTTP it is one of its own, by which the server counts.
 */
const clientIdFor = (door: HttpDoor, path: string) =>
  postJson(door, "/imports/", { source: basename(path).slice(0, SOURCE_LENGTH_MAX) }, Begun).pipe(
    Effect.timeout(TALLY_TIMEOUT),
    Effect.tap(({ id }) => Console.log(`import: ${id} (tidemark undo ${id} takes it back)`)),
    Effect.map(({ client_id }) => client_id),
    Effect.catchAll((error) =>
      Effect.zipRight(
        Console.error(`no import, so nothing to take back at once: ${error.message}`),
        Effect.map(Random.nextIntBetween(36 ** 8, 36 ** 9), (draw) => `replay-${draw.toString(36)}`)
      )
    )
  )

const run = (given: ReplayOptions) =>
  Effect.gen(function* () {
    const { broker, door, password, username, verifiesServer } = yield* target(given)
    const progress = { read: 0 }
    const understood = yield* understand(given, yield* nowMicros, progress)
    const clientId = yield* clientIdFor(door, given.file)
    const started = yield* Clock.currentTimeMillis
    const { counts, failure } = yield* Effect.scoped(
      Effect.gen(function* () {
        const connection = yield* MqttClient.make({
          url: broker,
          verifiesServer,
          clientId,
          username,
          password,
          inFlightMax: given.inFlight
        })
        return yield* Effect.scoped(replayOver(connection.publish, { ...understood, given, progress }))
      })
    )
    const seconds = Math.max(1, (yield* Clock.currentTimeMillis) - started) / 1_000
    const rate = Math.round(counts.acknowledged / seconds)
    yield* Console.log(`messages: ${counts.sent} sent, ${counts.acknowledged} acknowledged (${rate}/s)`)
    const tally = yield* tallyOf(door, clientId)
    const settled = settle(understood.survey, tally)
    yield* Option.isSome(failure) ? Effect.zipRight(Effect.ignore(settled), failure.value) : settled
  })

export const replay = Command.make("replay", replayOptions, run).pipe(
  Command.withDescription(
    "Publishes a recorded data set (CSV, JSON array, JSON lines, mosquitto_sub -v) over MQTT QoS 1, as its devices would"
  )
)
