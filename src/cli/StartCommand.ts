/** `tidemark start`: all of it, until SIGINT or SIGTERM. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as App from "../App.js"
import { KeyBook } from "../access/KeyBook.js"
import { Intake } from "../app/Intake.js"
import * as MappingsFile from "../app/MappingsFile.js"
import * as AppConfig from "../config/AppConfig.js"
import { warnOfUnknown } from "../config/DotEnv.js"
import * as SensorFile from "../config/SensorFile.js"
import { Database } from "../db/Transaction.js"
import { IngestStatus } from "../ingest/IngestStatus.js"
import type { MappingFile } from "../ingest/mapping/MappingSchema.js"
import { endingWithin, STOP_WITHIN } from "../telemetry/Ending.js"

const insecure = Options.boolean("insecure").pipe(
  Options.withDescription(
    "Listen beyond loopback without credentials: everybody who can reach it may read and write"
  )
)

const say = (line: string) => Effect.sync(() => process.stdout.write(`${line}\n`))

const httpAddress = Effect.map(HttpServer.HttpServer, ({ address }) => {
  if (address._tag === "UnixAddress") return address.path
  const host = address.hostname.includes(":") ? `[${address.hostname}]` : address.hostname
  return `http://${host === "0.0.0.0" ? "127.0.0.1" : host}:${address.port}`
})

const demoLine = (config: AppConfig.AppConfig) =>
  Effect.map(SensorFile.isDemo(config.sensorsFile), (demo) =>
    config.simulate && demo
      ? [
          `  sensors      five demo sensors, as there is no ${SensorFile.DEFAULT_PATH}: tidemark init writes one`
        ]
      : []
  )

/** Fails once it is known that others can reach it and there are no keys; until then nobody is let in. */
const keyless = (config: AppConfig.AppConfig) =>
  config.keysNeeded.size > 0
    ? Effect.flatMap(KeyBook, ({ loaded }) =>
        Effect.flatMap(loaded, (keyed) => (keyed ? Effect.never : AppConfig.noKeys(config)))
      )
    : Effect.never

const run = (config: AppConfig.AppConfig, mappings: MappingFile) =>
  Effect.gen(function* () {
    const database = yield* Database
    const ingest = yield* IngestStatus
    const intake = yield* Intake
    const http = yield* httpAddress
    yield* say(`Tidemark is starting: ${http}/health says how it is doing`)
    const serving = Effect.gen(function* () {
      const demo = yield* demoLine(config)
      const mqtt = yield* intake.start
      yield* say(
        [
          "",
          "Tidemark is running.",
          `  start page   ${http}/`,
          `  catalogue    ${http}/data/catalog/`,
          `  readings     ${http}/data/`,
          `  aggregates   ${http}/aggregated_data/`,
          `  quality      ${http}/data/data-quality/`,
          `  API docs     ${http}/docs/`,
          `  MQTT         ${mqtt.address} (${mqtt.note})`,
          `  database     ${database.address}`,
          ...demo,
          ""
        ].join("\n")
      )
      return yield* Effect.never
    })
    // The first that ends ends all: `race` would wait for a success.
    return yield* serving.pipe(
      Effect.raceFirst(database.failed),
      Effect.raceFirst(ingest.failed),
      Effect.raceFirst(keyless(config))
    )
  }).pipe(Effect.scoped, Effect.provide(App.layer(config, mappings)))

export const start = Command.make("start", { insecure }, (options) =>
  Effect.gen(function* () {
    yield* warnOfUnknown(".env")
    const config = yield* AppConfig.load(options)
    // Refused before anything starts, with every fault.
    if (config.simulate) yield* SensorFile.load(config.sensorsFile)
    const mappings = yield* MappingsFile.load(config.mappingsFile)
    yield* run(config, mappings).pipe(
      endingWithin(STOP_WITHIN),
      Effect.provide(Logger.minimumLogLevel(config.logLevel)),
      Effect.onInterrupt(() => say("Tidemark has stopped."))
    )
  })
).pipe(Command.withDescription("Run the broker, the pipeline, the API and the pages"))
