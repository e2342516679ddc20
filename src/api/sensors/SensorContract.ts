/**
 * A sensor on the wire: what is known of it, how its simulation is doing, and what it said last.
 */
import * as Schema from "effect/Schema"
import { placeColumns } from "../../domain/dataset/Place.js"
import { SILENCE_WORDS } from "../../domain/SensorSilence.js"
import { fieldsOf } from "../core/ColumnFields.js"
import {
  DescriptionInput,
  field,
  LatitudeInput,
  LongitudeInput,
  optional,
  SensorNumber,
  says,
  TimeText,
  TypeInput,
  UnitInput,
  Whole
} from "../core/ContractFields.js"
import { Reading } from "../data/ReadingContract.js"

const PLACE = placeColumns("any time", "v")

export const SensorMetadata = Schema.Struct({
  ...fieldsOf(PLACE),
  min: field(Schema.NullOr(Schema.Finite), "The least value it is declared to give; null: not declared", 0),
  max: field(
    Schema.NullOr(Schema.Finite),
    "The greatest value it is declared to give; null: not declared",
    45
  )
}).annotations({ identifier: "SensorMetadata", description: "What is known of a sensor" })

export const ActorStatus = Schema.Struct({
  state: field(
    Schema.Literal("running", "restarting", "parked"),
    "`parked`: it crashed too often and is not started again",
    "running"
  ),
  restarts: field(Whole, "Restarts since it was started", 0),
  last_error: field(Schema.NullOr(Schema.String), "Why it crashed last; null: it never did"),
  last_reading_at: field(
    Schema.NullOr(TimeText),
    "Device time of its last acknowledged reading; null: none yet"
  )
}).annotations({ identifier: "ActorStatus", description: "How a simulated sensor is doing" })

export const PassedOverField = Schema.Struct({
  field: field(Schema.String, "Its path in the message", "humidity"),
  kind: field(
    Schema.Literal("unread", "wrong"),
    "`unread`: it looks like a measurement, and is none that could be read; `wrong`: a field beside the values",
    "unread"
  ),
  example: field(Schema.String, "What stood there last, cut", "21.5 °C"),
  count: field(Whole, "How often it came", 17),
  last_seen: field(TimeText, "When it came last, UTC")
}).annotations({
  identifier: "PassedOverField",
  description: "A field of a device's messages that gave no reading, and cost none"
})

export const Sensor = Schema.Struct({
  id: field(SensorNumber, "Number of the sensor", 1),
  sensor_id: field(SensorNumber, "The same number", 1),
  name: field(Schema.NullOr(Schema.String), "Its name, where it is known by one"),
  metadata: field(SensorMetadata, "What is known of it"),
  version: field(Whole, "Which version of its metadata is current", 1),
  interval_ms: field(
    Schema.NullOr(Schema.Positive),
    "Time between two readings, ms: declared, or estimated; null: not known",
    1_000
  ),
  interval_estimated: field(Schema.Boolean, "`interval_ms` is taken from the readings", false),
  retired: field(Schema.Boolean, "Nothing is expected of it any more", false),
  derived: field(
    Schema.Boolean,
    "It has no readings: its aggregates are computed from those of others, as `/derived/` says",
    false
  ),
  gone_since: field(
    Schema.NullOr(TimeText),
    `Device time of its last reading, where it is retired or has been silent for longer than ${SILENCE_WORDS}, whichever is more; null: it is not gone`
  ),
  status: field(
    Schema.NullOr(ActorStatus),
    "Its simulation, as the process that runs it says; of another process than the one that answers, seconds old. Null: it is a real device"
  ),
  last_reading: field(Schema.NullOr(Reading), "Its last reading by device time; null: none")
}).annotations({ identifier: "Sensor", description: "A sensor, how it is doing, and what it said last" })
export type Sensor = typeof Sensor.Type

/** One sensor, asked for by itself. */
export const SensorDetail = Schema.Struct({
  ...Sensor.fields,
  clockless_24h: field(
    Whole,
    "Its readings of the last 24 hours that came without a usable clock: their time is that of their arrival",
    0
  ),
  passed_over: field(
    Schema.Array(PassedOverField),
    "What its device sent and gave no reading, the newest first, at most 100; a second late. As of a position: none"
  )
}).annotations({ identifier: "SensorDetail", description: "A sensor, and how its clock has been doing" })
export type SensorDetail = typeof SensorDetail.Type

const Bound = Schema.NullOr(Schema.Finite).annotations(says("must be a finite number, or null"))

/** What PATCH says of a sensor: what is absent stays, null takes it back. */
export const SensorInput = Schema.Struct({
  lat: optional(LatitudeInput, "Latitude, WGS 84, degrees"),
  lng: optional(LongitudeInput, "Longitude, WGS 84, degrees"),
  unit: optional(UnitInput, "Unit of its values"),
  type: optional(TypeInput, "What is measured"),
  description: optional(DescriptionInput, "The sensor in words, often its place"),
  min: optional(Bound, "The least value that it gives: what is below is out of range", 0),
  max: optional(Bound, "The greatest value that it gives: what is above is out of range", 45),
  interval_ms: optional(
    Schema.Positive.pipe(Schema.finite()).annotations({
      ...says("must be a number above 0, in ms"),
      jsonSchema: { type: "number", exclusiveMinimum: 0 }
    }),
    "Time between two readings, ms: what completeness is counted by",
    1_000
  )
}).annotations({
  identifier: "SensorInput",
  description: "What people say of a sensor: what is absent stays, null takes it back"
})
export type SensorInput = typeof SensorInput.Type
