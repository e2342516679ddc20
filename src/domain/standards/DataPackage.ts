/**
 * Frictionless Data Package 2.0: each data set as a table in CSV, with the schema of its columns. R, frictionless-py
 * and others load and check the files by it.
 */

import { descriptorOf } from "../dataset/Datasets.js"
import { unitOf } from "../Unit.js"
import {
  type DocumentDataset,
  type DocumentTerms,
  FILE_FORMATS,
  type FileColumn,
  fileUrl,
  type LicenceTerms,
  licenceOf,
  licenceTermsOf,
  publisherOf
} from "./Document.js"

type Json = Readonly<Record<string, unknown>>

const TYPES: Readonly<Record<FileColumn["kind"], string>> = {
  integer: "integer",
  number: "number",
  time: "datetime",
  text: "string",
  boolean: "boolean",
  binary: "string",
  json: "object"
}

const fieldOf = ({ description, kind, name, nullable, rules, unit }: FileColumn): Json => {
  const code = unit === null ? null : unitOf(unit)
  const constraints = { ...(nullable ? {} : { required: true }), ...rules }
  return {
    name,
    type: TYPES[kind],
    description: unit === null ? description : `${description} (unit: ${unit})`,
    ...(unit === null ? {} : { unit }),
    ...(code === null ? {} : { ucumCode: code.ucum }),
    ...(kind === "boolean" ? { trueValues: ["true"], falseValues: ["false"] } : {}),
    ...(Object.keys(constraints).length === 0 ? {} : { constraints })
  }
}

const licences = (terms: LicenceTerms | null): Json => {
  if (terms === null) return {}
  const { spdx, text, url } = terms
  if (spdx === null && url === null) return {}
  return {
    licenses: [
      { ...(spdx === null ? {} : { name: spdx }), ...(url === null ? {} : { path: url }), title: text }
    ]
  }
}

const resourceOf = ({ columns, dataset }: DocumentDataset, terms: DocumentTerms): Json => {
  const { dataset_name: name } = dataset
  const { inTime, key } = descriptorOf(name)
  const publisher = publisherOf(dataset, terms)
  const [csv] = FILE_FORMATS
  return {
    name,
    title: dataset.title,
    description: dataset.description,
    type: "table",
    ...(csv === undefined ? {} : { path: fileUrl(terms.origin, name, csv), mediatype: csv.mediaType }),
    format: "csv",
    encoding: "utf-8",
    ...licences(licenceTermsOf(dataset, terms)),
    ...(publisher === null ? {} : { sources: [{ title: publisher }] }),
    ...(dataset.tags.length === 0 ? {} : { keywords: dataset.tags }),
    schema: {
      $schema: "https://datapackage.org/profiles/2.0/tableschema.json",
      fieldsMatch: ["exact"],
      fields: columns.map(fieldOf),
      missingValues: [""],
      primaryKey: key,
      ...(inTime
        ? { foreignKeys: [{ fields: ["sensor_id"], reference: { resource: "sensors", fields: ["id"] } }] }
        : {})
    }
  }
}

const contributors = (
  datasets: ReadonlyArray<DocumentDataset>,
  terms: DocumentTerms
): ReadonlyArray<Json> => {
  const owners = new Set(datasets.map(({ dataset }) => dataset.owner).filter((owner) => owner !== null))
  const publishers = new Set(
    datasets.map(({ dataset }) => publisherOf(dataset, terms)).filter((one) => one !== null)
  )
  return [
    ...[...publishers].map((title) => ({ title, roles: ["publisher"] })),
    ...[...owners].map((title) => ({ title, roles: ["steward"] }))
  ]
}

export const dataPackage = (datasets: ReadonlyArray<DocumentDataset>, terms: DocumentTerms): Json => {
  const people = contributors(datasets, terms)
  const tags = [...new Set(datasets.flatMap(({ dataset }) => dataset.tags))]
  return {
    $schema: "https://datapackage.org/profiles/2.0/datapackage.json",
    name: "tidemark",
    title: "Tidemark",
    description: "Readings of sensors, with one-minute aggregates, quality and lineage.",
    homepage: `${terms.origin}/catalog`,
    version: terms.version,
    ...licences(licenceOf(terms.licence)),
    ...(people.length === 0 ? {} : { contributors: people }),
    ...(tags.length === 0 ? {} : { keywords: tags }),
    resources: datasets.map((one) => resourceOf(one, terms))
  }
}
