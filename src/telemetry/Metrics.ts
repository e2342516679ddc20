/**
 * The metrics of Tidemark, each by its name on the wire. Durations are in seconds, sizes in bytes.
 */
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

/** Messages that ingest was handed, by whatever way. */
export const messagesTotal = Metric.counter("tidemark_messages_total", {
  description: "Messages handed to ingest",
  incremental: true
})
export const readingsStoredTotal = Metric.counter("tidemark_readings_stored_total", {
  description: "Readings appended to the log",
  incremental: true
})
export const readingsRepeatedTotal = Metric.counter("tidemark_readings_repeated_total", {
  description: "Readings that the log held already",
  incremental: true
})
export const readingsRejectedTotal = Metric.counter("tidemark_readings_rejected_total", {
  description: "Messages, or metrics of them, kept as rejected",
  incremental: true
})
export const messagesDroppedTotal = Metric.counter("tidemark_messages_dropped_total", {
  description: "QoS 0 messages dropped because too many were pending",
  incremental: true
})
export const fieldsIgnoredTotal = Metric.counter("tidemark_fields_ignored_total", {
  description: "Fields beside a value, such as its unit or place, that were wrong and ignored",
  incremental: true
})
export const appendRetriesTotal = Metric.counter("tidemark_append_retries_total", {
  description: "Appends that found the log unavailable and were made again",
  incremental: true
})
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
export const pendingMessages = Metric.gauge("tidemark_pending_messages", {
  description: "Messages taken in and not yet committed"
})
export const pendingBytes = Metric.gauge("tidemark_pending_bytes", {
  description: "About how much memory pending messages hold"
})

export const mqttConnections = Metric.gauge("tidemark_mqtt_connections", {
  description: "Open MQTT connections"
})
export const mqttRefusedTotal = Metric.counter("tidemark_mqtt_refused_total", {
  description: "MQTT connections closed because they broke a rule or a bound",
  incremental: true
})
