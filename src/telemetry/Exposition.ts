/**
 * Metrics as Prometheus reads them: its text format 0.0.4, and OpenMetrics 1.0.
 * https://prometheus.io/docs/instrumenting/exposition_formats/, https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"

export interface Sample {
  readonly suffix?: "_bucket" | "_sum" | "_count"
  readonly labels?: Readonly<Record<string, string | number>>
  readonly value: number
}

/** All samples of one name. A counter's name ends with `_total`. */
export interface Family {
  readonly name: string
  readonly type: "counter" | "gauge" | "histogram"
  readonly help: string
  readonly samples: ReadonlyArray<Sample>
}

export const TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
export const OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"

/** Of Effect's registry, which holds those of libraries too. */
const OURS = "tidemark_"

const samplesOf = (
  state: MetricState.MetricState.Untyped,
  labels: Record<string, string>
): ReadonlyArray<Sample> => {
  if (MetricState.isCounterState(state)) return [{ labels, value: Number(state.count) }]
  if (MetricState.isGaugeState(state)) return [{ labels, value: Number(state.value) }]
  if (!MetricState.isHistogramState(state)) return []
  return [
    ...state.buckets.map(
      ([le, value]): Sample => ({ suffix: "_bucket", labels: { ...labels, le: boundText(le) }, value })
    ),
    { suffix: "_sum", labels, value: state.sum },
    { suffix: "_count", labels, value: state.count }
  ]
}

const typeOf = (state: MetricState.MetricState.Untyped): Family["type"] =>
  MetricState.isCounterState(state) ? "counter" : MetricState.isGaugeState(state) ? "gauge" : "histogram"

/** What was measured as it happened, by name. */
export const registryFamilies = (): ReadonlyArray<Family> => {
  const families = new Map<string, Family & { readonly samples: Array<Sample> }>()
  for (const { metricKey, metricState } of Metric.unsafeSnapshot()) {
    const { description, name, tags } = metricKey
    if (!name.startsWith(OURS)) continue
    const help = Option.getOrElse(description, () => "")
    const family = families.get(name) ?? { name, type: typeOf(metricState), help, samples: [] }
    const labels = Object.fromEntries(tags.map(({ key, value }) => [key, value]))
    family.samples.push(...samplesOf(metricState, labels))
    families.set(name, family)
  }
  return [...families.values()]
}

const numberText = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? "+Inf" : value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value)

/** As OpenMetrics wants bounds: with a point. In both formats, so that a series has one name. */
const boundText = (bound: number): string => (Number.isInteger(bound) ? `${bound}.0` : numberText(bound))

const escaped = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"')

/** The plain text format knows no escaped quote in a help. */
const helpText = (help: string): string => help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")

const labelsText = (labels: NonNullable<Sample["labels"]>): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`)
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`
}

/** In the order given; OpenMetrics names a counter without its ending, and says where the text ends. */
export const exposition = (families: ReadonlyArray<Family>, openMetrics: boolean): string => {
  const lines: Array<string> = []
  for (const { help, name, samples, type } of families) {
    const family = openMetrics && type === "counter" ? name.replace(/_total$/, "") : name
    lines.push(`# HELP ${family} ${openMetrics ? escaped(help) : helpText(help)}`, `# TYPE ${family} ${type}`)
    for (const { labels = {}, suffix = "", value } of samples)
      lines.push(`${name}${suffix}${labelsText(labels)} ${numberText(value)}`)
  }
  if (openMetrics) lines.push("# EOF")
  return `${lines.join("\n")}\n`
}
