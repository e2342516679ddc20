/** The catalogue in public standards, for those who harvest it: DCAT, schema.org, Frictionless, ODCS. */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { Access, reads } from "../core/Access.js"
import { problemOf } from "../core/Problem.js"
import { DatasetPath } from "./CatalogueGroup.js"

export const JSON_LD_TYPE = "application/ld+json"
export const YAML_TYPE = "application/yaml"

const document = (contentType: string, description: string) =>
  Schema.Object.pipe(HttpApiSchema.withEncoding({ kind: "Json", contentType })).annotations(
    HttpApiSchema.annotations({ status: 200, description })
  )
const linked = (description: string) => document(JSON_LD_TYPE, description)

export class DocumentsGroup extends HttpApiGroup.make("Documents")
  .add(
    HttpApiEndpoint.get("catalogJsonLd", "/catalog.jsonld")
      .annotate(Access, reads())
      .addSuccess(linked("DCAT-3 and schema.org in JSON-LD"))
      .annotate(OpenApi.Summary, "The catalogue as linked data")
  )
  .add(
    HttpApiEndpoint.get("datasetJsonLd", "/catalog/:dataset_name.jsonld")
      .annotate(Access, reads())
      .setPath(DatasetPath)
      .addSuccess(linked("DCAT-3 and schema.org in JSON-LD"))
      .addError(problemOf("invalid-request"))
      .addError(problemOf("not-found"))
      .annotate(OpenApi.Summary, "One data set as linked data: what its page embeds")
  )
  .add(
    HttpApiEndpoint.get("dataPackage", "/datapackage.json")
      .annotate(Access, reads())
      .addSuccess(document("application/json", "Data Package 2.0"))
      .annotate(OpenApi.Summary, "The data sets as a Frictionless Data Package, with a schema for each CSV")
  )
  .add(
    HttpApiEndpoint.get("dataContract", "/contract.odcs.yaml")
      .annotate(Access, reads())
      .addSuccess(
        HttpApiSchema.Text({ contentType: YAML_TYPE }).annotations(
          HttpApiSchema.annotations({ status: 200, description: "ODCS 3.1 in YAML" })
        )
      )
      .annotate(OpenApi.Summary, "What those who read by SQL may rely on, as an Open Data Contract")
  )
  .annotate(OpenApi.Description, "The catalogue in public standards") {}
