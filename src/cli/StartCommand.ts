/** `tidemark start`: all of it, or some roles, until SIGINT or SIGTERM. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as HttpServer from "@effect/platform/HttpServer"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as App from "../App.js"
import { KeyBook } from "../access/KeyBook.js"
import { Intake } from "../app/Intake.js"
import * as MappingsFile from "../app/MappingsFile.js"
import * as TelemetryTargets from "../app/TelemetryTargets.js"
import * as AppConfig from "../config/AppConfig.js"
import { warnOfUnknown } from "../config/DotEnv.js"
import { hasAllRoles, PROCESS_ROLES } from "../config/ProcessRoles.js"
import * as SensorFile from "../config/SensorFile.js"
import { Database } from "../db/Transaction.js"
import { IngestStatus } from "../ingest/IngestStatus.js"
import type { MappingFile } from "../ingest/mapping/MappingSchema.js"
import { endingWithin, STOP_WITHIN } from "../telemetry/Ending.js"
import { onHangup } from "../telemetry/Hangup.js"
import { devCertificate } from "../tls/DevCertificate.js"
import { reachable } from "./HttpDoor.js"

const insecure = Options.boolean("insecure").pipe(
  Options.withDescription(
    "Listen beyond loopback without credentials: everybody who can reach it may read and write"
  )
)

const devTls = Options.boolean("dev-tls").pipe(
  Options.withDescription(
    "Listen with TLS, for a try: by a certificate of its own, kept in DATA_DIR, where none is set"
  )
)

const role = Options.text("role").pipe(
  Options.withDescription(
    `What this process does: all, or some of ${Object.keys(PROCESS_ROLES).join(", ")}, comma-separated (ROLES)`
  ),
  Options.optional
)

/** The option stands in for the setting. */
const withRole =
  (given: Option.Option<string>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Option.match(given, {
      onNone: () => effect,
      onSome: (text) =>
        Effect.configProviderWith((current) =>
          Effect.withConfigProvider(
            effect,
            ConfigProvider.orElse(ConfigProvider.fromMap(new Map([["ROLES", text]])), () => current)
          )
        )
    })

/** For whoever started it: a line of its own, or where lines are read by a program, one of the log. */
const say = ({ logFormat }: AppConfig.AppConfig, line: string) =>
  logFormat === "json" ? Effect.logInfo(line.trim()) : Effect.sync(() => process.stdout.write(`${line}\n`))

const httpAddress = ({ httpTlsCert }: AppConfig.AppConfig) =>
  Effect.map(HttpServer.HttpServer, ({ address }) =>
    address._tag === "UnixAddress"
      ? address.path
      : `${httpTlsCert === undefined ? "http" : "https"}://${reachable(address.hostname)}:${address.port}`
  )

const demoLine = (config: AppConfig.AppConfig) =>
  Effect.map(SensorFile.isDemo(config.sensorsFile), (demo) =>
    config.simulate && config.roles.has("sensors") && demo
      ? [
          `  sensors      five demo sensors, as there is no ${SensorFile.DEFAULT_PATH}: tidemark init writes one`
        ]
      : []
  )

const pagesLines = (http: string) => [
  `  start page   ${http}/`,
  `  catalogue    ${http}/data/catalog/`,
  `  readings     ${http}/data/`,
  `  aggregates   ${http}/aggregated_data/`,
  `  quality      ${http}/data/data-quality/`,
  `  API docs     ${http}/docs/`
]

/** The settings with a certificate of our own where they name none. */
const withDevTls = (config: AppConfig.AppConfig) =>
  Effect.gen(function* () {
    const { cert, fingerprint, key } = yield* devCertificate(`${config.dataDir}/dev-tls`)
    yield* say(config, `TLS for a try, by ${cert}, SHA-256 ${fingerprint}`)
    return {
      ...config,
      // A browser that remembers it would ask other programs of this machine so, too.
      ...(config.httpTlsCert === undefined ? { httpTlsCert: cert, httpTlsKey: key, hstsSeconds: 0 } : {}),
      ...(config.mqttTlsCert === undefined ? { mqttTlsCert: cert, mqttTlsKey: key } : {})
    }
  })

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
    // Also where there is nothing to look at.
    yield* onHangup(Effect.logInfo("SIGHUP: certificates are looked at again; settings need a restart"))
    const http = yield* httpAddress(config)
    yield* say(config, `Tidemark is starting: ${http}/health says how it is doing`)
    const serving = Effect.gen(function* () {
      const demo = yield* demoLine(config)
      const mqtt = yield* intake.start
      yield* say(
        config,
        [
          "",
          "Tidemark is running.",
          ...(hasAllRoles(config.roles) ? [] : [`  roles        ${[...config.roles].join(", ")}`]),
          ...(config.roles.has("api") ? pagesLines(http) : [`  health       ${http}/health`]),
          ...(mqtt === null ? [] : [`  MQTT         ${mqtt.address} (${mqtt.note})`]),
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

export const start = Command.make("start", { devTls, insecure, role }, (options) =>
  Effect.gen(function* () {
    yield* warnOfUnknown(".env")
    const settings = yield* AppConfig.load(options).pipe(withRole(options.role))
    const config = options.devTls ? yield* withDevTls(settings) : settings
    // Refused before anything starts, with every fault.
    if (config.simulate && config.roles.has("sensors")) yield* SensorFile.load(config.sensorsFile)
    const mappings = yield* MappingsFile.load(config.mappingsFile)
    yield* run(config, mappings).pipe(
      endingWithin(STOP_WITHIN),
      Effect.onInterrupt(() => say(config, "Tidemark has stopped.")),
      Effect.provide(TelemetryTargets.around(config))
    )
  })
).pipe(
  Command.withDescription(
    "Run the broker, the pipeline, the API and the pages; or some of it, beside other processes"
  )
)
