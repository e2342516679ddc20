/**
 * The words of the catalogue: descriptions of the data sets and the glossary, changed with their history kept; and
 * the lineage of the data.
 */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { CatalogDataset } from "../../domain/catalogue/CatalogueDataset.js"
import { LABEL_LENGTH_MAX } from "../../domain/catalogue/CatalogueEdits.js"
import { LineageGraph } from "../../domain/catalogue/Lineage.js"
import { reads, writes } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { del, get, group, put } from "../core/Endpoint.js"
import { boundedText, described, given, Once } from "../core/ParameterText.js"
import { problemOf } from "../core/Problem.js"
import { VERSION } from "../data/Saying.js"
import { ReasonParams } from "../data/Writing.js"
import { DatasetInput, DatasetVersion, GlossaryTerm, GlossaryVersion, TermInput } from "./CatalogueWords.js"

export const DatasetPath = Schema.Struct({
  dataset_name: boundedText(1, LABEL_LENGTH_MAX, "Name of the data set.", "sensor_data")
})
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
  ).annotations(
    described(`The word: 1 to ${LABEL_LENGTH_MAX} characters, without spaces around it.`, {
      type: "string",
      minLength: 1,
      maxLength: LABEL_LENGTH_MAX,

      examples: ["dew point"]
    })
  )
})

const missing = problemOf("not-found")

export class CatalogueGroup extends group(
  "Catalogue",
  "What people say of the data, with its history; and how the data are made",
  get("dataset", "/metadata/:dataset_name", "One data set", reads("dataset"))
    .setPath(DatasetPath)
    .addSuccess(answer(CatalogDataset, "The data set")),
  put(
    "describeDataset",
    "/metadata/:dataset_name",
    "Describe a data set",
    writes("dataset", { ifMatch: VERSION })
  )
    .setPath(DatasetPath)
    .setUrlParams(ReasonParams)
    .setPayload(DatasetInput)
    .addSuccess(answer(CatalogDataset, "The data set as it is described now"))
    .annotate(
      OpenApi.Description,
      "Description, owner, licence, tags and the meaning of columns; what was said before is kept. " +
        "Where nothing changes, nothing happens."
    ),
  get(
    "datasetHistory",
    "/metadata/:dataset_name/history",
    "What was said of a data set, when, by whom and why",
    reads("dataset")
  )
    .setPath(DatasetPath)
    .addSuccess(answer(Schema.Array(DatasetVersion), "What was said of it, oldest first; [] for nothing")),
  get("glossary", "/glossary/", "What words mean here", reads("nothing")).addSuccess(
    answer(Schema.Array(GlossaryTerm), "The words, in order")
  ),
  get("term", "/glossary/:term", "What one word means", reads("nothing"))
    .setPath(TermPath)
    .addSuccess(answer(GlossaryTerm, "The word")),
  put(
    "defineTerm",
    "/glossary/:term",
    "Define a word",
    writes("everything", { ifMatch: VERSION, anyName: true })
  )
    .setPath(TermPath)
    .setUrlParams(ReasonParams)
    .setPayload(TermInput)
    .addSuccess(answer(GlossaryTerm, "The word as it is defined now")),
  del(
    "removeTerm",
    "/glossary/:term",
    "Take a word out of the glossary; its history stays",
    writes("everything", { ifMatch: VERSION })
  )
    .setPath(TermPath)
    .setUrlParams(ReasonParams)
    .addSuccess(answer(GlossaryTerm, "The word as it was")),
  get(
    "termHistory",
    "/glossary/:term/history",
    "What was said of a word, when, by whom and why",
    reads("nothing")
  )
    .setPath(TermPath)
    .addSuccess(answer(Schema.Array(GlossaryVersion), "What was said of it, oldest first")),
  get("lineage", "/lineage/", "How the data are made, from the sensor to the file", reads("everything"))
    .setUrlParams(
      Schema.Struct({
        of: given(
          boundedText(
            1,
            LABEL_LENGTH_MAX,
            "Only what leads to this node and what it leads to.",
            "sensor_data"
          )
        )
      })
    )
    .addSuccess(answer(LineageGraph, "Nodes and edges"))
    .addError(missing)
) {}
