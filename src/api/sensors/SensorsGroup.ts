/** `/sensors/`: its paths, parameters, answers and problems. */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { reads, readsRows, writes } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { SensorPath } from "../core/ContractParameters.js"
import { del, get, group, patch } from "../core/Endpoint.js"
import { SensorListParams, SensorParams } from "../core/ListParameters.js"
import { Sensor, SensorDetail, SensorInput } from "./SensorContract.js"

export class SensorsGroup extends group(
  "Sensors",
  "What is known of each sensor, how it is doing, and what it said last",
  get("listSensors", "/sensors/", "All sensors", readsRows("own", "sensors"))
    .setUrlParams(SensorListParams)
    .addSuccess(answer(Schema.Array(Sensor), "The sensors, in order of their numbers")),
  get("sensor", "/sensors/:sensor_id", "One sensor", reads("sensor", { dataset: "sensors", alsoPage: true }))
    .setPath(SensorPath)
    .setUrlParams(SensorParams)
    .addSuccess(answer(SensorDetail, "The sensor")),
  patch(
    "describeSensor",
    "/sensors/:sensor_id",
    "Describe a sensor",
    writes("sensor", { dataset: "sensors" })
  )
    .setPath(SensorPath)
    .setPayload(SensorInput)
    .addSuccess(answer(SensorDetail, "The sensor as it is described now"))
    .annotate(
      OpenApi.Description,
      "Unit, type, range, interval and place, of readings from now on: earlier ones keep what held for them. " +
        "One that was retired is active again. What its device, or `sensors.json`, says later holds then."
    ),
  del("retireSensor", "/sensors/:sensor_id", "Retire a sensor", writes("sensor", { dataset: "sensors" }))
    .setPath(SensorPath)
    .addSuccess(answer(SensorDetail, "The sensor, retired"))
    .annotate(
      OpenApi.Description,
      "Nothing is expected of it from then on; its readings stay. Its next reading makes it active again."
    )
) {}
