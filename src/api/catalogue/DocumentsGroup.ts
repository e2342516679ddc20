/** The catalogue in public standards, for those who harvest it: DCAT, schema.org, Frictionless, ODCS. */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { reads } from "../core/Access.js"
import { get, group } from "../core/Endpoint.js"
import { DatasetPath } from "./CatalogueGroup.js"

export const JSON_LD_TYPE = "application/ld+json"
export const YAML_TYPE = "application/yaml"

const document = (contentType: string, description: string) =>
  Schema.Object.pipe(HttpApiSchema.withEncoding({ kind: "Json", contentType })).annotations(
    HttpApiSchema.annotations({ status: 200, description })
  )
const linked = (description: string) => document(JSON_LD_TYPE, description)

export class DocumentsGroup extends group(
  "Documents",
  "The catalogue in public standards",
  get("catalogJsonLd", "/catalog.jsonld", "The catalogue as linked data", reads("everything")).addSuccess(
    linked("DCAT-3 and schema.org in JSON-LD")
  ),
  get(
    "datasetJsonLd",
    "/catalog/:dataset_name.jsonld",
    "One data set as linked data: what its page embeds",
    reads("dataset")
  )
    .setPath(DatasetPath)
    .addSuccess(linked("DCAT-3 and schema.org in JSON-LD")),
  get(
    "dataPackage",
    "/datapackage.json",
    "The data sets as a Frictionless Data Package, with a schema for each CSV",
    reads("everything")
  ).addSuccess(document("application/json", "Data Package 2.0")),
  get(
    "dataContract",
    "/contract.odcs.yaml",
    "What those who read by SQL may rely on, as an Open Data Contract",
    reads("everything")
  ).addSuccess(
    HttpApiSchema.Text({ contentType: YAML_TYPE }).annotations(
      HttpApiSchema.annotations({ status: 200, description: "ODCS 3.1 in YAML" })
    )
  )
) {}
