/** `/aggregated_data/`: its paths, parameters, answers and problems. */
import * as Schema from "effect/Schema"
import { readsRows } from "../core/Access.js"
import { answer, PAGED } from "../core/AnswerSchema.js"
import { SensorPath } from "../core/ContractParameters.js"
import { get, group } from "../core/Endpoint.js"
import {
  AggregateListParams,
  AggregateOfSensorParams,
  AggregateRangeParams,
  AggregateSummaryParams
} from "../core/ListParameters.js"
import { Aggregate } from "./AggregateContract.js"

const Aggregates = Schema.Array(Aggregate)

export class AggregatesGroup extends group(
  "Aggregates",
  "What the readings of each minute, or of a longer interval, come to",
  get("listAggregates", "/aggregated_data/", "All aggregates", readsRows())
    .setUrlParams(AggregateListParams)
    .addSuccess(answer(Aggregates, `The aggregates. ${PAGED}`)),
  get("summaryAggregates", "/aggregated_data/summary/", "Aggregates by type, unit and time", readsRows())
    .setUrlParams(AggregateSummaryParams)
    .addSuccess(answer(Aggregates, `The aggregates that match. ${PAGED}`)),
  get("rangeAggregates", "/aggregated_data/range/", "Aggregates between two times", readsRows())
    .setUrlParams(AggregateRangeParams)
    .addSuccess(answer(Aggregates, `The aggregates that start in the window. ${PAGED}`)),
  get("sensorAggregates", "/aggregated_data/:sensor_id", "Aggregates of one sensor", readsRows())
    .setPath(SensorPath)
    .setUrlParams(AggregateOfSensorParams)
    .addSuccess(answer(Aggregates, `The sensor's aggregates; [] when it has none. ${PAGED}`))
) {}
