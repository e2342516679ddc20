/** `/sensors/{sensor_id}/calibration` and `/tags`: what people say of a sensor, with its history. */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { reads, writes } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { SensorPath } from "../core/ContractParameters.js"
import { get, group, put } from "../core/Endpoint.js"
import { SensorParams } from "../core/ListParameters.js"
import { answering, ETAG } from "../core/OperationFacts.js"
import { VERSION } from "../data/Saying.js"
import { ReasonParams } from "../data/Writing.js"
import { CalibrationInput, SensorCalibration, SensorTags, TagsInput } from "./ShapingContract.js"

const tagged = answering({ ETag: ETAG })

export class ShapingGroup extends group(
  "Shaping",
  "Calibrations and tags of sensors: what people say of them, with its history",
  get(
    "calibration",
    "/sensors/:sensor_id/calibration",
    "How readings of a sensor are put right",
    reads("sensor", { dataset: "sensors" })
  )
    .setPath(SensorPath)
    .setUrlParams(SensorParams)
    .annotate(OpenApi.Transform, tagged)
    .addSuccess(answer(SensorCalibration, "The calibration; version 0 where nobody has given one")),
  put(
    "calibrate",
    "/sensors/:sensor_id/calibration",
    "Calibrate a sensor",
    writes("sensor", { dataset: "sensors", ifMatch: VERSION })
  )
    .setPath(SensorPath)
    .setUrlParams(ReasonParams)
    .setPayload(CalibrationInput)
    .annotate(OpenApi.Transform, tagged)
    .addSuccess(answer(SensorCalibration, "The calibration as it is now"))
    .annotate(
      OpenApi.Description,
      "What is stored stays as it was measured: the calibration is applied where rows are asked for with " +
        "`calibrated=true`. It holds from `log_position` on, so that what was answered before can be asked for again " +
        "by `as_of`. Where nothing changes, nothing happens."
    ),
  get(
    "calibrationHistory",
    "/sensors/:sensor_id/calibration/history",
    "What was said of a sensor's calibration, when, by whom and why",
    reads("sensor", { dataset: "sensors" })
  )
    .setPath(SensorPath)
    .addSuccess(answer(Schema.Array(SensorCalibration), "Its calibrations, the oldest first")),
  get(
    "sensorTags",
    "/sensors/:sensor_id/tags",
    "Where a sensor belongs",
    reads("sensor", { dataset: "sensors" })
  )
    .setPath(SensorPath)
    .setUrlParams(SensorParams)
    .annotate(OpenApi.Transform, tagged)
    .addSuccess(answer(SensorTags, "The tags; version 0 where nobody has given any")),
  put(
    "tagSensor",
    "/sensors/:sensor_id/tags",
    "Tag a sensor",
    writes("sensor", { dataset: "sensors", ifMatch: VERSION })
  )
    .setPath(SensorPath)
    .setUrlParams(ReasonParams)
    .setPayload(TagsInput)
    .annotate(OpenApi.Transform, tagged)
    .addSuccess(answer(SensorTags, "The tags as they are now"))
    .annotate(OpenApi.Description, "All of its tags at once. Where nothing changes, nothing happens."),
  get(
    "tagHistory",
    "/sensors/:sensor_id/tags/history",
    "What was said of a sensor's tags, when, by whom and why",
    reads("sensor", { dataset: "sensors" })
  )
    .setPath(SensorPath)
    .addSuccess(answer(Schema.Array(SensorTags), "Its tags, the oldest version first"))
) {}
