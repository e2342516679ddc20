/** `/metadata/`: the list of the data sets; and the catalogue's page. */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { CatalogDataset } from "../../domain/catalogue/CatalogueDataset.js"
import { Access, reads, readsRows } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { CatalogParams } from "../core/ContractParameters.js"
import { MetadataParams } from "../core/ListParameters.js"
import { problemOf } from "../core/Problem.js"

const Html = HttpApiSchema.Text({ contentType: "text/html" })

const invalid = problemOf("invalid-request")

export class MetadataGroup extends HttpApiGroup.make("Metadata")
  .add(
    HttpApiEndpoint.get("metadata", "/metadata/")
      .annotate(Access, readsRows())
      .setUrlParams(MetadataParams)
      .addSuccess(answer(Schema.Array(CatalogDataset), "The datasets that match"))
      .addError(invalid)
      .annotate(OpenApi.Summary, "The datasets, with their columns, lineage and extent")
  )
  .add(
    HttpApiEndpoint.get("catalog", "/data/catalog/")
      .annotate(
        Access,
        reads({
          elsewhere:
            "The catalogue is at /metadata/ as JSON, CSV and other formats, and at /catalog.jsonld as JSON-LD."
        })
      )
      .setUrlParams(CatalogParams)
      .addSuccess(answer(Html, "The page"))
      .addError(invalid)
      .annotate(OpenApi.Summary, "The catalogue as a page for people")
  )
  .annotate(OpenApi.Description, "The datasets that there are, and what is in them") {}
