/** `/explain`: what would be stored of a message, what not, and why, without storing it. */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { Access, reads } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { field, SensorNumber, says, TimeText } from "../core/ContractFields.js"
import { problemOf } from "../core/Problem.js"

const Text = Schema.NullOr(Schema.String)

export const ExplainedReading = Schema.Struct({
  sensor: field(Text, "The sensor's name; null: it gave its number", "attic/temperature"),
  sensor_id: field(Schema.NullOr(SensorNumber), "The sensor's own number; null: it is known by its name"),
  device: field(Text, "The device, which is the name without its metric", "attic"),
  metric: field(Text, "The metric; null: the name has none", "temperature"),
  value: field(Schema.Number, "The value", 21.5),
  unit: field(Text, "Its unit; null: the message does not say it", "°C"),
  type: field(Text, "What is measured; null: the message does not say it", "temperature"),
  timestamp: field(TimeText, "When it was measured, UTC"),
  time_source: field(Schema.Literal("device", "arrival", "adjusted"), "Whose time that is", "device"),
  lat: field(Schema.NullOr(Schema.Number), "Latitude that the message says; null: none", 46.05),
  lng: field(Schema.NullOr(Schema.Number), "Longitude that the message says; null: none", 14.5)
}).annotations({ identifier: "ExplainedReading", description: "A reading that would be stored" })

export type ExplainedReading = typeof ExplainedReading.Type

export const ExplainedFault = Schema.Struct({
  metric: field(Text, "The part of the message that would be rejected; null: all of it", "temperature"),
  code: field(Schema.String, "What is wrong, as a code that stays the same", "not-a-number"),
  field: field(Text, "The field or metric that is wrong; null: the message as a whole", "temperature"),
  problem: field(Schema.String, "What is wrong", "value is text, not a finite number"),
  mend: field(Schema.String, "How to mend it", "Give a finite number")
}).annotations({ identifier: "ExplainedFault", description: "Why a part of it would be rejected" })

export type ExplainedFault = typeof ExplainedFault.Type

export const ExplainedAside = Schema.Struct({
  field: field(Schema.String, "Its path in the message", "firmware"),
  reason: field(
    Schema.String,
    "Why it gave no reading, after its name",
    "is text, which describes and measures nothing"
  ),
  found: field(Text, "What stands there, as JSON, cut to 200 characters; null: not said", '"1.4.2"')
}).annotations({ identifier: "ExplainedAside", description: "Why a field gave no reading" })

export const Explanation = Schema.Struct({
  codec: field(Text, "What read the payload; null: nothing could", "json"),
  preset: field(Text, "The preset of a family of devices that read it; null: none", "tasmota"),
  mapping: field(Text, "The topic filter of the mapping that was applied; null: none", "tele/+/SENSOR"),
  readings: field(Schema.Array(ExplainedReading), "What would be stored"),
  rejected: field(Schema.Array(ExplainedFault), "What would be rejected, and kept with its reason"),
  passed_over: field(Schema.Array(Schema.String), "What is no measurement, or is not wanted, by its path", [
    "firmware"
  ]),
  ignored: field(Schema.Array(Schema.String), "Fields beside a value that are wrong, and cost no reading", [
    "lat"
  ]),
  reasons: field(Schema.Array(ExplainedAside), "Why each of `passed_over` and `ignored` gave no reading")
}).annotations({ identifier: "Explanation", description: "What would become of a message" })
export type Explanation = typeof Explanation.Type

export const TOPIC_LENGTH_MAX = 65_535

export const ExplainParams = Schema.Struct({
  topic: Schema.optionalWith(
    Schema.String.pipe(Schema.minLength(1), Schema.maxLength(TOPIC_LENGTH_MAX)).annotations({
      ...says(`must be a topic of 1 to ${TOPIC_LENGTH_MAX} characters`),
      description: "The MQTT topic that it would come by; without: `sensors`, which names no device.",
      examples: ["tele/attic/SENSOR"]
    }),
    { exact: true }
  )
})

export class ExplainGroup extends HttpApiGroup.make("Explain")
  .add(
    HttpApiEndpoint.post("explainMessage", "/explain")
      .annotate(Access, reads("nothing"))
      .setUrlParams(ExplainParams)
      .setPayload(
        HttpApiSchema.Text({ contentType: "text/plain" }).annotations({
          description: "The payload as a device would publish it, whatever its content type: text or bytes.",
          examples: ['{"device_id": "attic", "ts": 1718389665, "data": {"temp": 21.5}}']
        })
      )
      .addSuccess(answer(Explanation, "What would become of it"))
      .addError(problemOf("invalid-request"))
      .addError(problemOf("body-too-large"))
      .addError(problemOf("unsupported-media-type"))
      .annotate(OpenApi.Summary, "Explain a message without storing it")
      .annotate(
        OpenApi.Description,
        "Decodes it as it would be decoded at its arrival by MQTT: by the same codecs, mappings and presets."
      )
  )
  .annotate(OpenApi.Description, "What would become of a message") {}
