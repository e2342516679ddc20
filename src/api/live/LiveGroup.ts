/**
 * The log as it goes on: Server-Sent Events, and the history of one reading.
 */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { Position, SENSOR_ID_MAX, SensorId, sensorId } from "../../domain/Ids.js"
import { TYPE_LENGTH_MAX } from "../../domain/Sensor.js"
import { reads } from "../core/Access.js"
import { field, SAFE_INTEGER_MAX, TimeText, Whole } from "../core/ContractFields.js"
import { ReadingPath, sensorNames } from "../core/ContractParameters.js"
import { get, group } from "../core/Endpoint.js"
import { answering, ETAG, headerParameter, ref } from "../core/OperationFacts.js"
import { described, given, parsedTexts, wholeOf } from "../core/ParameterText.js"
import { Reading } from "../data/ReadingContract.js"
import { MaybeTimeSource, ReadingVersions } from "../data/Writing.js"

export const EVENT_STREAM_TYPE = "text/event-stream"
export const LIVE_SENSORS_MAX = 1_000

const { position, recorded_at, time_source, ...fields } = Reading.fields

/** What the `data` of a live event holds. */
export const LiveReading = Schema.Struct({
  ...fields,
  value: field(Schema.NullOr(Schema.Finite), "The value now in force; null: deleted", 21.5),
  position: field(Whole, "Place of this event in the log: also the event's `id`", 4711),
  recorded_at: field(TimeText, "When the log stored it, UTC"),
  time_source: MaybeTimeSource,
  reason: field(Schema.NullOr(Schema.String), "Why it was changed, as whoever did it said"),
  by: field(Schema.NullOr(Schema.String), "Name of the key that changed it")
}).annotations({
  identifier: "LiveReading",
  description: "A reading that was recorded, corrected or deleted"
})
export type LiveReading = typeof LiveReading.Type

const byCommas = (texts: ReadonlyArray<string>) => texts.flatMap((text) => text.split(","))

const SensorIds = parsedTexts(
  Schema.Array(Schema.typeSchema(SensorId)),
  (texts) => {
    const ids = byCommas(texts).map((text) => wholeOf(text, 1, SENSOR_ID_MAX))
    return ids.length <= LIVE_SENSORS_MAX && !ids.includes(Number.NaN)
      ? Either.right(ids.map(sensorId))
      : Either.left(`must be integers from 1 to ${SENSOR_ID_MAX}, at most ${LIVE_SENSORS_MAX} of them`)
  },
  (ids) => ids.join(",")
).annotations(
  described("Only these sensors: numbers, separated by commas.", {
    type: "string",
    pattern: "^\\d+(,\\d+)*$",
    examples: ["1", "1,2"]
  })
)

const Types = parsedTexts(
  Schema.Array(Schema.String),
  (texts) => {
    const types = byCommas(texts)
    return types.every((type) => type.length >= 1 && type.length <= TYPE_LENGTH_MAX)
      ? Either.right(types)
      : Either.left(`must have 1 to ${TYPE_LENGTH_MAX} characters`)
  },
  (types) => types.join(",")
).annotations(
  described("Only readings of these types, exactly; separated by commas.", {
    type: "string",
    examples: ["temperature"]
  })
)

/** A position of the log as text. */
export const LastEventId = parsedTexts(
  Schema.typeSchema(Position),
  (texts) => {
    const n = texts.length === 1 ? wholeOf(texts[0] ?? "", 0, SAFE_INTEGER_MAX) : Number.NaN
    return Number.isNaN(n)
      ? Either.left(`must be a position: an integer from 0 to ${SAFE_INTEGER_MAX}, given once`)
      : Either.right(Position.make(n))
  },
  String
).annotations(
  described(
    "Go on behind this position of the log; 0: from its beginning. The header `Last-Event-ID` wins over it. " +
      "Without either: from now on.",
    { type: "integer", minimum: 0, maximum: SAFE_INTEGER_MAX, examples: [4711] }
  )
)

export const StreamParams = Schema.Struct({
  sensor_id: given(SensorIds),
  sensor: sensorNames,
  type: given(Types),
  last_event_id: given(LastEventId)
})

const EXAMPLE = 'event: recorded\nid: 4711\ndata: {"id":4711,"sensor_id":1,"value":21.5}\n\n'

/** Server-Sent Events: `contentSchema` is that of their `data`, in JSON. */
const eventsAnswer = answering(
  {},
  {
    [EVENT_STREAM_TYPE]: {
      schema: {
        type: "string",
        contentMediaType: EVENT_STREAM_TYPE,
        contentSchema: ref("LiveReading"),
        examples: [EXAMPLE]
      }
    }
  }
)

const lastEventIdHeader = headerParameter(
  "Last-Event-ID",
  "The `id` of the last event that you got: browsers send it when they connect again.",
  "4711"
)

const Events = HttpApiSchema.Text({ contentType: EVENT_STREAM_TYPE }).annotations({
  description:
    "`event` is `recorded`, `corrected` or `deleted`, `id` the position in the log, `data` a `LiveReading` in JSON.",
  examples: [EXAMPLE]
})

export class LiveGroup extends group(
  "Live",
  "What happens, and what happened",
  get(
    "streamReadings",
    "/data/stream/",
    "Readings as they are recorded, corrected and deleted",
    reads("own", { dataset: "sensor_data" })
  )
    .setUrlParams(StreamParams)
    .addSuccess(Events)
    .annotate(OpenApi.Transform, (operation) => eventsAnswer(lastEventIdHeader(operation)))
    .annotate(
      OpenApi.Description,
      "Server-Sent Events, in the order of the log, without a gap and without a repeat: connect again with the " +
        "last `id`. A reader that takes nothing while more and more waits for it is cut off, and may connect again."
    ),
  get(
    "readingHistory",
    "/data/:data_id/history",
    "What became of a reading: each version, why, and by whom",
    reads("reading", { dataset: "sensor_data" })
  )
    .setPath(ReadingPath)
    .annotate(OpenApi.Transform, answering({ ETag: ETAG }))
    .addSuccess(
      ReadingVersions.annotations({
        description: "Each version in the order of the log; of a deleted reading too"
      })
    )
) {}

/** For clients and documents: the shape of the events' data. */
export const LIVE_SCHEMAS = { LiveReading }
