/**
 * The parameters of routes that answer rows: which rows, in which order, as of when, and in which format.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { topicFilterFault } from "../../domain/access/Topic.js"
import { ANNOTATION_KINDS } from "../../domain/catalogue/Annotation.js"
import { SENSOR_ID_MAX, SensorId as SensorIdSchema, sensorId } from "../../domain/Ids.js"
import { formatTime, type Micros } from "../../domain/Time.js"
import { SAFE_INTEGER_MAX, says } from "./ContractFields.js"
import {
  cursor,
  interval,
  ordered,
  PAGE_LIMIT_DEFAULT,
  PAGE_LIMIT_MAX,
  SENSORS_NAMED_MAX,
  search,
  sensorNames,
  skip,
  timeOf,
  type,
  tz,
  unit,
  wholeWindow,
  window
} from "./ContractParameters.js"
import {
  boundedText,
  choice,
  described,
  flag,
  given,
  Once,
  parsedText,
  parsedTexts,
  wholeOf,
  wholeText
} from "./ParameterText.js"
import { fitting, type SamplingQuery, sampling } from "./Sampling.js"
import { groupBy, shaping, tag } from "./ShapingParameters.js"

/** `json`: rows; `columns`: JSON by column; the others hold all rows, streamed. */
export const FORMATS = ["json", "columns", "ndjson", "csv", "parquet", "arrow"] as const
export type Format = (typeof FORMATS)[number]

export const WIDE_SENSORS_MAX = 100
const FIELDS_LENGTH_MAX = 1_000

const format = choice(
  FORMATS,
  "json",
  "What the rows come in; it wins over an ending (`/data.csv`), and that over `Accept`. `json` (rows) and `columns` " +
    "are paged, the others hold all rows when no `limit` is given: HEAD tells their length, and Range takes parts."
)

const SEPARATORS: Readonly<Record<string, "," | ";" | "\t" | "|">> = {
  ",": ",",
  ";": ";",
  "|": "|",
  "\t": "\t",
  tab: "\t"
}

const sep = given(
  parsedText(Schema.Literal(",", ";", "\t", "|"), (text) =>
    Either.fromNullable(SEPARATORS[text], () => "must be a comma, a semicolon, a bar or tab")
  ).annotations(
    described("Of CSV: what parts the fields.", {
      type: "string",
      enum: [",", ";", "|", "tab"],
      default: ","
    })
  )
)

const bom = given(
  flag("0", "must be 0 or 1", "Of CSV: 1 begins with the byte order mark, by which Excel knows UTF-8.")
)

const fields = given(
  Schema.transform(
    boundedText(
      1,
      FIELDS_LENGTH_MAX,
      "Names of the columns wanted, in their order, by commas.",
      "timestamp,value"
    ),
    Schema.Array(Schema.String),
    {
      strict: true,
      decode: (text) => text.split(",").map((name) => name.trim()),
      encode: (names) => names.join(",")
    }
  )
)

const limit = given(
  wholeText(
    Schema.Int,
    1,
    SAFE_INTEGER_MAX,
    `Rows, at most: 1 to ${PAGE_LIMIT_MAX} in \`json\` and \`columns\` (${PAGE_LIMIT_DEFAULT} when not given); as many as wanted in the streamed formats (all).`
  ).annotations(says(`must be an integer from 1 to ${PAGE_LIMIT_MAX}, or more in a streamed format`))
)

/** As of when: a position of the log, or a time, which stands for the last position recorded up to it. */
export type AsOf =
  | { readonly _tag: "Position"; readonly position: number }
  | { readonly _tag: "Time"; readonly time: Micros }

const AsOfSchema = Schema.declare((input): input is AsOf => typeof input === "object" && input !== null)
const asOfText = parsedText(
  AsOfSchema,
  (text): Either.Either<AsOf, string> => {
    if (/^\d{1,15}$/.test(text)) return Either.right({ _tag: "Position", position: Number(text) })
    const time = timeOf(text)
    return Either.isRight(time) && /[-:]/.test(text)
      ? Either.right({ _tag: "Time", time: time.right })
      : Either.left("must be a position of the log or an RFC 3339 time")
  },
  (asOf) => (asOf._tag === "Position" ? String(asOf.position) : formatTime(asOf.time))
).annotations(
  described(
    "The data exactly as they were then: a position of the log (as `Tidemark-Position` names it), or an RFC 3339 time, " +
      "which stands for the last position recorded up to it.",
    { type: "string", examples: ["4711", "2024-06-14T18:27:45Z"] }
  )
)
export const asOf = given(asOfText)

const sensorIds = given(
  parsedTexts(
    Schema.Array(Schema.typeSchema(SensorIdSchema)),
    (texts) => {
      const ids = texts
        .flatMap((text) => text.split(","))
        .map((text) => wholeOf(text.trim(), 1, SENSOR_ID_MAX))
      return new Set(ids).size <= SENSORS_NAMED_MAX && !ids.includes(Number.NaN)
        ? Either.right([...new Set(ids)].sort((a, b) => a - b).map(sensorId))
        : Either.left(`must be at most ${SENSORS_NAMED_MAX} numbers of sensors`)
    },
    (ids) => ids.join(",")
  ).annotations(
    described(`Numbers of the sensors, repeated or by commas; at most ${SENSORS_NAMED_MAX}.`, {
      type: "array",
      items: { type: "integer", minimum: 1 }
    })
  )
)

const order = choice(["asc", "desc"], "asc", "By time: the oldest first, or the newest.")
const shape = choice(
  ["long", "wide"],
  "long",
  "`long`: a row a reading, or an aggregate. `wide`: a row a time and a column a sensor, at most " +
    `${WIDE_SENSORS_MAX} of them, with its reading, or its mean.`
)

const ofSensors = { sensor_id: sensorIds, sensor: sensorNames, tag }
const paging = { skip, limit, cursor, format, sep, bom, fields }
const readings = { as_of: asOf, order, shape, ...shaping, ...paging, ...sampling }
const aggregates = { as_of: asOf, order, interval, tz, shape, ...shaping, ...paging, ...sampling }

const listed = <A extends SamplingQuery, I>(schema: Schema.Schema<A, I>) =>
  schema.pipe(Schema.filter(fitting))

export const ListParams = listed(Schema.Struct({ ...ofSensors, type, unit, ...window, ...readings }))
export const SummaryParams = listed(Schema.Struct({ type, unit, ...window, ...ofSensors, ...readings }))
export const RangeParams = listed(Schema.Struct({ ...wholeWindow, type, unit, ...ofSensors, ...readings }))
export const OfSensorParams = listed(Schema.Struct({ type, unit, ...window, ...readings }))

export const AggregateListParams = listed(
  Schema.Struct({ ...ofSensors, type, unit, ...window, ...aggregates })
)
export const AggregateSummaryParams = listed(
  Schema.Struct({ type, unit, ...window, ...ofSensors, ...aggregates })
)
export const AggregateRangeParams = listed(
  Schema.Struct({
    ...wholeWindow,
    type,
    unit,
    ...ofSensors,
    ...aggregates
  })
)
export const AggregateOfSensorParams = listed(Schema.Struct({ type, unit, ...window, ...aggregates }))

const topicFilter = given(
  Once.pipe(Schema.filter((text) => topicFilterFault(text) ?? true)).annotations(
    described(
      "Messages that came by these topics alone: a topic, or an MQTT topic filter. `+` stands for one level, and `#` at " +
        "the end for all levels from there.",
      { type: "string", minLength: 1, examples: ["sensors/boiler", "zigbee2mqtt/+", "plant/1/#"] }
    )
  )
)
const annotationKind = given(
  Schema.Literal(...ANNOTATION_KINDS).annotations({
    ...says(`must be one of ${ANNOTATION_KINDS.join(", ")}`),
    ...described("Only annotations of this kind.", { type: "string", enum: [...ANNOTATION_KINDS] })
  })
)
export const AnnotationListParams = Schema.Struct({
  ...window,
  ...ofSensors,
  kind: annotationKind,
  as_of: asOf,
  ...paging
})
export const AggregateGroupParams = Schema.Struct({
  group_by: groupBy,
  ...ofSensors,
  type,
  unit,
  ...window,
  as_of: asOf,
  interval,
  tz,
  ...shaping,
  ...paging
}).pipe(Schema.filter(ordered))

export const SensorListParams = Schema.Struct({ as_of: asOf, name: sensorNames, tag, ...paging })
export const SensorParams = Schema.Struct({ as_of: asOf })
export const MetadataParams = Schema.Struct({ search, ...paging })
export const PagedParams = Schema.Struct(paging)
export const RejectedParams = Schema.Struct({ topic: topicFilter, ...paging })
export const EventParams = Schema.Struct({ as_of: asOf, ...paging })
