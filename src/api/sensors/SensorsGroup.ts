/** `/sensors/`: its paths, parameters, answers and problems. */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { Access, reads, readsRows, writes } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { SensorPath } from "../core/ContractParameters.js"
import { SensorListParams, SensorParams } from "../core/ListParameters.js"
import { problemOf } from "../core/Problem.js"
import { Sensor, SensorDetail, SensorInput } from "./SensorContract.js"

const invalid = problemOf("invalid-request")
const missing = problemOf("not-found")

export class SensorsGroup extends HttpApiGroup.make("Sensors")
  .add(
    HttpApiEndpoint.get("listSensors", "/sensors/")
      .annotate(Access, readsRows({ asOf: true }))
      .setUrlParams(SensorListParams)
      .addSuccess(answer(Schema.Array(Sensor), "The sensors, in order of their numbers"))
      .addError(invalid)
      .annotate(OpenApi.Summary, "All sensors")
  )
  .add(
    HttpApiEndpoint.get("sensor", "/sensors/:sensor_id")
      .annotate(Access, reads({ alsoPage: true, asOf: true }))
      .setPath(SensorPath)
      .setUrlParams(SensorParams)
      .addSuccess(answer(SensorDetail, "The sensor"))
      .addError(invalid)
      .addError(missing)
      .annotate(OpenApi.Summary, "One sensor")
  )
  .add(
    HttpApiEndpoint.patch("describeSensor", "/sensors/:sensor_id")
      .annotate(Access, writes())
      .setPath(SensorPath)
      .setPayload(SensorInput)
      .addSuccess(answer(SensorDetail, "The sensor as it is described now"))
      .addError(invalid)
      .addError(missing)
      .addError(problemOf("body-too-large"))
      .addError(problemOf("unsupported-media-type"))
      .annotate(OpenApi.Summary, "Describe a sensor")
      .annotate(
        OpenApi.Description,
        "Unit, type, range, interval and place, of readings from now on: earlier ones keep what held for them. " +
          "One that was retired is active again. What its device, or `sensors.json`, says later holds then."
      )
  )
  .add(
    HttpApiEndpoint.del("retireSensor", "/sensors/:sensor_id")
      .annotate(Access, writes())
      .setPath(SensorPath)
      .addSuccess(answer(SensorDetail, "The sensor, retired"))
      .addError(invalid)
      .addError(missing)
      .annotate(OpenApi.Summary, "Retire a sensor")
      .annotate(
        OpenApi.Description,
        "Nothing is expected of it from then on; its readings stay. Its next reading makes it active again."
      )
  )
  .annotate(OpenApi.Description, "What is known of each sensor, how it is doing, and what it said last") {}
