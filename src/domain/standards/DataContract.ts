/**
 * Open Data Contract Standard 3.1: what those who read the tables and views by SQL may rely on. An object here; it is
 * written as YAML.
 */
import type { CatalogColumn } from "../catalogue/CatalogueDataset.js"
import type { DatasetName } from "../catalogue/DatasetDescriptions.js"
import { descriptorOf } from "../dataset/Datasets.js"
import {
  contactUrl,
  type DocumentDataset,
  type DocumentTerms,
  licenceOf,
  licenceTermsOf,
  publisherOf
} from "./Document.js"

type Json = Readonly<Record<string, unknown>>

/** Of the contract's own form and promises, not of the data. */
export const CONTRACT_VERSION = "1.0.0"

const LOGICAL: Readonly<Record<CatalogColumn["kind"], string>> = {
  integer: "integer",
  number: "number",
  text: "string",
  time: "timestamp",
  binary: "string",
  json: "object"
}

const property = (property: string, value: unknown) => ({ property, value })

const rule = (name: string, metric: string, dimension: string): Json => ({
  name,
  metric,
  mustBe: 0,
  dimension,
  unit: "rows"
})

const qualityOf = (name: string, never: boolean, unique: boolean): ReadonlyArray<Json> => [
  ...(never ? [rule(`${name} is never null`, "nullValues", "completeness")] : []),
  ...(unique ? [rule(`${name} is unique`, "duplicateValues", "uniqueness")] : [])
]

const columnOf = (name: DatasetName, column: CatalogColumn): Json => {
  const { columns, key } = descriptorOf(name)
  const { maximum, minimum, unique = false } = columns.find((one) => one.name === column.name)?.rules ?? {}
  const place = key.indexOf(column.name)
  // A view's columns may be null as far as the database knows.
  const never = place !== -1 || !column.nullable
  const quality = qualityOf(column.name, never, unique)
  const numeric = column.kind === "integer" || column.kind === "number"
  const options = {
    ...(numeric && minimum !== undefined ? { minimum } : {}),
    ...(numeric && maximum !== undefined ? { maximum } : {}),
    ...(column.kind === "time" ? { timezone: true, defaultTimezone: "Etc/UTC" } : {})
  }
  return {
    name: column.name,
    logicalType: LOGICAL[column.kind],
    physicalType: column.data_type,
    description: column.description,
    required: never,
    unique,
    ...(place === -1 ? {} : { primaryKey: true, primaryKeyPosition: place + 1 }),
    ...(Object.keys(options).length === 0 ? {} : { logicalTypeOptions: options }),
    ...(column.unit === null ? {} : { customProperties: [property("unit", column.unit)] }),
    ...(quality.length === 0 ? {} : { quality })
  }
}

const schemaOf = ({ dataset }: DocumentDataset, terms: DocumentTerms): Json => {
  const { dataset_name: name, owner } = dataset
  const { grain, stored } = descriptorOf(name)
  const licence = licenceTermsOf(dataset, terms)
  const publisher = publisherOf(dataset, terms)
  const custom = [
    ...(owner === null ? [] : [property("owner", owner)]),
    ...(publisher === null ? [] : [property("publisher", publisher)]),
    ...(licence === null ? [] : [property("licence", licence.text)]),
    property("usage", dataset.application),
    property("lineage", dataset.lineage)
  ]
  return {
    name,
    physicalName: name,
    physicalType: stored.view ? "view" : "table",
    logicalType: "object",
    businessName: dataset.title,
    description: dataset.description,
    dataGranularityDescription: grain,
    ...(dataset.tags.length === 0 ? {} : { tags: dataset.tags }),
    authoritativeDefinitions: [
      { url: `${terms.origin}/catalog/${name}`, type: "businessDefinition" },
      { url: `${terms.origin}/lineage/?of=${name}`, type: "transformationImplementation" }
    ],
    customProperties: custom,
    properties: dataset.columns.map((column) => columnOf(name, column))
  }
}

const support = (datasets: ReadonlyArray<DocumentDataset>): Json => {
  const contacts = [...new Set(datasets.map(({ dataset }) => dataset.contact).filter((one) => one !== null))]
  if (contacts.length === 0) return {}
  return {
    support: contacts.map((channel) => {
      const url = contactUrl(channel)
      return {
        channel,
        ...(url === null ? {} : { url }),
        tool: url?.startsWith("mailto:") ? "email" : "other"
      }
    })
  }
}

const team = (datasets: ReadonlyArray<DocumentDataset>): Json => {
  const owners = [...new Set(datasets.map(({ dataset }) => dataset.owner).filter((one) => one !== null))]
  return owners.length === 0
    ? {}
    : { team: { name: "Owners", members: owners.map((name) => ({ username: name, name, role: "owner" })) } }
}

export const dataContract = (datasets: ReadonlyArray<DocumentDataset>, terms: DocumentTerms): Json => {
  const licence = licenceOf(terms.licence)
  return {
    apiVersion: "v3.1.0",
    kind: "DataContract",
    id: `tidemark:${terms.origin}`,
    name: "Tidemark",
    version: CONTRACT_VERSION,
    status: "active",
    domain: "sensors",
    description: {
      purpose: "Readings of sensors and what each minute of them comes to, for analysis, reports and audits.",
      usage: "By SQL from the tables and views, and by HTTP in JSON, CSV, Parquet, Arrow, NDJSON and OData.",
      limitations:
        "Late, corrected and deleted readings change what was there: read as of a position where an answer must stay the same. " +
        `Licence: ${licence?.text ?? "not stated"}.`
    },
    servers: [
      {
        server: "http",
        type: "api",
        location: terms.origin,
        description: "The HTTP API, described at /openapi.json"
      }
    ],
    schema: datasets.map((one) => schemaOf(one, terms)),
    slaProperties: [
      {
        property: "latency",
        value: terms.latenessSeconds,
        unit: "s",
        element: "aggregated_sensor_data.timestamp",
        description: "How long after the end of a minute it is final; later readings still count, and show"
      },
      {
        property: "frequency",
        value: 1,
        unit: "m",
        element: "aggregated_sensor_data.timestamp",
        description: "One aggregate a sensor and minute"
      },
      {
        property: "retention",
        value: "unlimited",
        element: "events.position",
        description: "The log is append only: nothing in it is ever deleted"
      }
    ],
    ...support(datasets),
    ...team(datasets)
  }
}
