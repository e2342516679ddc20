/** The log itself, and what did not get into it. */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { EventType } from "../../domain/Event.js"
import { Access, readsRows } from "../core/Access.js"
import { field, SensorNumber, TimeText, Whole } from "../core/ContractFields.js"
import { EventParams, RejectedParams } from "../core/ListParameters.js"
import { problemOf } from "../core/Problem.js"

const nullable = <A, I>(schema: Schema.Schema<A, I>) => Schema.NullOr(schema)

export const LogEvent = Schema.Struct({
  position: field(Whole, "Place in the log: one rising number, without a hole", 4711),
  event_id: field(Schema.String, "Idempotency key: 48 bits of device time in ms, then a hash; hex"),
  type: field(EventType, "What happened", "ReadingRecorded"),
  sensor_id: field(SensorNumber, "Number of the sensor", 1),
  sensor_version: field(Whole, "Version of the sensor's metadata that was in force", 1),
  occurred_at: field(TimeText, "Device time, UTC"),
  recorded_at: field(TimeText, "When the log took it, UTC; never falls as the position rises"),
  value: field(nullable(Schema.Finite), "The measured value; null for events that carry none", 21.5),
  lat: field(nullable(Schema.Finite), "Latitude, WGS 84, degrees; null: that of the version", 10),
  lng: field(nullable(Schema.Finite), "Longitude, WGS 84, degrees; null: that of the version", 10),
  reading_id: field(nullable(Whole), "Of a correction or deletion: the reading; null: its own position"),
  superseded_by: field(nullable(Whole), "Position of the correction or deletion of this row; null: none"),
  payload: field(nullable(Schema.Object), "What did not fit the narrow row")
}).annotations({ identifier: "LogEvent", description: "One event of the log" })
export type LogEvent = typeof LogEvent.Type

export const Rejected = Schema.Struct({
  id: field(Schema.String, "Hash of topic, bytes and metric: the same message is one row; hex"),
  topic: field(Schema.String, "MQTT topic that it came by", "sensors/1"),
  metric: field(nullable(Schema.String), "The metric within the message; null: all of it"),
  bytes: field(nullable(Schema.String), "Its first 64 KiB in hex; null: the quota was used up"),
  size: field(Whole, "Size of the whole message, bytes", 120),
  truncated: field(Schema.Boolean, "`bytes` is not all of it", false),
  reason: field(Schema.String, "Why it was rejected"),
  first_seen: field(TimeText, "When it came first, UTC"),
  deliveries: field(Whole, "How often it came", 1)
}).annotations({
  identifier: "RejectedMessage",
  description: "A message that could not be decoded or stored"
})
export type Rejected = typeof Rejected.Type

const rows = <A, I>(schema: Schema.Schema<A, I>, description: string) =>
  Schema.Array(schema).annotations(HttpApiSchema.annotations({ status: 200, description }))

export class LogGroup extends HttpApiGroup.make("Log")
  .add(
    HttpApiEndpoint.get("listEvents", "/events/")
      .annotate(Access, readsRows({ asOf: true }))
      .setUrlParams(EventParams)
      .addSuccess(rows(LogEvent, "The events, in order of position. The next page is in the `Link` header."))
      .addError(problemOf("invalid-request"))
      .annotate(OpenApi.Summary, "The log: everything that ever happened, in its one order")
  )
  .add(
    HttpApiEndpoint.get("listRejected", "/rejected/")
      .annotate(Access, readsRows())
      .setUrlParams(RejectedParams)
      .addSuccess(
        rows(
          Rejected,
          "The messages, newest first. A page of large ones is cut short; the next is in the `Link` header."
        )
      )
      .addError(problemOf("invalid-request"))
      .annotate(OpenApi.Summary, "Messages that could not be decoded or stored, each with its reason")
  )
  .annotate(OpenApi.Description, "The log itself, and what did not get into it") {}
