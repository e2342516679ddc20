/** `/derived/`: sensors that are computed from others, with what was said of them. */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { NAME_LENGTH_MAX } from "../../domain/Sensor.js"
import { reads, writes } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { get, group, put } from "../core/Endpoint.js"
import { boundedText } from "../core/ParameterText.js"
import { VERSION } from "../data/Saying.js"
import { ReasonParams } from "../data/Writing.js"
import { DerivedDetail, DerivedInput, DerivedSensor, DerivedVersion } from "./DerivedContract.js"

const DerivedPath = Schema.Struct({
  name: boundedText(1, NAME_LENGTH_MAX, "Name of the derived sensor.", "dew point")
})

export class DerivedGroup extends group(
  "Derived",
  "Sensors that are computed from others, minute by minute",
  get("listDerived", "/derived/", "All derived sensors", reads("everything")).addSuccess(
    answer(Schema.Array(DerivedSensor), "The derived sensors, in order of their names")
  ),
  get("derived", "/derived/:name", "One derived sensor", reads("everything"))
    .setPath(DerivedPath)
    .addSuccess(answer(DerivedDetail, "The derived sensor")),
  put(
    "derive",
    "/derived/:name",
    "Define a derived sensor, or change it",
    writes("everything", { ifMatch: VERSION, anyName: true })
  )
    .setPath(DerivedPath)
    .setUrlParams(ReasonParams)
    .setPayload(DerivedInput)
    .addSuccess(answer(DerivedDetail, "The derived sensor as it is defined now"))
    .annotate(
      OpenApi.Description,
      "A new one gets a number. All minutes of its sources are computed, the earlier ones too; answers as of a " +
        "position before keep what held then. Where nothing changes, nothing happens."
    ),
  get(
    "derivedHistory",
    "/derived/:name/history",
    "What was said of a derived sensor, when, by whom and why",
    reads("everything")
  )
    .setPath(DerivedPath)
    .addSuccess(answer(Schema.Array(DerivedVersion), "What was said of it, oldest first"))
) {}
