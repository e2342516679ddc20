/** `/aggregated_data/`: its paths, parameters, answers and problems. */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { readsRows } from "../core/Access.js"
import { answer, PAGED } from "../core/AnswerSchema.js"
import { SensorPath } from "../core/ContractParameters.js"
import { get, group } from "../core/Endpoint.js"
import {
  AggregateGroupParams,
  AggregateListParams,
  AggregateOfSensorParams,
  AggregateRangeParams,
  AggregateSummaryParams
} from "../core/ListParameters.js"
import { AggregateGroup, ShapedAggregate } from "./AggregateContract.js"

const Aggregates = Schema.Array(ShapedAggregate)

export class AggregatesGroup extends group(
  "Aggregates",
  "What the readings of each minute, or of a longer interval, come to",
  get("listAggregates", "/aggregated_data/", "All aggregates", readsRows("own", "aggregated_sensor_data"))
    .setUrlParams(AggregateListParams)
    .addSuccess(answer(Aggregates, `The aggregates. ${PAGED}`)),
  get(
    "summaryAggregates",
    "/aggregated_data/summary/",
    "Aggregates by type, unit and time",
    readsRows("own", "aggregated_sensor_data")
  )
    .setUrlParams(AggregateSummaryParams)
    .addSuccess(answer(Aggregates, `The aggregates that match. ${PAGED}`)),
  get(
    "rangeAggregates",
    "/aggregated_data/range/",
    "Aggregates between two times",
    readsRows("own", "aggregated_sensor_data")
  )
    .setUrlParams(AggregateRangeParams)
    .addSuccess(answer(Aggregates, `The aggregates that start in the window. ${PAGED}`)),
  get(
    "groupedAggregates",
    "/aggregated_data/groups/",
    "Aggregates of all sensors with a tag, by its value",
    readsRows("own", "aggregated_sensor_data")
  )
    .setUrlParams(AggregateGroupParams)
    .addSuccess(
      answer(
        Schema.Array(AggregateGroup),
        "A row a value of the tag and interval, in order of time and value"
      )
    )
    .annotate(
      OpenApi.Description,
      "Merged from the minutes of all sensors that have the tag, exactly: each reading counts once. Their values must be " +
        "in one unit, or converted to one by `convert_to`."
    ),
  get(
    "sensorAggregates",
    "/aggregated_data/:sensor_id",
    "Aggregates of one sensor",
    readsRows("sensor", "aggregated_sensor_data")
  )
    .setPath(SensorPath)
    .setUrlParams(AggregateOfSensorParams)
    .addSuccess(answer(Aggregates, `The sensor's aggregates; [] when it has none. ${PAGED}`))
) {}
