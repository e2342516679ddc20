/** What `/metrics` says, read as a test needs it; and the programs of others that read it too, where they are installed. */
import { execFileSync, spawnSync } from "node:child_process"

export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Metric {
  readonly type: string
  readonly help: string
  readonly samples: ReadonlyArray<Sample>
}

const SAMPLE = /^([a-z_]\w*)(?:\{(.*)\})? (\S+)$/

/** Every metric of the plain text format by name; of a histogram its count. */
export const metricsOf = (text: string): ReadonlyMap<string, Metric> => {
  const all = new Map<string, { type: string; help: string; samples: Array<Sample> }>()
  const of = (name: string) => {
    const metric = all.get(name) ?? { type: "", help: "", samples: [] }
    all.set(name, metric)
    return metric
  }
  for (const line of text.split("\n")) {
    const [, what, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (what === "HELP") of(name).help = rest
    else if (what === "TYPE") of(name).type = rest
    else {
      const [, sample = "", labels = "", value] = SAMPLE.exec(line) ?? []
      if (sample === "" || /_(bucket|sum)$/.test(sample)) continue
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text])
      of(sample.replace(/_count$/, "")).samples.push({
        labels: Object.fromEntries(pairs),
        value: Number(value)
      })
    }
  }
  return all
}

const has = (program: string, ...args: ReadonlyArray<string>): boolean =>
  spawnSync(program, args, { stdio: "ignore" }).status === 0

export const hasPromtool = has("promtool", "--version")

/** What promtool prints; fails with that where it finds fault. */
export const promtool = (args: ReadonlyArray<string>, input = ""): string => {
  const { status, stderr, stdout } = spawnSync("promtool", args, { input, encoding: "utf8" })
  if (status !== 0) throw new Error(`promtool ${args.join(" ")}: ${stdout}${stderr}`)
  return stdout
}

/** The names that Python's own parser finds. */
export const parsedByPython = (python: string, text: string, openMetrics: boolean): ReadonlyArray<string> => {
  const module = openMetrics ? "prometheus_client.openmetrics.parser" : "prometheus_client.parser"
  const code = `import json, sys
from ${module} import text_string_to_metric_families as parse
print(json.dumps([sample.name for family in parse(sys.stdin.read()) for sample in family.samples]))`
  return JSON.parse(execFileSync(python, ["-c", code], { input: text, encoding: "utf8" }))
}
