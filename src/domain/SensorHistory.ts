/** A sensor as the log's events tell it: what was known of it as of any of them. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Event } from "./Event.js"
import { Metadata, type Sensor, UNKNOWN_METADATA } from "./Sensor.js"

const SensorPayload = Schema.Struct({
  name: Schema.NullOr(Schema.String),
  metadata: Metadata,
  interval_ms: Schema.NullOr(Schema.Positive),
  derived: Schema.optional(Schema.Literal(true))
})
const decode = Schema.decodeUnknownOption(SensorPayload)

/** The sensor after one more of its own events; those of its readings change nothing. */
export const afterEvent = (before: Sensor | undefined, event: Event): Sensor | undefined => {
  if (event.type === "SensorRetired") return before === undefined ? before : { ...before, status: "retired" }
  if (event.type !== "SensorRegistered" && event.type !== "SensorChanged") return before
  const payload = Option.getOrNull(decode(event.payload))
  return {
    id: event.sensorId,
    name: payload?.name ?? null,
    status: payload?.derived === true ? "derived" : "active",
    version: event.sensorVersion,
    metadata: payload?.metadata ?? UNKNOWN_METADATA,
    intervalMs: payload?.interval_ms ?? null,
    estimatedIntervalMs: null,
    versionSince: event.occurredAt
  }
}
