/**
 * Run events of OpenLineage 2-0-2: what was folded, and what was found of its quality, for catalogues that collect
 * lineage (Marquez, OpenMetadata, DataHub). Made from the stages of the pipeline and the catalogue's columns.
 */
import { createHash } from "node:crypto"
import { DATASETS, type DatasetName } from "../catalogue/DatasetDescriptions.js"
import { findStage, MINUTES_STAGE, STAGES } from "../catalogue/Pipeline.js"
import { DIMENSIONS } from "../quality/QualityChecks.js"
import type { QualityReport } from "../quality/QualityReport.js"
import { formatTime, type Micros } from "../Time.js"

type Json = Readonly<Record<string, unknown>>

const SCHEMA_URL = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/definitions/RunEvent"
const FACETS = "https://openlineage.io/spec/facets/"

export interface LineageSource {
  /** What tells this server's jobs and data sets from those of others. */
  readonly namespace: string
  /** Of the program. */
  readonly version: string
}

export type RunState = "START" | "COMPLETE" | "FAIL"

/** One run of a stage, over what the log gained from `from` (exclusive) to `to`. */
export interface FoldRun {
  readonly from: number
  readonly to: number
  readonly startedAt: Micros
  readonly endedAt: Micros
  /** Why it failed; null: it did not. */
  readonly error: string | null
}

const producerOf = ({ version }: LineageSource) => `urn:tidemark:${version}`

const facet = (source: LineageSource, version: string, name: string, content: Json): Json => ({
  _producer: producerOf(source),
  _schemaURL: `${FACETS}${version}/${name}.json#/$defs/${name}`,
  ...content
})

/** A UUID that is the same for the same run, however often it is told of. */
export const runIdOf = (parts: ReadonlyArray<string | number>): string => {
  const hex = createHash("sha256").update(JSON.stringify(parts)).digest("hex")
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `${variant}${hex.slice(18, 20)}`,
    hex.slice(20, 32)
  ].join("-")
}

const TYPES = {
  integer: "BIGINT",
  number: "DOUBLE",
  text: "VARCHAR",
  time: "TIMESTAMP",
  binary: "BINARY",
  json: "JSON"
}

const schemaFacet = (source: LineageSource, name: string): Json => {
  const definition = DATASETS.find((dataset) => dataset.name === name)
  if (definition === undefined) return {}
  const fields = definition.columns.map((column) => ({
    name: column.name,
    type: TYPES[column.kind],
    description: column.description
  }))
  return {
    schema: facet(source, "1-2-0", "SchemaDatasetFacet", { fields }),
    documentation: facet(source, "1-1-0", "DocumentationDatasetFacet", {
      description: definition.description
    })
  }
}

/** Of each column that a stage makes, the columns that it is made of. */
const columnFacet = (source: LineageSource, output: string): Json => {
  const columns = STAGES.flatMap((stage) => Object.entries(stage.columns ?? {})).filter(([column]) =>
    column.startsWith(`${output}.`)
  )
  if (columns.length === 0) return {}
  const fields = Object.fromEntries(
    columns.map(([column, from]) => [
      column.slice(output.length + 1),
      {
        inputFields: from.map((input) => {
          const [name = "", field = ""] = input.split(".")
          return { namespace: source.namespace, name, field }
        })
      }
    ])
  )
  return {
    columnLineage: facet(source, "1-2-0", "ColumnLineageDatasetFacet", {
      fields
    })
  }
}

const input = (source: LineageSource, name: string, inputFacets: Json = {}): Json => ({
  namespace: source.namespace,
  name,
  facets: schemaFacet(source, name),
  ...(Object.keys(inputFacets).length === 0 ? {} : { inputFacets })
})
const output = (source: LineageSource, name: string): Json => ({
  namespace: source.namespace,
  name,
  facets: { ...schemaFacet(source, name), ...columnFacet(source, name) }
})

interface Run {
  readonly id: string
  readonly job: string
  readonly description: string
  readonly at: Micros
  readonly state: RunState
  readonly error?: string | null
  readonly inputs: ReadonlyArray<Json>
  readonly outputs: ReadonlyArray<Json>
}

const event = (source: LineageSource, run: Run): Json => ({
  eventTime: formatTime(run.at),
  eventType: run.state,
  producer: producerOf(source),
  schemaURL: SCHEMA_URL,
  run: {
    runId: run.id,
    facets:
      run.error == null
        ? {}
        : {
            errorMessage: facet(source, "1-0-1", "ErrorMessageRunFacet", {
              message: run.error,
              programmingLanguage: "TypeScript"
            })
          }
  },
  job: {
    namespace: source.namespace,
    name: run.job,
    facets: {
      documentation: facet(source, "1-1-0", "DocumentationJobFacet", {
        description: run.description
      }),
      jobType: facet(source, "2-0-4", "JobTypeJobFacet", {
        processingType: "BATCH",
        integration: "TIDEMARK",
        jobType: "JOB"
      })
    }
  },
  inputs: run.inputs,
  outputs: run.outputs
})

/** A fold of minutes, from its start to its end. */
export const foldEvents = (source: LineageSource, fold: FoldRun): ReadonlyArray<Json> => {
  const stage = findStage(MINUTES_STAGE)
  if (stage === undefined) return []
  const common = {
    id: runIdOf([source.namespace, stage.id, fold.from, fold.to, fold.startedAt]),
    job: stage.id,
    description: stage.description,
    inputs: stage.reads.map((name) => input(source, name)),
    outputs: stage.writes.map((name) => output(source, name))
  }
  return [
    event(source, { ...common, at: fold.startedAt, state: "START" }),
    event(source, {
      ...common,
      at: fold.endedAt,
      state: fold.error === null ? "COMPLETE" : "FAIL",
      error: fold.error
    })
  ]
}

const MEASURE_DATASETS: ReadonlyArray<"sensor_data" | "aggregated_sensor_data"> = [
  "sensor_data",
  "aggregated_sensor_data"
]

const detailsOf = (report: QualityReport, name: DatasetName) =>
  name === "sensor_data" ? report.details : report.aggregated_details

/** Each check that looked at anything, with what it found. */
const assertionsOf = (report: QualityReport, name: DatasetName): ReadonlyArray<Json> =>
  DIMENSIONS.flatMap((dimension) =>
    detailsOf(report, name)[dimension].checks.flatMap(
      ({ denominator, description, name: check, numerator, score }) =>
        score === null
          ? []
          : [
              {
                assertion: dimension,
                name: check,
                description,
                success: numerator === denominator,
                expected: String(denominator),
                actual: String(numerator)
              }
            ]
    )
  )

/** How many readings the window has: what was accepted of all that came; none where that was not counted. */
const rowsOf = (report: QualityReport, name: DatasetName): number | undefined =>
  DIMENSIONS.flatMap((dimension) => detailsOf(report, name)[dimension].checks).find(
    (check) => check.name === "accepted" && check.score !== null
  )?.numerator

/** A report of quality, with its counts and which of its checks held. */
export const qualityEvents = (
  source: LineageSource,
  report: QualityReport,
  startedAt: Micros,
  endedAt: Micros
): ReadonlyArray<Json> => {
  const inputs = MEASURE_DATASETS.map((name) => {
    const assertions = assertionsOf(report, name)
    const rowCount = rowsOf(report, name)
    return input(source, name, {
      dataQualityMetrics: facet(source, "1-0-3", "DataQualityMetricsInputDatasetFacet", {
        ...(rowCount === undefined ? {} : { rowCount }),
        columnMetrics: {}
      }),
      ...(assertions.length === 0
        ? {}
        : {
            dataQualityAssertions: facet(source, "1-1-0", "DataQualityAssertionsDatasetFacet", { assertions })
          })
    })
  })
  const common = {
    id: runIdOf([
      source.namespace,
      "quality",
      report.position,
      report.start_time,
      report.end_time,
      startedAt
    ]),
    job: "quality",
    description: "Counts the quality of a window of device time in seven dimensions.",
    inputs,
    outputs: []
  }
  return [
    event(source, { ...common, at: startedAt, state: "START" }),
    event(source, { ...common, at: endedAt, state: "COMPLETE" })
  ]
}
