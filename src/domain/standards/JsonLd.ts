/**
 * The catalogue as linked data: DCAT-3 and schema.org/Dataset in one document, with quality in DQV. Harvesters of
 * either read it; text stays text, whatever is in it.
 */

import { queryOf } from "../catalogue/DatasetDescriptions.js"
import { descriptorOf } from "../dataset/Datasets.js"
import { DIMENSIONS } from "../quality/QualityChecks.js"
import { unitOf, unitUrl } from "../Unit.js"
import {
  contactUrl,
  type DocumentDataset,
  type DocumentTerms,
  datasetUrl,
  FILE_FORMATS,
  fileUrl,
  licenceTermsOf,
  type MeasuredVariable,
  publisherOf
} from "./Document.js"

type Json = Readonly<Record<string, unknown>>

/** The terms of schema.org need no prefix; the others are named here, so that one context has to be known alone. */
const CONTEXT = [
  "https://schema.org",
  {
    dcat: "http://www.w3.org/ns/dcat#",
    dcterms: "http://purl.org/dc/terms/",
    dqv: "http://www.w3.org/ns/dqv#",
    foaf: "http://xmlns.com/foaf/0.1/",
    prov: "http://www.w3.org/ns/prov#",
    rdfs: "http://www.w3.org/2000/01/rdf-schema#",
    vcard: "http://www.w3.org/2006/vcard/ns#",
    xsd: "http://www.w3.org/2001/XMLSchema#"
  }
]

const link = (address: string) => ({ "@id": address })
const time = (text: string) => ({ "@value": text, "@type": "xsd:dateTime" })
const MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"

const period = (start: string, end: string) => ({
  "@type": "dcterms:PeriodOfTime",
  "dcat:startDate": time(start),
  "dcat:endDate": time(end)
})

const variable = ({ max, min, type, unit }: MeasuredVariable): Json => {
  const code = unit === null ? null : unitOf(unit)
  const url = unit === null ? null : unitUrl(unit)
  return {
    "@type": "PropertyValue",
    name: type,
    ...(unit === null ? {} : { unitText: unit }),
    ...(code === null ? {} : { unitCode: [...(url === null ? [] : [url]), `ucum:${code.ucum}`] }),
    ...(min === null ? {} : { minValue: min }),
    ...(max === null ? {} : { maxValue: max })
  }
}

/** What is measured; of a data set that holds no values, what its columns say. */
const variables = (
  { columns, dataset }: DocumentDataset,
  { measured }: DocumentTerms
): ReadonlyArray<Json> =>
  dataset.columns.some(({ name }) => name === "value") && measured.length > 0
    ? measured.map(variable)
    : columns.map(({ description, name, unit }) => ({
        "@type": "PropertyValue",
        name,
        description,
        ...(unit === null ? {} : { unitText: unit })
      }))

const distributions = ({ dataset }: DocumentDataset, { origin }: DocumentTerms): ReadonlyArray<Json> => {
  const { dataset_name: name, title } = dataset
  const distribution = (id: string, kind: string, address: string, mediaType: string, more: Json): Json => ({
    "@id": `${datasetUrl(origin, name)}#${id}`,
    "@type": ["DataDownload", "dcat:Distribution"],
    name: `${title} as ${kind}`,
    "dcterms:title": `${title} as ${kind}`,
    contentUrl: address,
    encodingFormat: mediaType,
    "dcat:accessURL": link(address),
    "dcat:mediaType": link(MEDIA_TYPES + mediaType),
    ...more
  })
  const service = (id: string, kind: string, address: string, root: string) =>
    distribution(id, kind, address, "application/json", { "dcat:accessService": link(root) })
  const { entitySet, path, query } = descriptorOf(name)
  return [
    ...FILE_FORMATS.map((format) => {
      const address = fileUrl(origin, name, format)
      return distribution(format.id, format.title, address, format.mediaType, {
        "dcat:downloadURL": link(address)
      })
    }),
    service("json", "JSON by pages", `${origin}${path}/${queryOf(query)}`, `${origin}/`),
    ...(entitySet === null
      ? []
      : [service("odata", "OData 4.0", `${origin}/odata/${entitySet}`, `${origin}/odata/`)])
  ]
}

const measurements = (
  { dataset }: DocumentDataset,
  { origin, quality }: DocumentTerms
): ReadonlyArray<Json> => {
  const scores = quality?.scores[dataset.dataset_name]
  if (quality === null || scores === undefined) return []
  return DIMENSIONS.flatMap((dimension): ReadonlyArray<Json> => {
    const score = scores[dimension]
    if (score === null) return []
    return [
      {
        "@type": "dqv:QualityMeasurement",
        "dqv:computedOn": link(datasetUrl(origin, dataset.dataset_name)),
        "dqv:isMeasurementOf": {
          "@id": `${origin}/quality#${dimension}`,
          "@type": "dqv:Metric",
          "rdfs:label": dimension,
          "dqv:expectedDataType": link("http://www.w3.org/2001/XMLSchema#double")
        },
        "dqv:value": { "@value": String(score), "@type": "xsd:double" },
        "dcterms:temporal": period(quality.start, quality.end)
      }
    ]
  })
}

const licence = (document: DocumentDataset, terms: DocumentTerms): Json => {
  const stated = licenceTermsOf(document.dataset, terms)
  if (stated === null) return {}
  return stated.url === null
    ? {
        license: { "@type": "CreativeWork", name: stated.text },
        "dcterms:rights": { "@type": "dcterms:RightsStatement", "rdfs:label": stated.text }
      }
    : { license: stated.url, "dcterms:license": link(stated.url) }
}

const agent = (name: string) => ({ "@type": ["Organization", "foaf:Agent"], name, "foaf:name": name })

const people = ({ dataset }: DocumentDataset, terms: DocumentTerms): Json => {
  const publisher = publisherOf(dataset, terms)
  const { contact, owner } = dataset
  const address = contact === null ? null : contactUrl(contact)
  return {
    ...(publisher === null ? {} : { publisher: agent(publisher), "dcterms:publisher": agent(publisher) }),
    ...(owner === null ? {} : { creator: agent(owner), "dcterms:creator": agent(owner) }),
    ...(contact === null && owner === null
      ? {}
      : {
          "dcat:contactPoint": {
            "@type": "vcard:Kind",
            "vcard:fn": owner ?? contact,
            ...(address === null
              ? contact === null
                ? {}
                : { "vcard:note": contact }
              : address.startsWith("mailto:")
                ? { "vcard:hasEmail": link(address) }
                : { "vcard:hasURL": link(address) })
          }
        })
  }
}

const extent = ({ dataset: { end_time, start_time } }: DocumentDataset): Json =>
  start_time === null || end_time === null
    ? {}
    : {
        temporalCoverage: `${start_time}/${end_time}`,
        "dcterms:temporal": period(start_time, end_time),
        "dcterms:modified": time(end_time),
        dateModified: end_time
      }

const datasetNode = (document: DocumentDataset, terms: DocumentTerms): Json => {
  const { dataset } = document
  const { origin } = terms
  const address = datasetUrl(origin, dataset.dataset_name)
  const files = distributions(document, terms)
  const quality = measurements(document, terms)
  return {
    "@id": address,
    "@type": ["Dataset", "dcat:Dataset"],
    identifier: dataset.dataset_name,
    "dcterms:identifier": dataset.dataset_name,
    name: dataset.title,
    "dcterms:title": dataset.title,
    description: dataset.description,
    "dcterms:description": dataset.description,
    url: address,
    "dcat:landingPage": link(address),
    ...(dataset.tags.length === 0 ? {} : { keywords: dataset.tags, "dcat:keyword": dataset.tags }),
    ...licence(document, terms),
    ...people(document, terms),
    ...extent(document),
    isAccessibleForFree: true,
    variableMeasured: variables(document, terms),
    "dcterms:provenance": { "@type": "dcterms:ProvenanceStatement", "rdfs:label": dataset.lineage },
    ...(dataset.made_from.length === 0
      ? {}
      : { "prov:wasDerivedFrom": dataset.made_from.map((name) => link(datasetUrl(origin, name))) }),
    distribution: files,
    "dcat:distribution": files.map((file) => link(String(file["@id"]))),
    ...(quality.length === 0 ? {} : { "dqv:hasQualityMeasurement": quality })
  }
}

/** One data set: to be embedded in its page, and answered by itself. */
export const datasetJsonLd = (document: DocumentDataset, terms: DocumentTerms): Json => ({
  "@context": CONTEXT,
  ...datasetNode(document, terms),
  includedInDataCatalog: { "@id": `${terms.origin}/catalog`, "@type": "DataCatalog" }
})

const service = (address: string, title: string, description: string, more: Json): Json => ({
  "@id": address,
  "@type": "dcat:DataService",
  "dcterms:title": title,
  "dcat:endpointURL": link(address),
  "dcat:endpointDescription": link(description),
  ...more
})

export const catalogJsonLd = (datasets: ReadonlyArray<DocumentDataset>, terms: DocumentTerms): Json => {
  const { origin, publisher, version } = terms
  const ids = datasets.map(({ dataset }) => link(datasetUrl(origin, dataset.dataset_name)))
  return {
    "@context": CONTEXT,
    "@id": `${origin}/catalog`,
    "@type": ["DataCatalog", "dcat:Catalog"],
    name: "Tidemark",
    "dcterms:title": "Tidemark",
    description: "Readings of sensors, with one-minute aggregates, quality and lineage.",
    "dcterms:description": "Readings of sensors, with one-minute aggregates, quality and lineage.",
    url: `${origin}/catalog`,
    version,
    ...(publisher === null ? {} : { publisher: agent(publisher), "dcterms:publisher": agent(publisher) }),
    dataset: datasets.map((one) => datasetNode(one, terms)),
    "dcat:dataset": ids,
    "dcat:service": [
      service(`${origin}/`, "HTTP API", `${origin}/openapi.json`, { "dcat:servesDataset": ids }),
      service(`${origin}/odata/`, "OData 4.0", `${origin}/odata/$metadata`, {
        "dcterms:conformsTo": link("https://docs.oasis-open.org/odata/odata/v4.0/")
      })
    ]
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029"
}

/** As the content of `<script type="application/ld+json">`: no text in it can end the element. */
export const scriptText = (document: Json): string =>
  JSON.stringify(document).replace(/[<>&\u2028\u2029]/g, (character) => ESCAPES[character] ?? character)
