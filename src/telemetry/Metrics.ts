/**
 * What Tidemark measures as it happens, each by its name on the wire. Durations are in seconds, sizes in bytes. What a
 * part can tell whenever it is asked is not counted a second time here: `app/MetricsReport.ts` asks for it.
 */
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricLabel from "effect/MetricLabel"

/** Registered at once: a count is told from 0 on. */
const counter = (name: string, description: string) =>
  Metric.counter(name, { description, incremental: true }).register()

const histogram = (name: string, description: string, bounds: ReadonlyArray<number>) =>
  Metric.histogram(name, MetricBoundaries.fromIterable(bounds), description)

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Labels are looked up by identity on each update: whoever updates keeps them. */
export const labels = (named: Readonly<Record<string, string>>): ReadonlyArray<MetricLabel.MetricLabel> =>
  Object.entries(named).map(([name, value]) => MetricLabel.make(name, value))

/** One of each of these values, from 0 on. */
export const labelSets = <Type, In, Out, const Value extends string>(
  metric: Metric.Metric<Type, In, Out>,
  name: string,
  values: ReadonlyArray<Value>
): Readonly<Record<Value, ReadonlyArray<MetricLabel.MetricLabel>>> => {
  const all = Object.fromEntries(values.map((value) => [value, labels({ [name]: value })]))
  for (const one of Object.values(all)) metric.unsafeValue(one)
  return all as Record<Value, ReadonlyArray<MetricLabel.MetricLabel>>
}

export const rejectedTotal = Metric.counter("tidemark_rejected_total", {
  description: "Messages, or metrics of them, that ingest kept as rejected, by the code of the first fault",
  incremental: true
})
export const fieldsIgnoredTotal = counter(
  "tidemark_fields_ignored_total",
  "Fields beside a value, such as its unit or place, that were wrong and ignored"
)
export const appendRetriesTotal = counter(
  "tidemark_append_retries_total",
  "Appends that found the log unavailable and were made again"
)
export const appendSeconds = histogram(
  "tidemark_append_seconds",
  "Time from the first try of an append to its commit",
  SECONDS
).register()
export const batchRows = histogram(
  "tidemark_append_rows",
  "Rows of an append",
  [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]
).register()
/** Once a batch, as none of its messages waits longer than the first: nothing is done for each message. */
export const acknowledgeSeconds = histogram(
  "tidemark_acknowledge_seconds",
  "Time from the arrival of a batch's first message until all of the batch may be acknowledged",
  SECONDS
).register()

export const mqttConnections = Metric.gauge("tidemark_mqtt_connections", {
  description: "Open MQTT connections"
}).register()
export const mqttRefusedTotal = counter(
  "tidemark_mqtt_refused_total",
  "MQTT connections, messages and subscriptions that were refused"
)

export const actorRestartsTotal = counter(
  "tidemark_actor_restarts_total",
  "Simulated sensors that crashed and were started again"
)
export const actorMessagesDroppedTotal = counter(
  "tidemark_actor_messages_dropped_total",
  "Messages of simulated sensors that were pushed out of a full outbox, unsent"
)

export const databaseSeconds = histogram(
  "tidemark_database_seconds",
  "Time that a read, or a transaction with its commit, took, its retries included",
  SECONDS
)
export const DATABASE_CALLS = labelSets(databaseSeconds, "call", ["read", "transaction"])
export const databaseErrorsTotal = Metric.counter("tidemark_database_errors_total", {
  description: "Reads and transactions that failed for good, by kind of failure",
  incremental: true
})

export const requestSeconds = histogram(
  "tidemark_http_request_seconds",
  "Time from a request's head to the last byte of its answer, by method, route and status",
  SECONDS
)
