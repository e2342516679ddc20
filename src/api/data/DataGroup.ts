/**
 * `/data/`: its paths, parameters, answers and problems. Names such as `/data/summary/` win over `/data/:sensor_id`; every
 * path answers with and without its trailing slash.
 */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { administers, publishes, readsRows, writes } from "../core/Access.js"
import { answer, PAGED } from "../core/AnswerSchema.js"
import { ReadingPath, SensorPath } from "../core/ContractParameters.js"
import { del, get, group, post, put } from "../core/Endpoint.js"
import { ListParams, OfSensorParams, RangeParams, SummaryParams } from "../core/ListParameters.js"
import { answering, ETAG, header, listOf, ref } from "../core/OperationFacts.js"
import { problemOf } from "../core/Problem.js"
import { DELETED_MAX, DeletionInput, DeletionResult } from "./Deletion.js"
import { Reading, ReadingInput, ReadingInputs, ShapedReading } from "./ReadingContract.js"
import {
  BulkResult,
  CSV_TYPE,
  CsvBody,
  idempotencyHeader,
  NDJSON_TYPE,
  NdjsonBody,
  READING_VERSION,
  ReasonParams,
  ReplacementInput,
  SENML_TYPE,
  SenMlBody
} from "./Writing.js"

const Readings = Schema.Array(Reading)
const Rows = Schema.Array(ShapedReading)

/** Which answer goes with which body: the statuses alone don't say it. */
const answersByBody = {
  "x-answers": [
    { contentTypes: ["application/json"], body: ref("ReadingInput"), answer: ref("Reading") },
    { contentTypes: ["application/json"], body: listOf("ReadingInput"), answer: listOf("Reading") },
    { contentTypes: [SENML_TYPE], body: listOf("SenMlRecord"), answer: ref("BulkResult") },
    { contentTypes: [NDJSON_TYPE, CSV_TYPE], body: { type: "string" }, answer: ref("BulkResult") }
  ]
}

export class DataGroup extends group(
  "Data",
  "Readings: one number that one sensor measured at one time",
  get("listReadings", "/data/", "All readings", readsRows("own", "sensor_data"))
    .setUrlParams(ListParams)
    .addSuccess(answer(Rows, `The readings in force. ${PAGED}`)),
  get("summaryReadings", "/data/summary/", "Readings by type, unit and time", readsRows("own", "sensor_data"))
    .setUrlParams(SummaryParams)
    .addSuccess(answer(Rows, `The readings that match. ${PAGED}`)),
  get("rangeReadings", "/data/range/", "Readings between two times", readsRows("own", "sensor_data"))
    .setUrlParams(RangeParams)
    .addSuccess(answer(Rows, `The readings of the window. ${PAGED}`)),
  get("sensorReadings", "/data/:sensor_id", "Readings of one sensor", readsRows("sensor", "sensor_data"))
    .setPath(SensorPath)
    .setUrlParams(OfSensorParams)
    .addSuccess(answer(Rows, `The sensor's readings; [] when it has none. ${PAGED}`)),
  post("recordReadings", "/data/", "Store readings", publishes("own", { dataset: "sensor_data" }))
    .annotate(OpenApi.Transform, (operation) => ({ ...idempotencyHeader(operation), ...answersByBody }))
    .setPayload(Schema.Union(ReadingInput, ReadingInputs, NdjsonBody, CsvBody, SenMlBody))
    .addSuccess(answer(Reading, "It was stored already"))
    .addSuccess(answer(Readings, "All of them were stored already"))
    .addSuccess(answer(Reading, "Stored", 201))
    .addSuccess(answer(Readings, "Stored; at least one is new", 201))
    .addSuccess(answer(BulkResult, "Of NDJSON, CSV and SenML: all of them were stored already"))
    .addSuccess(answer(BulkResult, "Of NDJSON, CSV and SenML: stored; at least one is new", 201))
    .addSuccess(answer(BulkResult, "Of NDJSON, CSV and SenML: some rows were rejected", 207))
    .addError(problemOf("conflict"))
    .addError(problemOf("key-reused"))
    .annotate(
      OpenApi.Description,
      "The log gives the `id`: one in the body is ignored. A reading that is stored already is answered as it is. " +
        "A reading, or an array of them, in JSON: all or nothing, and one that was deleted is restored. " +
        "NDJSON, CSV and SenML: a result a row; good rows are stored, bad ones kept as rejected messages, " +
        "and as with a device's messages nothing that was deleted comes back."
    ),
  put(
    "replaceReading",
    "/data/:data_id",
    "Correct a reading",
    writes("reading", { dataset: "sensor_data", ifMatch: READING_VERSION })
  )
    .setPath(ReadingPath)
    .setUrlParams(ReasonParams)
    .setPayload(ReplacementInput)
    .annotate(
      OpenApi.Transform,
      answering({ ETag: ETAG, Location: header("Where the reading is, when it moved", "/data/4712") })
    )
    .addSuccess(answer(Reading, "The reading now in force; when it moved, its new `id` is in `Location` too"))
    .annotate(
      OpenApi.Description,
      "Equal to the current one: nothing happens. With another sensor or time: a deletion and a new reading, " +
        "and the old id answers 404."
    ),
  del(
    "removeReading",
    "/data/:data_id",
    "Delete a reading",
    writes("reading", { dataset: "sensor_data", ifMatch: READING_VERSION })
  )
    .setPath(ReadingPath)
    .setUrlParams(ReasonParams)
    .addSuccess(answer(Reading, "The reading as it was"))
    .annotate(OpenApi.Description, "The log keeps what was there before; a POST of the same restores it."),
  post(
    "deleteReadings",
    "/data/delete",
    "Delete many readings by a filter, after a dry run",
    administers("everything")
  )
    .setPayload(DeletionInput)
    .addSuccess(answer(DeletionResult, "How many readings match, by sensor, and how many were deleted"))
    .addError(problemOf("not-found"))
    .addError(problemOf("count-differs"))
    .annotate(
      OpenApi.Description,
      "Without `dry_run: false` it only counts. To delete, ask with the same filter, the dry run's `matched` as " +
        "`expected` and its `position` as `as_of`: what came since stays. Each deletion is an event, with reason and " +
        `key. At most ${DELETED_MAX} are deleted at once: ask again with \`remaining\` as \`expected\`.`
    )
) {}
