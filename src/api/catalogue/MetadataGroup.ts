/** `/metadata/`: the list of the data sets; and the catalogue's page. */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { CatalogDataset } from "../../domain/catalogue/CatalogueDataset.js"
import { reads, readsRows } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { CatalogParams } from "../core/ContractParameters.js"
import { get, group } from "../core/Endpoint.js"
import { MetadataParams } from "../core/ListParameters.js"
import { problemOf } from "../core/Problem.js"

const Html = HttpApiSchema.Text({ contentType: "text/html" })

export class MetadataGroup extends group(
  "Metadata",
  "The datasets that there are, and what is in them",
  get(
    "metadata",
    "/metadata/",
    "The datasets, with their columns, lineage and extent",
    readsRows("everything")
  )
    .setUrlParams(MetadataParams)
    .addSuccess(answer(Schema.Array(CatalogDataset), "The datasets that match")),
  get(
    "catalog",
    "/data/catalog/",
    "The catalogue as a page for people",
    reads("everything", {
      elsewhere:
        "The catalogue is at /metadata/ as JSON, CSV and other formats, and at /catalog.jsonld as JSON-LD."
    })
  )
    .setUrlParams(CatalogParams)
    .addSuccess(answer(Html, "The page"))
    .addError(problemOf("not-found"))
) {}
