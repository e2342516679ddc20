/**
 * The routes, in groups: path, parameters, answers and problems of each. Names such as `/data/summary/` win over
 * `/data/:sensor_id`; every path answers with and without its trailing slash.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { CatalogDataset } from "../../domain/catalogue/CatalogueDataset.js"
import { Aggregate } from "../data/AggregateContract.js"
import { Reading, ReadingInput, ReadingInputs } from "../data/ReadingContract.js"
import {
  BulkResult,
  CsvBody,
  idempotencyHeader,
  ifMatchHeader,
  NdjsonBody,
  ReasonParams,
  ReplacementInput,
  SenMlBody
} from "../data/Writing.js"
import { Sensor, SensorInput } from "../sensors/SensorContract.js"
import { ClientTally } from "../system/ClientTally.js"
import { Health } from "../system/HealthContract.js"
import { field } from "./ContractFields.js"
import { CatalogParams, ReadingPath, SensorPath } from "./ContractParameters.js"
import {
  AggregateListParams,
  AggregateOfSensorParams,
  AggregateRangeParams,
  AggregateSummaryParams,
  ListParams,
  MetadataParams,
  OfSensorParams,
  RangeParams,
  SensorListParams,
  SensorParams,
  SummaryParams
} from "./ListParameters.js"
import { problemOf } from "./Problem.js"

const Readings = Schema.Array(Reading)
const Aggregates = Schema.Array(Aggregate)
const Html = HttpApiSchema.Text({ contentType: "text/html" })

const invalid = problemOf("invalid-request")
const missing = problemOf("not-found")

/** What an answer's description in OpenAPI is, with the status that it goes with. */
const answer = <A, I>(schema: Schema.Schema<A, I>, description: string, status = 200) =>
  schema.annotations({
    ...HttpApiSchema.annotations({ status, description }),
    // Annotating drops the name by which OpenAPI refers to it.
    ...Option.match(AST.getIdentifierAnnotation(schema.ast), {
      onNone: () => ({}),
      onSome: (identifier) => ({ identifier })
    })
  })

const PAGED =
  "In order of time, then position. The next page, if any, is in the `Link` header. `Tidemark-Position` names the " +
  "position of the log that the answer stands for."

export class DataGroup extends HttpApiGroup.make("Data")
  .add(
    HttpApiEndpoint.get("listReadings", "/data/")
      .setUrlParams(ListParams)
      .addSuccess(answer(Readings, `The readings in force. ${PAGED}`))
      .addError(invalid)
      .annotate(OpenApi.Summary, "All readings")
  )
  .add(
    HttpApiEndpoint.get("summaryReadings", "/data/summary/")
      .setUrlParams(SummaryParams)
      .addSuccess(answer(Readings, `The readings that match. ${PAGED}`))
      .addError(invalid)
      .annotate(OpenApi.Summary, "Readings by type, unit and time")
  )
  .add(
    HttpApiEndpoint.get("rangeReadings", "/data/range/")
      .setUrlParams(RangeParams)
      .addSuccess(answer(Readings, `The readings of the window. ${PAGED}`))
      .addError(invalid)
      .annotate(OpenApi.Summary, "Readings between two times")
  )
  .add(
    HttpApiEndpoint.get("sensorReadings", "/data/:sensor_id")
      .setPath(SensorPath)
      .setUrlParams(OfSensorParams)
      .addSuccess(answer(Readings, `The sensor's readings; [] when it has none. ${PAGED}`))
      .addError(invalid)
      .addError(missing)
      .annotate(OpenApi.Summary, "Readings of one sensor")
  )
  .add(
    HttpApiEndpoint.post("recordReadings", "/data/")
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
  .annotate(OpenApi.Description, "Readings: one number that one sensor measured at one time") {}

export class AggregatesGroup extends HttpApiGroup.make("Aggregates")
  .add(
    HttpApiEndpoint.get("listAggregates", "/aggregated_data/")
      .setUrlParams(AggregateListParams)
      .addSuccess(answer(Aggregates, `The aggregates. ${PAGED}`))
      .addError(invalid)
      .annotate(OpenApi.Summary, "All aggregates")
  )
  .add(
    HttpApiEndpoint.get("summaryAggregates", "/aggregated_data/summary/")
      .setUrlParams(AggregateSummaryParams)
      .addSuccess(answer(Aggregates, `The aggregates that match. ${PAGED}`))
      .addError(invalid)
      .annotate(OpenApi.Summary, "Aggregates by type, unit and time")
  )
  .add(
    HttpApiEndpoint.get("rangeAggregates", "/aggregated_data/range/")
      .setUrlParams(AggregateRangeParams)
      .addSuccess(answer(Aggregates, `The aggregates that start in the window. ${PAGED}`))
      .addError(invalid)
      .annotate(OpenApi.Summary, "Aggregates between two times")
  )
  .add(
    HttpApiEndpoint.get("sensorAggregates", "/aggregated_data/:sensor_id")
      .setPath(SensorPath)
      .setUrlParams(AggregateOfSensorParams)
      .addSuccess(answer(Aggregates, `The sensor's aggregates; [] when it has none. ${PAGED}`))
      .addError(invalid)
      .addError(missing)
      .annotate(OpenApi.Summary, "Aggregates of one sensor")
  )
  .annotate(OpenApi.Description, "What the readings of each minute, or of a longer interval, come to") {}

export class SensorsGroup extends HttpApiGroup.make("Sensors")
  .add(
    HttpApiEndpoint.get("listSensors", "/sensors/")
      .setUrlParams(SensorListParams)
      .addSuccess(answer(Schema.Array(Sensor), "The sensors, in order of their numbers"))
      .addError(invalid)
      .annotate(OpenApi.Summary, "All sensors")
  )
  .add(
    HttpApiEndpoint.get("sensor", "/sensors/:sensor_id")
      .setPath(SensorPath)
      .setUrlParams(SensorParams)
      .addSuccess(answer(Sensor, "The sensor"))
      .addError(invalid)
      .addError(missing)
      .annotate(OpenApi.Summary, "One sensor")
  )
  .add(
    HttpApiEndpoint.patch("describeSensor", "/sensors/:sensor_id")
      .setPath(SensorPath)
      .setPayload(SensorInput)
      .addSuccess(answer(Sensor, "The sensor as it is described now"))
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
      .setPath(SensorPath)
      .addSuccess(answer(Sensor, "The sensor, retired"))
      .addError(invalid)
      .addError(missing)
      .annotate(OpenApi.Summary, "Retire a sensor")
      .annotate(
        OpenApi.Description,
        "Nothing is expected of it from then on; its readings stay. Its next reading makes it active again."
      )
  )
  .annotate(OpenApi.Description, "What is known of each sensor, how it is doing, and what it said last") {}

export class MetadataGroup extends HttpApiGroup.make("Metadata")
  .add(
    HttpApiEndpoint.get("metadata", "/metadata/")
      .setUrlParams(MetadataParams)
      .addSuccess(answer(Schema.Array(CatalogDataset), "The datasets that match"))
      .addError(invalid)
      .annotate(OpenApi.Summary, "The datasets, with their columns, lineage and extent")
  )
  .add(
    HttpApiEndpoint.get("catalog", "/data/catalog/")
      .setUrlParams(CatalogParams)
      .addSuccess(answer(Html, "The page"))
      .addError(invalid)
      .annotate(OpenApi.Summary, "The catalogue as a page for people")
  )
  .annotate(OpenApi.Description, "The datasets that there are, and what is in them") {}

export class SystemGroup extends HttpApiGroup.make("System")
  .add(
    HttpApiEndpoint.get("health", "/health")
      .addSuccess(answer(Health, "It works; `degraded`: with warnings"))
      .addError(answer(Health, "The database is away, or not migrated", 503))
      .annotate(OpenApi.Summary, "How the program is doing")
  )
  .add(
    HttpApiEndpoint.get("openapi", "/openapi.json")
      .addSuccess(answer(Schema.Object, "This description"))
      .annotate(OpenApi.Summary, "The contract as OpenAPI 3.1")
  )
  .add(
    HttpApiEndpoint.get("clientTally", "/clients/:client_id")
      .setPath(Schema.Struct({ client_id: field(Schema.NonEmptyString, "The MQTT client identifier") }))
      .addSuccess(answer(ClientTally, "Counts since the server started; all 0 for a client never seen"))
      .annotate(OpenApi.Summary, "What became of the messages of one MQTT client")
  )
  .annotate(OpenApi.Description, "The program itself") {}
