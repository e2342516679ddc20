/**
 * The one composition: every live part of the server, in the order in which it stops.
 *
 * What is further down the way of a reading is provided to what is further up, so that closing goes with the
 * stream: sensors stop first, then the broker takes no more, ingest stores what it has, minutes are folded, and the
 * database closes last. HTTP is up before the database is reached, so that health can say why nothing goes on.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as KeyBook from "./access/KeyBook.js"
import * as KeyLog from "./access/KeyLog.js"
import { LoginPace, WRONG_LOGIN_WAIT_MILLIS } from "./access/LoginPace.js"
import * as SqlAlertStore from "./alerts/SqlAlertStore.js"
import * as Alerting from "./app/Alerting.js"
import * as HealthStatus from "./app/HealthStatus.js"
import { HttpServerLive } from "./app/HttpApp.js"
import * as Intake from "./app/Intake.js"
import * as LineageTargets from "./app/LineageTargets.js"
import * as MetricsReport from "./app/MetricsReport.js"
import * as ProcessReport from "./app/ProcessReport.js"
import * as SharedStatuses from "./app/SharedStatuses.js"
import * as TelemetryTargets from "./app/TelemetryTargets.js"
import * as Audit from "./audit/Audit.js"
import * as AuditLog from "./audit/AuditLog.js"
import * as LogDigester from "./backup/LogDigester.js"
import { MessageSink } from "./broker/MessageSink.js"
import { type AppConfig, isLoopback } from "./config/AppConfig.js"
import { principalOfCredential, verifySecret } from "./config/Credentials.js"
import { peerLimits } from "./config/LimitSettings.js"
import type { ProcessRole } from "./config/ProcessRoles.js"
import * as Database from "./db/Database.js"
import * as SqlAnswers from "./eventlog/SqlAnswers.js"
import * as SqlCatalogueLog from "./eventlog/SqlCatalogueLog.js"
import * as SqlPassedOver from "./eventlog/SqlPassedOver.js"
import * as SqlRejectedReplays from "./eventlog/SqlRejectedReplays.js"
import * as SqlEventLog from "./eventlog/sql/SqlEventLog.js"
import {
  DEFAULT_HTTP_LIMITS,
  ExportTerms,
  MessageLimits,
  MessageReading,
  PublishingTerms,
  type RequestBounds
} from "./http/core/Limits.js"
import { ClientTallies, HttpAuth, type HttpAuthService, ServesApi } from "./http/core/Ports.js"
import * as DayFiles from "./http/files/DayFiles.js"
import * as ExportFiles from "./http/listing/ExportFiles.js"
import * as SignIn from "./http/signin/SignIn.js"
import { IntakePressure } from "./http/writing/WriteGate.js"
import * as Ingest from "./ingest/Ingest.js"
import * as IngestRates from "./ingest/IngestRates.js"
import { Mapper, NO_MAPPINGS } from "./ingest/mapping/Mapper.js"
import type { MappingFile } from "./ingest/mapping/MappingSchema.js"
import type { MessageReader } from "./ingest/mapping/Part.js"
import * as ColdLake from "./lake/cold/ColdLake.js"
import * as SqlOwnership from "./ownership/SqlOwnership.js"
import * as SqlProcesses from "./ownership/SqlProcesses.js"
import * as AppPages from "./pages/PagesLive.js"
import * as Catalog from "./projections/catalogue/Catalogue.js"
import * as FileDays from "./projections/files/FileDays.js"
import { DefaultZone } from "./projections/intervals/DefaultZone.js"
import * as Aggregates from "./projections/minutes/Aggregates.js"
import * as Minutes from "./projections/minutes/Minutes.js"
import * as SqlMinuteStore from "./projections/minutes/SqlMinuteStore.js"
import * as SqlOData from "./projections/odata/SqlOData.js"
import * as QualityHours from "./projections/quality/QualityHours.js"
import * as QualityRuns from "./projections/quality/QualityRuns.js"
import * as Suites from "./projections/quality/Suites.js"
import { tlsFiles } from "./tls/TlsFiles.js"

/** The database and the log on it: what commands need that run beside no server. `unfinished`: a part of one, too. */
export const storage = (config: AppConfig, unfinished = false) =>
  SqlEventLog.layer({
    newSensorsPerMinuteMax: config.maxNewSensorsPerMinute,
    versionsPerHourMax: config.maxVersionsPerHour,
    rejectedBytesMax: config.maxRejectedBytes
  }).pipe(
    Layer.provideMerge(
      Database.layer(config.database, {
        tlsCa: config.databaseTlsCa,
        queryMillisMax: Duration.toMillis(config.queryTimeout),
        unfinished
      })
    ),
    Layer.provideMerge(Layer.merge(ColdLake.layer, Layer.succeed(DefaultZone, { name: config.timeZone })))
  )

/** The read models, folded by hand: `Minutes.scheduled` runs them. */
export const projections = Minutes.layer().pipe(Layer.provideMerge(SqlMinuteStore.layer))

/** Answers about quality, and keeps what was measured. */
const quality = (config: AppConfig) =>
  QualityRuns.layer.pipe(
    Layer.provideMerge(LineageTargets.quality(config)),
    Layer.provideMerge(QualityHours.layer)
  )

/**
 * What each role starts here; what the intake starts of it stands in Intake.ts. All else is a service, which is in every
 * process: it does nothing until it is asked.
 */
const STARTS = {
  fold: (config: AppConfig) =>
    Layer.mergeAll(
      Minutes.scheduled(),
      LineageTargets.foldRuns(config),
      QualityHours.scheduled,
      QualityRuns.scheduled,
      LogDigester.scheduled
    ),
  alerts: Alerting.scheduled
}

/** What a role starts, where this process has it. */
const started = <E, R>(
  config: AppConfig,
  role: ProcessRole,
  start: (config: AppConfig) => Layer.Layer<never, E, R>
): Layer.Layer<never, E, R> => (config.roles.has(role) ? start(config) : Layer.empty)

const ingest = (config: AppConfig, reader: MessageReader) =>
  Ingest.layer({
    reader,
    futureMicrosMax: Duration.toMillis(config.maxFuture) * 1_000,
    minTime: config.minTime,
    payloadBytesMax: config.maxPayload,
    pendingMessagesMax: config.maxPendingMessages,
    pendingBytesMax: config.maxPendingBytes,
    // The embedded file has one writer.
    workers: config.database._tag === "Sqlite" ? 1 : 2
  })

/** Around all that lets in or changes: what these told last is written before the database closes. */
const auditing = Layer.provideMerge(Audit.layer, AuditLog.layer)

const keyBook = Layer.provide(KeyBook.layer, KeyLog.layer)

const auth = (config: AppConfig) =>
  Layer.effect(
    HttpAuth,
    Effect.map(KeyBook.KeyBook, ({ hasKeys, verify }) => ({
      open: () => {
        if (config.apiKeys.length > 0 || config.oidc !== undefined || config.keysNeeded.has("HTTP"))
          return false
        const keyed = hasKeys()
        return keyed === null ? null : !keyed
      },
      verify: (secret) =>
        Option.orElse(verify(secret), () =>
          Option.map(Option.fromNullable(verifySecret(config.apiKeys, secret)), principalOfCredential)
        )
    }))
  )

const tallies = Layer.effect(
  ClientTallies,
  Effect.map(MessageSink, (sink) => ({ tally: sink.tally }))
)

const pressure = Layer.effect(
  IntakePressure,
  Effect.map(MessageSink, (sink) => ({ overloaded: sink.overloaded }))
)

/** What one client may ask for now. Behind a proxy of this machine it is no client of this machine. */
const requestBounds = (config: AppConfig, { open }: HttpAuthService) => {
  const bounds = (isAlone: boolean): RequestBounds => {
    const { maxRequestsAtOnce, maxRequestsPerSecond } = peerLimits(config, isAlone)
    return { perSecondMax: maxRequestsPerSecond, atOnceMax: maxRequestsAtOnce }
  }
  const [alone, among] = [bounds(true), bounds(false)]
  const mayBeAlone = isLoopback(config.httpHost) && config.trustedProxies === undefined
  return () => (mayBeAlone && open() !== false ? alone : among)
}

const httpLimits = (config: AppConfig) => ({
  ...DEFAULT_HTTP_LIMITS,
  futureMicrosMax: Duration.toMillis(config.maxFuture) * 1_000,
  minTime: config.minTime
})

const httpTls = ({ hstsSeconds, httpTlsCert, httpTlsKey }: AppConfig) => {
  const files = tlsFiles(httpTlsCert, httpTlsKey)
  return files === undefined ? undefined : { files, hstsSeconds }
}

/** Under which terms data are handed out, and within which limits messages are taken and read. */
const terms = (config: AppConfig, reader: MessageReader) =>
  Layer.mergeAll(
    Layer.succeed(MessageReading, reader),
    Layer.succeed(ExportTerms, { licence: config.dataLicence }),
    Layer.succeed(PublishingTerms, {
      publisher: config.dataPublisher ?? null,
      latenessSeconds: Duration.toSeconds(config.allowedLateness)
    }),
    Layer.succeed(MessageLimits, { payloadBytesMax: config.maxPayload }),
    Layer.succeed(ServesApi, config.roles.has("api")),
    ExportFiles.layer(`${config.dataDir}/exports`, config.maxExportFiles)
  )

/** Everything that the roles start; the intake is there, and starts when it is told to. */
export const layer = (config: AppConfig, mappings: MappingFile = NO_MAPPINGS) => {
  // One for all ways in: it knows the aliases of Sparkplug's births.
  const reader = new Mapper(mappings)
  // One for both ways in: who guesses by the one is slow by the other.
  const pace = new LoginPace(WRONG_LOGIN_WAIT_MILLIS)
  const server = Layer.unwrapEffect(
    Effect.map(HttpAuth, (keys) =>
      HttpServerLive({
        host: config.httpHost,
        port: config.httpPort,
        limits: httpLimits(config),
        trustedProxies: config.trustedProxies,
        tls: httpTls(config),
        connectionsMax: config.maxHttpConnections,
        requests: requestBounds(config, keys),
        pace,
        corsOrigins: config.corsOrigins
      })
    )
  )
  return Layer.merge(server, TelemetryTargets.metrics(config)).pipe(
    Layer.provide([auth(config), SignIn.layer(config.oidc)]),
    Layer.provide([tallies, pressure, SqlAnswers.layer, SqlRejectedReplays.layer]),
    Layer.provide(AppPages.layer),
    Layer.provide(
      DayFiles.layer(`${config.dataDir}/files`, config.maxDayFiles).pipe(Layer.provide(FileDays.layer))
    ),
    // Of the pages too. Metrics are told of this process alone: all else, of all of them.
    Layer.provide([terms(config, reader), SharedStatuses.layer]),
    Layer.provide([MetricsReport.layer, ProcessReport.layer(config)]),
    Layer.provide(HealthStatus.layer({ rejectedBytesMax: config.maxRejectedBytes, roles: config.roles })),
    // Notices go by MQTT too: they stop before it.
    Layer.provideMerge(started(config, "alerts", STARTS.alerts)),
    Layer.provideMerge(Layer.merge(SqlAlertStore.layer, Intake.layer(config, pace))),
    Layer.provideMerge(Layer.provideMerge(IngestRates.layer, ingest(config, reader))),
    Layer.provideMerge(SqlPassedOver.layer),
    Layer.provide(started(config, "fold", STARTS.fold)),
    Layer.provide(SqlOData.layer({ allowedLateness: config.allowedLateness })),
    Layer.provide([Catalog.layer, Suites.layer]),
    Layer.provide(quality(config)),
    Layer.provide(SqlCatalogueLog.layer),
    Layer.provide(Aggregates.layer({ allowedLateness: config.allowedLateness })),
    Layer.provideMerge(projections),
    // Leases are given back when all that runs under them has ended.
    Layer.provide([LineageTargets.events(config), SqlOwnership.layer(), SqlProcesses.layer()]),
    Layer.provideMerge(Layer.provideMerge(Layer.merge(keyBook, auditing), storage(config)))
  )
}
