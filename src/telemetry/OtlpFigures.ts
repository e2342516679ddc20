/** The figures of `/metrics` as OTLP has them: https://opentelemetry.io/docs/specs/otlp/ */
import type { KeyValue, Resource } from "@effect/opentelemetry/OtlpResource"
import * as Arr from "effect/Array"
import type { Family, Sample } from "./Exposition.js"

/** All of them are counted since the start. */
const CUMULATIVE = 2

/** In nanoseconds since 1970. */
interface Period {
  readonly from: bigint
  readonly to: bigint
}

const attributesOf = (labels: Sample["labels"] = {}): Array<KeyValue> =>
  Object.entries(labels).map(([key, value]) => ({ key, value: { stringValue: String(value) } }))

const timesOf = ({ from, to }: Period) => ({ startTimeUnixNano: String(from), timeUnixNano: String(to) })

/** Bounds and counts of one histogram, from its samples: there each bucket holds those below it too. */
const histogramOf = (samples: ReadonlyArray<Sample>) => {
  const buckets = samples
    .filter(({ suffix }) => suffix === "_bucket")
    .map(({ labels, value }) => ({
      bound: Number(String(labels?.le).replace("+Inf", "Infinity")),
      value
    }))
  const valueOf = (name: Sample["suffix"]) => samples.find(({ suffix }) => suffix === name)?.value ?? 0
  return {
    count: valueOf("_count"),
    sum: valueOf("_sum"),
    explicitBounds: buckets.map(({ bound }) => bound).filter(Number.isFinite),
    bucketCounts: buckets.map(({ value }, i) => value - (buckets[i - 1]?.value ?? 0))
  }
}

const withoutBound = ({ le: _, ...labels }: NonNullable<Sample["labels"]>) => labels

const metricOf = ({ help, name, samples, type }: Family, period: Period) => {
  const told = { name, description: help }
  if (type === "histogram") {
    const series = Arr.groupBy(samples, ({ labels = {} }) => JSON.stringify(withoutBound(labels)))
    const dataPoints = Object.values(series).map((own) => ({
      attributes: attributesOf(withoutBound(own[0]?.labels ?? {})),
      ...timesOf(period),
      ...histogramOf(own)
    }))
    return { ...told, histogram: { aggregationTemporality: CUMULATIVE, dataPoints } }
  }
  const dataPoints = samples.map(({ labels, value }) => ({
    attributes: attributesOf(labels),
    ...timesOf(period),
    asDouble: value
  }))
  return type === "gauge"
    ? { ...told, gauge: { dataPoints } }
    : { ...told, sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints } }
}

/** What is sent of these families; one without samples is left out. */
export const metricsData = (families: ReadonlyArray<Family>, resource: Resource, period: Period) => ({
  resourceMetrics: [
    {
      resource,
      scopeMetrics: [
        {
          scope: { name: "tidemark" },
          metrics: families
            .filter(({ samples }) => samples.length > 0)
            .map((family) => metricOf(family, period))
        }
      ]
    }
  ]
})
