/**
 * `/data/`: its paths, parameters, answers and problems. Names such as `/data/summary/` win over `/data/:sensor_id`; every
 * path answers with and without its trailing slash.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { Access, readsRows, writes } from "../core/Access.js"
import { answer, PAGED } from "../core/AnswerSchema.js"
import { ReadingPath, SensorPath } from "../core/ContractParameters.js"
import { ListParams, OfSensorParams, RangeParams, SummaryParams } from "../core/ListParameters.js"
import { problemOf } from "../core/Problem.js"
import { DELETED_MAX, DeletionInput, DeletionResult } from "./Deletion.js"
import { Reading, ReadingInput, ReadingInputs } from "./ReadingContract.js"
import {
  BulkResult,
  CsvBody,
  idempotencyHeader,
  ifMatchHeader,
  NdjsonBody,
  ReasonParams,
  ReplacementInput,
  SenMlBody
} from "./Writing.js"

const Readings = Schema.Array(Reading)

const invalid = problemOf("invalid-request")
const missing = problemOf("not-found")

export class DataGroup extends HttpApiGroup.make("Data")
  .add(
    HttpApiEndpoint.get("listReadings", "/data/")
      .annotate(Access, readsRows({ asOf: true }))
      .setUrlParams(ListParams)
      .addSuccess(answer(Readings, `The readings in force. ${PAGED}`))
      .addError(invalid)
      .annotate(OpenApi.Summary, "All readings")
  )
  .add(
    HttpApiEndpoint.get("summaryReadings", "/data/summary/")
      .annotate(Access, readsRows({ asOf: true }))
      .setUrlParams(SummaryParams)
      .addSuccess(answer(Readings, `The readings that match. ${PAGED}`))
      .addError(invalid)
      .annotate(OpenApi.Summary, "Readings by type, unit and time")
  )
  .add(
    HttpApiEndpoint.get("rangeReadings", "/data/range/")
      .annotate(Access, readsRows({ asOf: true }))
      .setUrlParams(RangeParams)
      .addSuccess(answer(Readings, `The readings of the window. ${PAGED}`))
      .addError(invalid)
      .annotate(OpenApi.Summary, "Readings between two times")
  )
  .add(
    HttpApiEndpoint.get("sensorReadings", "/data/:sensor_id")
      .annotate(Access, readsRows({ asOf: true }))
      .setPath(SensorPath)
      .setUrlParams(OfSensorParams)
      .addSuccess(answer(Readings, `The sensor's readings; [] when it has none. ${PAGED}`))
      .addError(invalid)
      .addError(missing)
      .annotate(OpenApi.Summary, "Readings of one sensor")
  )
  .add(
    HttpApiEndpoint.post("recordReadings", "/data/")
      .annotate(Access, writes())
      .annotate(OpenApi.Transform, idempotencyHeader)
      .setPayload(Schema.Union(ReadingInput, ReadingInputs, NdjsonBody, CsvBody, SenMlBody))
      .addSuccess(answer(Reading, "It was stored already"))
      .addSuccess(answer(Readings, "All of them were stored already"))
      .addSuccess(answer(Reading, "Stored", 201))
      .addSuccess(answer(Readings, "Stored; at least one is new", 201))
      .addSuccess(answer(BulkResult, "Of NDJSON, CSV and SenML: all of them were stored already"))
      .addSuccess(answer(BulkResult, "Of NDJSON, CSV and SenML: stored; at least one is new", 201))
      .addSuccess(answer(BulkResult, "Of NDJSON, CSV and SenML: some rows were rejected", 207))
      .addError(invalid)
      .addError(problemOf("conflict"))
      .addError(problemOf("key-reused"))
      .addError(problemOf("body-too-large"))
      .addError(problemOf("unsupported-media-type"))
      .annotate(OpenApi.Summary, "Store readings")
      .annotate(
        OpenApi.Description,
        "The log gives the `id`: one in the body is ignored. A reading that is stored already is answered as it is. " +
          "A reading, or an array of them, in JSON: all or nothing, and one that was deleted is restored. " +
          "NDJSON, CSV and SenML: a result a row; good rows are stored, bad ones kept as rejected messages, " +
          "and as with a device's messages nothing that was deleted comes back."
      )
  )
  .add(
    HttpApiEndpoint.put("replaceReading", "/data/:data_id")
      .annotate(Access, writes({ conditional: "change" }))
      .setPath(ReadingPath)
      .setUrlParams(ReasonParams)
      .annotate(OpenApi.Transform, ifMatchHeader)
      .setPayload(ReplacementInput)
      .addSuccess(
        answer(Reading, "The reading now in force; when it moved, its new `id` is in `Location` too")
      )
      .addError(invalid)
      .addError(missing)
      .addError(problemOf("precondition-failed"))
      .addError(problemOf("body-too-large"))
      .addError(problemOf("unsupported-media-type"))
      .annotate(OpenApi.Summary, "Correct a reading")
      .annotate(
        OpenApi.Description,
        "Equal to the current one: nothing happens. With another sensor or time: a deletion and a new reading, " +
          "and the old id answers 404."
      )
  )
  .add(
    HttpApiEndpoint.del("removeReading", "/data/:data_id")
      .annotate(Access, writes({ conditional: "change" }))
      .setPath(ReadingPath)
      .setUrlParams(ReasonParams)
      .annotate(OpenApi.Transform, ifMatchHeader)
      .addSuccess(answer(Reading, "The reading as it was"))
      .addError(invalid)
      .addError(missing)
      .addError(problemOf("precondition-failed"))
      .annotate(OpenApi.Summary, "Delete a reading")
      .annotate(OpenApi.Description, "The log keeps what was there before; a POST of the same restores it.")
  )
  .add(
    HttpApiEndpoint.post("deleteReadings", "/data/delete")
      .annotate(Access, writes())
      .setPayload(DeletionInput)
      .addSuccess(answer(DeletionResult, "How many readings match, by sensor, and how many were deleted"))
      .addError(invalid)
      .addError(missing)
      .addError(problemOf("count-differs"))
      .addError(problemOf("body-too-large"))
      .addError(problemOf("unsupported-media-type"))
      .annotate(OpenApi.Summary, "Delete many readings by a filter, after a dry run")
      .annotate(
        OpenApi.Description,
        "Without `dry_run: false` it only counts. To delete, ask with the same filter, the dry run's `matched` as " +
          "`expected` and its `position` as `as_of`: what came since stays. Each deletion is an event, with reason and " +
          `key. At most ${DELETED_MAX} are deleted at once: ask again with \`remaining\` as \`expected\`.`
      )
  )
  .annotate(OpenApi.Description, "Readings: one number that one sensor measured at one time") {}
