/**
 * The words of the catalogue: descriptions of the data sets and the glossary, changed with their history kept; and
 * the lineage of the data.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { CatalogDataset } from "../../domain/catalogue/CatalogueDataset.js"
import { LABEL_LENGTH_MAX } from "../../domain/catalogue/CatalogueEdits.js"
import { LineageGraph } from "../../domain/catalogue/Lineage.js"
import { Access, reads, writes } from "../core/Access.js"
import { boundedText, Once } from "../core/ContractParameters.js"
import { problemOf } from "../core/Problem.js"
import { headerParameter, ReasonParams } from "../data/Writing.js"
import { DatasetInput, DatasetVersion, GlossaryTerm, GlossaryVersion, TermInput } from "./CatalogueWords.js"

export const DatasetPath = Schema.Struct({
  dataset_name: boundedText(1, LABEL_LENGTH_MAX, "Name of the data set.", "sensor_data")
})
const TERM = `The word: 1 to ${LABEL_LENGTH_MAX} characters, without spaces around it.`
export const TermPath = Schema.Struct({
  term: Once.pipe(
    Schema.filter(
      (text) =>
        (text.length >= 1 &&
          text.length <= LABEL_LENGTH_MAX &&
          text.trim() === text &&
          text.isWellFormed() &&
          !/\p{Cc}/u.test(text)) ||
        `must have 1 to ${LABEL_LENGTH_MAX} characters, without spaces around them or control characters`
    )
  ).annotations({
    description: TERM,
    jsonSchema: {
      type: "string",
      minLength: 1,
      maxLength: LABEL_LENGTH_MAX,
      description: TERM,
      examples: ["dew point"]
    }
  })
})

const ok = <A, I>(schema: Schema.Schema<A, I>, identifier: string, description: string) =>
  schema.annotations({ ...HttpApiSchema.annotations({ status: 200, description }), identifier })
const many = <A, I>(schema: Schema.Schema<A, I>, description: string) =>
  Schema.Array(schema).annotations(HttpApiSchema.annotations({ status: 200, description }))

const ifVersion = headerParameter(
  "If-Match",
  "`version` as you know it, in quotes; 0 for what nobody has said anything of. " +
    "Where it has changed meanwhile the answer is 412, and nothing happens.",
  '"7"'
)

const invalid = problemOf("invalid-request")
const missing = problemOf("not-found")
const changed = problemOf("precondition-failed")
const tooLarge = problemOf("body-too-large")
const notTaken = problemOf("unsupported-media-type")

export class CatalogueGroup extends HttpApiGroup.make("Catalogue")
  .add(
    HttpApiEndpoint.get("dataset", "/metadata/:dataset_name")
      .annotate(Access, reads())
      .setPath(DatasetPath)
      .addSuccess(ok(CatalogDataset, "CatalogDataset", "The data set"))
      .addError(invalid)
      .addError(missing)
      .annotate(OpenApi.Summary, "One data set")
  )
  .add(
    HttpApiEndpoint.put("describeDataset", "/metadata/:dataset_name")
      .annotate(Access, writes({ conditional: "change" }))
      .setPath(DatasetPath)
      .setUrlParams(ReasonParams)
      .annotate(OpenApi.Transform, ifVersion)
      .setPayload(DatasetInput)
      .addSuccess(ok(CatalogDataset, "CatalogDataset", "The data set as it is described now"))
      .addError(invalid)
      .addError(missing)
      .addError(changed)
      .addError(tooLarge)
      .addError(notTaken)
      .annotate(OpenApi.Summary, "Describe a data set")
      .annotate(
        OpenApi.Description,
        "Description, owner, licence, tags and the meaning of columns; what was said before is kept. " +
          "Where nothing changes, nothing happens."
      )
  )
  .add(
    HttpApiEndpoint.get("datasetHistory", "/metadata/:dataset_name/history")
      .annotate(Access, reads())
      .setPath(DatasetPath)
      .addSuccess(many(DatasetVersion, "What was said of it, oldest first; [] for nothing"))
      .addError(invalid)
      .addError(missing)
      .annotate(OpenApi.Summary, "What was said of a data set, when, by whom and why")
  )
  .add(
    HttpApiEndpoint.get("glossary", "/glossary/")
      .annotate(Access, reads())
      .addSuccess(many(GlossaryTerm, "The words, in order"))
      .annotate(OpenApi.Summary, "What words mean here")
  )
  .add(
    HttpApiEndpoint.get("term", "/glossary/:term")
      .annotate(Access, reads())
      .setPath(TermPath)
      .addSuccess(ok(GlossaryTerm, "GlossaryTerm", "The word"))
      .addError(invalid)
      .addError(missing)
      .annotate(OpenApi.Summary, "What one word means")
  )
  .add(
    HttpApiEndpoint.put("defineTerm", "/glossary/:term")
      .annotate(Access, writes({ conditional: "change" }))
      .setPath(TermPath)
      .setUrlParams(ReasonParams)
      .annotate(OpenApi.Transform, ifVersion)
      .setPayload(TermInput)
      .addSuccess(ok(GlossaryTerm, "GlossaryTerm", "The word as it is defined now"))
      .addError(invalid)
      .addError(changed)
      .addError(tooLarge)
      .addError(notTaken)
      .annotate(OpenApi.Summary, "Define a word")
  )
  .add(
    HttpApiEndpoint.del("removeTerm", "/glossary/:term")
      .annotate(Access, writes({ conditional: "change" }))
      .setPath(TermPath)
      .setUrlParams(ReasonParams)
      .annotate(OpenApi.Transform, ifVersion)
      .addSuccess(ok(GlossaryTerm, "GlossaryTerm", "The word as it was"))
      .addError(invalid)
      .addError(missing)
      .addError(changed)
      .annotate(OpenApi.Summary, "Take a word out of the glossary; its history stays")
  )
  .add(
    HttpApiEndpoint.get("termHistory", "/glossary/:term/history")
      .annotate(Access, reads())
      .setPath(TermPath)
      .addSuccess(many(GlossaryVersion, "What was said of it, oldest first"))
      .addError(invalid)
      .addError(missing)
      .annotate(OpenApi.Summary, "What was said of a word, when, by whom and why")
  )
  .add(
    HttpApiEndpoint.get("lineage", "/lineage/")
      .annotate(Access, reads())
      .setUrlParams(
        Schema.Struct({
          of: Schema.optionalWith(
            boundedText(
              1,
              LABEL_LENGTH_MAX,
              "Only what leads to this node and what it leads to.",
              "sensor_data"
            ),
            { exact: true }
          )
        })
      )
      .addSuccess(ok(LineageGraph, "LineageGraph", "Nodes and edges"))
      .addError(invalid)
      .addError(missing)
      .annotate(OpenApi.Summary, "How the data are made, from the sensor to the file")
  )
  .annotate(
    OpenApi.Description,
    "What people say of the data, with its history; and how the data are made"
  ) {}
