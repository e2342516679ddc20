/**
 * The settings: environment variables, or `.env` beside the process. Each has a default; all wrong ones are
 * reported together, by name. Secrets are `Redacted` and never printed.
 */
import type { BlockList } from "node:net"
import type * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { MIN_TIME, parseTime } from "../domain/Time.js"
import { timeZone } from "../domain/TimeZone.js"
import { type Credential, parseCredentials } from "./Credentials.js"
import { type DatabaseTarget, parseDatabaseUrl, parseTlsCa } from "./DatabaseTarget.js"
import { limitSettings } from "./LimitSettings.js"
import { ALL_ROLES, parseProcessRoles, roleFaults } from "./ProcessRoles.js"
import { parseAddress, parseAddresses, parseSmtpUrl, parseWebhookUrl } from "./peers/AlertTargets.js"
import { parseBrokerUrl, parseClientId, parseShareGroup, parseTopicFilters } from "./peers/ExternalBroker.js"
import { type LineageAddress, parseLineageUrl } from "./peers/LineageAddress.js"
import { type OidcConfig, oidcFaults, oidcOf, parseIssuer, parseRoles } from "./peers/Oidc.js"
import * as Otlp from "./peers/OtlpTarget.js"
import { parseTrustedProxies } from "./peers/TrustedProxies.js"
import { duration, KIB, MIB, optional, secret, setting, text, whole, yesNo } from "./Setting.js"

export { SETTINGS } from "./Setting.js"

/** One line a wrong setting: its name and what is wrong with it. */
export class SettingsError extends Schema.TaggedError<SettingsError>()("SettingsError", {
  problems: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return ["these settings are wrong:", ...this.problems].join("\n  ")
  }
}

const credentials = (name: string) =>
  setting<ReadonlyArray<Credential>>(name, [], (list) =>
    Either.mapLeft(parseCredentials(list), (faults) => faults.join("; "))
  )

/** What LOG_LEVEL takes, in any case. */
export const LOG_LEVELS: ReadonlyArray<string> = LogLevel.allLevels.map(({ _tag }) => _tag.toLowerCase())

const logLevel = setting("LOG_LEVEL", LogLevel.Info, (word) => {
  const level = LogLevel.allLevels.find((one) => one._tag.toLowerCase() === word.toLowerCase())
  return level === undefined ? Either.left(`must be one of ${LOG_LEVELS.join(", ")}`) : Either.right(level)
})

/** Words of which one is meant; the first is the default. */
const oneOf = <const Word extends string>(name: string, ...words: readonly [Word, ...Array<Word>]) =>
  setting<Word>(name, words[0], (text) =>
    Either.fromNullable(
      words.find((word) => word === text.toLowerCase()),
      () => `must be one of ${words.join(", ")}`
    )
  )

const settings = {
  /** What this process does. */
  roles: setting("ROLES", ALL_ROLES, parseProcessRoles),
  /** None: the SQLite file under `dataDir`. */
  databaseUrl: setting<DatabaseTarget | undefined>("DATABASE_URL", undefined, parseDatabaseUrl),
  /** The authority's certificate; it alone asks for TLS too. */
  databaseTlsCa: setting<string | undefined>("DATABASE_TLS_CA", undefined, parseTlsCa),
  dataDir: text("DATA_DIR", "./data"),
  httpHost: text("HTTP_HOST", "127.0.0.1"),
  httpPort: whole("HTTP_PORT", 0, 65_535, 8_000),
  /** Files; with them HTTP is HTTPS. */
  httpTlsCert: optional("HTTP_TLS_CERT"),
  httpTlsKey: optional("HTTP_TLS_KEY"),
  /** How long a browser that was here by HTTPS asks by nothing else, in s. */
  hstsSeconds: whole("HSTS_SECONDS", 0, 2 ** 31, 31_536_000),
  /** Absent: what X-Forwarded-* say is passed over, whoever says it. */
  trustedProxies: setting<BlockList | undefined>("TRUSTED_PROXIES", undefined, parseTrustedProxies),
  mqttHost: text("MQTT_HOST", "127.0.0.1"),
  mqttPort: whole("MQTT_PORT", 0, 65_535, 1_883),
  /** Files; with them MQTT is listened for with TLS, too. */
  mqttTlsCert: optional("MQTT_TLS_CERT"),
  mqttTlsKey: optional("MQTT_TLS_KEY"),
  /** Authorities whose clients are known by their certificates. */
  mqttTlsClientCa: optional("MQTT_TLS_CLIENT_CA"),
  mqttTlsPort: whole("MQTT_TLS_PORT", 0, 65_535, 8_883),
  mqttTlsOnly: yesNo("MQTT_TLS_ONLY", false),
  /** A broker elsewhere, instead of the embedded one. */
  mqttUrl: setting<Redacted.Redacted | undefined>("MQTT_URL", undefined, parseBrokerUrl),
  /** The group of a shared subscription, of which each process has a part. */
  mqttShare: setting<string | undefined>("MQTT_SHARE", undefined, parseShareGroup),
  mqttClientId: setting("MQTT_CLIENT_ID", "tidemark", parseClientId),
  /** It covers `sensors` too. Filters that overlap may bring a message twice. */
  mqttTopics: setting<ReadonlyArray<string>>("MQTT_TOPICS", ["sensors/#"], parseTopicFilters),
  /** None: `./sensors.json`, or the demo sensors where that is not there. */
  sensorsFile: optional("SENSORS_FILE"),
  /** Absent: messages are read by the ordinary rules and the presets. */
  mappingsFile: text("MAPPINGS_FILE", "./mappings.json"),
  simulate: yesNo("SIMULATE", true),
  seed: whole("SEED", 0, Number.MAX_SAFE_INTEGER, 1),
  logLevel,
  apiKeys: credentials("API_KEYS"),
  mqttUsers: credentials("MQTT_USERS"),
  /** Whose tokens are taken, and by whom people sign in; none: keys alone count. */
  oidcIssuer: setting<URL | undefined>("OIDC_ISSUER", undefined, parseIssuer),
  /** None: the client's id. */
  oidcAudience: optional("OIDC_AUDIENCE"),
  oidcRoleClaim: text("OIDC_ROLE_CLAIM", "roles"),
  oidcNameClaim: text("OIDC_NAME_CLAIM", "sub"),
  oidcRoles: setting<ReadonlyMap<string, "reader" | "writer" | "admin">>("OIDC_ROLES", new Map(), parseRoles),
  /** None: nobody signs in on the pages. */
  oidcClientId: optional("OIDC_CLIENT_ID"),
  oidcClientSecret: secret("OIDC_CLIENT_SECRET"),
  oidcScope: text("OIDC_SCOPE", "openid profile"),
  allowedLateness: duration("ALLOWED_LATENESS", "10 seconds"),
  /** On its clocks intervals start and end where nobody names another. */
  timeZone: setting("TIMEZONE", "UTC", (name) =>
    Either.mapBoth(timeZone(name), { onLeft: (why) => `"${name}" ${why}`, onRight: () => name })
  ),
  /** How long readings stay in the log once they are archived: `archive drop` goes by it. 0: for ever. */
  retentionRaw: duration("RETENTION_RAW", 0),
  /** Under which terms the data may be used: columnar files say it. */
  dataLicence: text("DATA_LICENCE", "not stated"),
  /** Who makes the data available: the catalogue says it, where nobody has said it of a data set itself. */
  dataPublisher: optional("DATA_PUBLISHER"),
  /** Where run events of OpenLineage go: an address, or a file; absent: nowhere. */
  openLineage: setting<LineageAddress | undefined>("OPENLINEAGE_URL", undefined, parseLineageUrl),
  openLineageNamespace: text("OPENLINEAGE_NAMESPACE", "tidemark"),
  openLineageKey: secret("OPENLINEAGE_API_KEY"),
  /** Where notices of alerts go: by HTTP, signed where there is a secret; and by e-mail. */
  alertWebhookUrl: setting<Redacted.Redacted | undefined>("ALERT_WEBHOOK_URL", undefined, parseWebhookUrl),
  alertWebhookSecret: secret("ALERT_WEBHOOK_SECRET"),
  smtpUrl: setting<Redacted.Redacted | undefined>("SMTP_URL", undefined, parseSmtpUrl),
  alertEmailTo: setting<ReadonlyArray<string>>("ALERT_EMAIL_TO", [], parseAddresses),
  alertEmailFrom: setting("ALERT_EMAIL_FROM", "tidemark@localhost", parseAddress),
  /** Notices are retained messages below `tidemark/alerts/` as well. */
  alertMqtt: yesNo("ALERT_MQTT", true),
  logFormat: oneOf("LOG_FORMAT", "text", "json"),
  /** Where traces, metrics and logs go; absent: nowhere, and none are made. */
  otlpEndpoint: setting<string | undefined>("OTEL_EXPORTER_OTLP_ENDPOINT", undefined, Otlp.parseOtlpEndpoint),
  otlpHeaders: setting("OTEL_EXPORTER_OTLP_HEADERS", Redacted.make<Otlp.OtlpPairs>({}), (text) =>
    Either.map(Otlp.parseOtlpPairs(text), Redacted.make)
  ),
  otlpProtocol: setting("OTEL_EXPORTER_OTLP_PROTOCOL", "json", Otlp.parseOtlpProtocol),
  otlpTraces: oneOf("OTEL_TRACES_EXPORTER", "otlp", "none"),
  otlpMetrics: oneOf("OTEL_METRICS_EXPORTER", "otlp", "none"),
  otlpLogs: oneOf("OTEL_LOGS_EXPORTER", "otlp", "none"),
  /** How often the metrics are sent, in ms. */
  otlpMetricsMillis: whole("OTEL_METRIC_EXPORT_INTERVAL", 100, 86_400_000, 60_000),
  otlpServiceName: text("OTEL_SERVICE_NAME", "tidemark"),
  otlpResource: setting<Otlp.OtlpPairs>("OTEL_RESOURCE_ATTRIBUTES", {}, Otlp.parseOtlpPairs),
  otlpSampler: setting("OTEL_TRACES_SAMPLER", Otlp.DEFAULT_SAMPLER, Otlp.parseSampler),
  otlpSamplerRatio: setting("OTEL_TRACES_SAMPLER_ARG", 0.01, Otlp.parseSamplerRatio),
  maxFuture: duration("MAX_FUTURE", "24 hours"),
  /** An earlier time of a device is that of a clock that is not set. */
  minTime: setting("MIN_TIME", MIN_TIME, (text) =>
    Either.mapLeft(parseTime(text), () => 'must be a time such as "2001-01-01T00:00:00Z"')
  ),
  /** Bytes of a message's payload. */
  maxPayload: whole("MAX_PAYLOAD", KIB, 16 * MIB, 64 * KIB),
  /** Bytes of an MQTT packet. */
  maxPacket: whole("MAX_PACKET", KIB, 64 * MIB, 2 * MIB),
  /** Bytes of rejected messages that are kept. */
  maxRejectedBytes: whole("MAX_REJECTED_BYTES", 0, 2 ** 40, 1_024 * MIB),
  /** Bytes of exports that are kept as files, for readers that ask for parts; 0: none are. */
  maxExportFiles: whole("MAX_EXPORT_FILES", 0, 2 ** 40, 1_024 * MIB),
  /** Bytes of the files of closed days that are kept; 0: there are none. */
  maxDayFiles: whole("MAX_DAY_FILES", 0, 2 ** 40, 4_096 * MIB),
  maxNewSensorsPerMinute: whole("MAX_NEW_SENSORS_PER_MINUTE", 0, 1_000_000, 1_000),
  maxVersionsPerHour: whole("MAX_VERSIONS_PER_HOUR", 1, 1_000_000, 60),
  /** Messages, and bytes of them, that wait for the database. */
  maxPendingMessages: whole("MAX_PENDING_MESSAGES", 100, 10_000_000, 20_000),
  maxPendingBytes: whole("MAX_PENDING_BYTES", 64 * KIB, 1_024 * MIB, 16 * MIB),
  ...limitSettings
}

type Settings = { readonly [K in keyof typeof settings]: Config.Config.Success<(typeof settings)[K]> }

export interface AppConfig extends Omit<Settings, "databaseUrl"> {
  readonly database: DatabaseTarget
  /** Undefined: keys alone count. */
  readonly oidc: OidcConfig | undefined
  /** Others can reach these, and no key or user is among the settings: there must be a key in the database. */
  readonly keysNeeded: ReadonlySet<"HTTP" | "MQTT">
}

const problemsOf = (error: ConfigError.ConfigError): ReadonlyArray<string> => {
  switch (error._op) {
    case "And":
    case "Or":
      return [...problemsOf(error.left), ...problemsOf(error.right)]
    default:
      return [`${error.path.join("_")}: ${error.message}`]
  }
}

/** Every setting is read on its own, so that one wrong setting does not hide the next. */
const readAll: Effect.Effect<Settings, SettingsError> = Effect.all(settings, { mode: "validate" }).pipe(
  Effect.mapError((errors) => {
    const wrong = Object.values(errors).flatMap(Option.toArray)
    return new SettingsError({ problems: wrong.flatMap(problemsOf) })
  })
)

/** Only this machine can reach it. */
const LOOPBACK = /^(127(\.\d+){3}|localhost|::1)$/
export const isLoopback = (host: string): boolean => LOOPBACK.test(host)

/** What is said where keys are needed, and the database has none either. */
export const noKeys = (config: Pick<AppConfig, "httpHost" | "keysNeeded" | "mqttHost">) =>
  new SettingsError({
    problems: [...config.keysNeeded].map((door) => {
      const host = door === "HTTP" ? config.httpHost : config.mqttHost
      const how = "or start with --insecure to leave it open to everybody who can reach it"
      return `${door}_HOST ${host} is not loopback, and there are no keys: make one with "tidemark keys create", ${how}`
    })
  })

/** An open door on an address that others can reach. */
const exposed = (config: Settings): AppConfig["keysNeeded"] => {
  const http = !isLoopback(config.httpHost) && config.apiKeys.length === 0 && config.oidcIssuer === undefined
  const embedded = config.mqttUrl === undefined
  const asksNobody = config.mqttUsers.length === 0 && config.mqttTlsClientCa === undefined
  const mqtt = embedded && !isLoopback(config.mqttHost) && asksNobody
  return new Set([...(http ? ["HTTP" as const] : []), ...(mqtt ? ["MQTT" as const] : [])])
}

/** What is asked for in part, or in one setting and refused in another: what was meant can't be told. */
const contradictory = (config: Settings): ReadonlyArray<string> => {
  const { databaseTlsCa, databaseUrl } = config
  const problems: Array<string> = []
  if (databaseTlsCa !== undefined && databaseUrl?._tag === "Mysql" && databaseUrl.tls === false)
    problems.push("DATABASE_URL: has ssl=false, but DATABASE_TLS_CA asks for TLS: take one of the two away")
  if ((config.httpTlsCert === undefined) !== (config.httpTlsKey === undefined))
    problems.push("HTTP_TLS_CERT and HTTP_TLS_KEY: TLS takes both")
  if ((config.mqttTlsCert === undefined) !== (config.mqttTlsKey === undefined))
    problems.push("MQTT_TLS_CERT and MQTT_TLS_KEY: TLS takes both")
  if (config.mqttTlsCert === undefined && (config.mqttTlsOnly || config.mqttTlsClientCa !== undefined))
    problems.push("MQTT_TLS_ONLY and MQTT_TLS_CLIENT_CA: take MQTT_TLS_CERT and MQTT_TLS_KEY")
  const isFile = databaseUrl === undefined || databaseUrl._tag === "Sqlite"
  problems.push(
    ...roleFaults({ roles: config.roles, isFile, isBrokerElsewhere: config.mqttUrl !== undefined })
  )
  if (config.mqttShare !== undefined && config.mqttUrl === undefined)
    problems.push("MQTT_SHARE: needs MQTT_URL, the broker that shares the messages out")
  if (config.alertEmailTo.length > 0 && config.smtpUrl === undefined)
    problems.push("ALERT_EMAIL_TO: needs SMTP_URL, the server that takes the mail")
  return problems
}

/** Reads the settings; `insecure` allows an address beyond loopback without credentials. */
export const load = (
  options: { readonly insecure?: boolean } = {}
): Effect.Effect<AppConfig, SettingsError> =>
  Effect.flatMap(readAll, ({ databaseUrl, ...rest }) => {
    const all = { ...rest, databaseUrl }
    const problems = [...contradictory(all), ...oidcFaults(all)]
    if (problems.length > 0) return new SettingsError({ problems })
    const keysNeeded = options.insecure === true ? new Set<never>() : exposed(all)
    const file = { _tag: "Sqlite", path: `${rest.dataDir}/tidemark.db` } as const
    return Effect.succeed({ ...rest, keysNeeded, oidc: oidcOf(all), database: databaseUrl ?? file })
  })
