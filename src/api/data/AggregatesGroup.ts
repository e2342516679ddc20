/** `/aggregated_data/`: its paths, parameters, answers and problems. */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { Access, readsRows } from "../core/Access.js"
import { answer, PAGED } from "../core/AnswerSchema.js"
import { SensorPath } from "../core/ContractParameters.js"
import {
  AggregateListParams,
  AggregateOfSensorParams,
  AggregateRangeParams,
  AggregateSummaryParams
} from "../core/ListParameters.js"
import { problemOf } from "../core/Problem.js"
import { Aggregate } from "./AggregateContract.js"

const Aggregates = Schema.Array(Aggregate)

const invalid = problemOf("invalid-request")
const missing = problemOf("not-found")

export class AggregatesGroup extends HttpApiGroup.make("Aggregates")
  .add(
    HttpApiEndpoint.get("listAggregates", "/aggregated_data/")
      .annotate(Access, readsRows({ asOf: true }))
      .setUrlParams(AggregateListParams)
      .addSuccess(answer(Aggregates, `The aggregates. ${PAGED}`))
      .addError(invalid)
      .annotate(OpenApi.Summary, "All aggregates")
  )
  .add(
    HttpApiEndpoint.get("summaryAggregates", "/aggregated_data/summary/")
      .annotate(Access, readsRows({ asOf: true }))
      .setUrlParams(AggregateSummaryParams)
      .addSuccess(answer(Aggregates, `The aggregates that match. ${PAGED}`))
      .addError(invalid)
      .annotate(OpenApi.Summary, "Aggregates by type, unit and time")
  )
  .add(
    HttpApiEndpoint.get("rangeAggregates", "/aggregated_data/range/")
      .annotate(Access, readsRows({ asOf: true }))
      .setUrlParams(AggregateRangeParams)
      .addSuccess(answer(Aggregates, `The aggregates that start in the window. ${PAGED}`))
      .addError(invalid)
      .annotate(OpenApi.Summary, "Aggregates between two times")
  )
  .add(
    HttpApiEndpoint.get("sensorAggregates", "/aggregated_data/:sensor_id")
      .annotate(Access, readsRows({ asOf: true }))
      .setPath(SensorPath)
      .setUrlParams(AggregateOfSensorParams)
      .addSuccess(answer(Aggregates, `The sensor's aggregates; [] when it has none. ${PAGED}`))
      .addError(invalid)
      .addError(missing)
      .annotate(OpenApi.Summary, "Aggregates of one sensor")
  )
  .annotate(OpenApi.Description, "What the readings of each minute, or of a longer interval, come to") {}
