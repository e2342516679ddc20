/**
 * What `/metrics` says: what was measured as it happened, and what each part tells of itself when it is asked. It is told
 * of this process alone: of several on one database, each is scraped.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { AlertStore, type AlertStoreService } from "../alerts/AlertStore.js"
import type { Health } from "../api/system/HealthContract.js"
import type { Sensor } from "../domain/Sensor.js"
import { goneSince } from "../domain/SensorSilence.js"
import { MICROS_PER_SECOND } from "../domain/Time.js"
import { EventLog, type EventLogService } from "../eventlog/EventLog.js"
import { HealthCheck, MetricsReport } from "../http/core/Ports.js"
import { type IngestState, IngestStatus } from "../ingest/IngestStatus.js"
import { Ownership } from "../ownership/Ownership.js"
import { Minutes } from "../projections/minutes/Minutes.js"
import { type ActorStatus, SensorStatuses } from "../sensors/SensorStatuses.js"
import { type Family, registryFamilies, type Sample } from "../telemetry/Exposition.js"
import { nowMicros } from "../telemetry/Instant.js"
import { processMetrics } from "../telemetry/ProcessMetrics.js"
import { version } from "../telemetry/Version.js"

/** Sensors whose last readings are told: the first by number. Each is two series. */
const SENSORS_MAX = 1_000
/** How long what the log says of them is told again: each is a question to the database. */
const SENSORS_KEPT = "15 seconds"
/** A scrape does not wait longer for them. */
const SENSORS_WAITED = "2 seconds"

const family =
  (type: Family["type"]) =>
  (name: string, help: string, ...samples: ReadonlyArray<Sample>): Family => ({ name, type, help, samples })
const gauge = family("gauge")
const counter = family("counter")
const bit = (is: boolean): Sample => ({ value: is ? 1 : 0 })

const ofHealth = ({ broker, database, ingest, position, warnings = [] }: Health): ReadonlyArray<Family> => [
  gauge("tidemark_build_info", "The version of this program, and of Node.js", {
    labels: { version, node: process.versions.node },
    value: 1
  }),
  gauge("tidemark_database_info", "The kind of database", {
    labels: { dialect: database?.dialect ?? "" },
    value: 1
  }),
  gauge(
    "tidemark_database_up",
    "1: the database answered the last time it was asked",
    bit(database?.reachable === true)
  ),
  gauge(
    "tidemark_ingest_up",
    "1: messages are stored as they come",
    ...(ingest === undefined ? [] : [bit(ingest.status === "ok")])
  ),
  gauge(
    "tidemark_broker_up",
    "1: it is subscribed to the broker elsewhere that MQTT_URL names",
    ...(broker === undefined ? [] : [bit(broker.connected)])
  ),
  gauge("tidemark_health_warnings", "How many warnings /health gives", { value: warnings.length }),
  counter(
    "tidemark_log_events_total",
    "Events in the log, by whatever way and process they came: its last position",
    ...(typeof position === "number" ? [{ value: position }] : [])
  )
]

const ofIngest = (ingest: IngestState): ReadonlyArray<Family> => [
  counter("tidemark_messages_total", "Messages handed to ingest, by MQTT", { value: ingest.messagesTotal }),
  counter("tidemark_readings_stored_total", "Readings of these messages that were stored", {
    value: ingest.storedTotal
  }),
  counter("tidemark_readings_repeated_total", "Readings of these messages that the log held already", {
    value: ingest.repeatedTotal
  }),
  counter("tidemark_messages_dropped_total", "QoS 0 messages dropped because too many were pending", {
    value: ingest.droppedQos0Total
  }),
  gauge("tidemark_pending_messages", "Messages taken in and not yet committed", {
    value: ingest.pendingMessages
  }),
  gauge("tidemark_pending_bytes", "About how much memory pending messages hold", {
    value: ingest.pendingBytes
  })
]

const ofActors = (actors: Iterable<ActorStatus>): Family => {
  const counts = { running: 0, restarting: 0, parked: 0 }
  for (const { state } of actors) counts[state] += 1
  return gauge(
    "tidemark_actors",
    "Simulated sensors by state; parked: it crashed too often, and is not started again",
    ...Object.entries(counts).map(([state, value]) => ({ labels: { state }, value }))
  )
}

const labelsOf = ({ id, name }: Sensor) => ({ sensor_id: id, name: name ?? "" })

/** Of those that readings are expected of. */
const sensorFamilies = (log: EventLogService) =>
  Effect.gen(function* () {
    const all = yield* log.sensors({ limit: SENSORS_MAX + 1 })
    const some = all.slice(0, SENSORS_MAX)
    const last = yield* log.lastReadings(some.map(({ id }) => id))
    const now = yield* nowMicros
    const reporting = some.flatMap((sensor) => {
      const lastAt = last.get(sensor.id)?.occurredAt
      const intervalMs = sensor.intervalMs ?? sensor.estimatedIntervalMs
      const retired = sensor.status === "retired"
      if (lastAt === undefined || retired || goneSince({ retired, intervalMs, lastAt }, now) !== null)
        return []
      return [{ labels: labelsOf(sensor), lastAt, intervalMs }]
    })
    return [
      gauge(
        "tidemark_sensor_last_reading_timestamp_seconds",
        "Device time of a sensor's last reading, in seconds since 1970; of sensors that are neither retired nor gone",
        ...reporting.map(({ labels, lastAt }) => ({ labels, value: lastAt / MICROS_PER_SECOND }))
      ),
      gauge(
        "tidemark_sensor_interval_seconds",
        "How often such a sensor speaks, as it declared or as its readings show",
        ...reporting.flatMap(({ intervalMs, labels }) =>
          intervalMs === null ? [] : [{ labels, value: intervalMs / 1_000 }]
        )
      ),
      gauge(
        "tidemark_sensors_left_out",
        `1: there are more than the ${SENSORS_MAX} sensors whose last readings are told here`,
        bit(all.length > SENSORS_MAX)
      )
    ]
  })

const alertFamilies = ({ counts }: AlertStoreService) =>
  Effect.map(counts, ({ dead, firing, waiting }) => [
    gauge("tidemark_alerts_firing", "Alerts that fire", { value: firing }),
    gauge(
      "tidemark_alert_notices",
      "Notices of alerts that are not sent; dead: given up",
      { labels: { state: "waiting" }, value: waiting },
      { labels: { state: "dead" }, value: dead }
    )
  ])

export const layer = Layer.scoped(
  MetricsReport,
  Effect.gen(function* () {
    const health = yield* HealthCheck
    const ingest = yield* IngestStatus
    const minutes = yield* Minutes
    const statuses = yield* SensorStatuses
    const ofProcess = yield* processMetrics
    const started = yield* nowMicros
    const { owns } = yield* Ownership
    const sensors = yield* Effect.cachedWithTTL(
      sensorFamilies(yield* EventLog).pipe(
        Effect.timeout(SENSORS_WAITED),
        Effect.catchAll((error) => Effect.as(Effect.logDebug(`no sensors are told of: ${error._tag}`), []))
      ),
      SENSORS_KEPT
    )
    const alerts = yield* Effect.cachedWithTTL(
      alertFamilies(yield* AlertStore).pipe(
        Effect.timeout(SENSORS_WAITED),
        Effect.catchAll((error) => Effect.as(Effect.logDebug(`no alerts are told of: ${error._tag}`), []))
      ),
      SENSORS_KEPT
    )
    const ofProjections = (report: Health) =>
      Effect.zipWith(minutes.status, nowMicros, ({ caughtUpAt }, now) => {
        // Whoever folds tells how it does.
        const ours = (report.projections ?? []).filter(({ name }) => owns(name))
        const lags = ours.map(({ lag, name }) => ({
          labels: { projection: name },
          value: lag
        }))
        const seconds = Math.max(0, now - (caughtUpAt ?? started)) / MICROS_PER_SECOND
        return [
          gauge("tidemark_projection_lag_events", "Events that are not folded yet", ...lags),
          gauge(
            "tidemark_projection_lag_seconds",
            "For how long some have not been; 0: all are folded",
            ...lags.map(({ labels, value }) => ({ labels, value: value === 0 ? 0 : seconds }))
          )
        ]
      })
    return {
      families: Effect.gen(function* () {
        const report = yield* health.report
        return [
          ...ofHealth(report),
          ...ofIngest(yield* ingest.get),
          ...(yield* ofProjections(report)),
          ofActors((yield* statuses.all).values()),
          ...(yield* sensors),
          ...(yield* alerts),
          ...registryFamilies(),
          ...ofProcess()
        ]
      })
    }
  })
)
