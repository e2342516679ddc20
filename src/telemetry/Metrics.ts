/**
 * The metrics of Tidemark, each by its name on the wire. Durations are in seconds, sizes in bytes.
 */
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

const counter = (name: string, description: string) =>
  Metric.counter(name, { description, incremental: true })
const gauge = (name: string, description: string) => Metric.gauge(name, { description })

/** Messages that ingest was handed, by whatever way. */
export const messagesTotal = counter("tidemark_messages_total", "Messages handed to ingest")
export const readingsStoredTotal = counter("tidemark_readings_stored_total", "Readings appended to the log")
export const readingsRepeatedTotal = counter(
  "tidemark_readings_repeated_total",
  "Readings that the log held already"
)
export const readingsRejectedTotal = counter(
  "tidemark_readings_rejected_total",
  "Messages, or metrics of them, kept as rejected"
)
export const messagesDroppedTotal = counter(
  "tidemark_messages_dropped_total",
  "QoS 0 messages dropped because too many were pending"
)
export const fieldsIgnoredTotal = counter(
  "tidemark_fields_ignored_total",
  "Fields beside a value, such as its unit or place, that were wrong and ignored"
)
export const appendRetriesTotal = counter(
  "tidemark_append_retries_total",
  "Appends that found the log unavailable and were made again"
)
export const appendSeconds = Metric.histogram(
  "tidemark_append_seconds",
  MetricBoundaries.fromIterable([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]),
  "Time from the first try of an append to its commit"
)
export const batchRows = Metric.histogram(
  "tidemark_append_rows",
  MetricBoundaries.fromIterable([1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]),
  "Rows of an append"
)
export const pendingMessages = gauge("tidemark_pending_messages", "Messages taken in and not yet committed")
export const pendingBytes = gauge("tidemark_pending_bytes", "About how much memory pending messages hold")

export const mqttConnections = gauge("tidemark_mqtt_connections", "Open MQTT connections")
export const mqttRefusedTotal = counter(
  "tidemark_mqtt_refused_total",
  "MQTT connections closed because they broke a rule or a bound"
)
