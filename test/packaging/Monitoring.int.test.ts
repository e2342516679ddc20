/** Alerts and dashboard ask for metrics that the program has, and Prometheus' own tool finds the alerts right. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { parse } from "yaml"
import { dashboardOf } from "../docs/dashboards.js"
import { hasPromtool, metricsOf, promtool } from "../support/metrics.js"
import { folder, startTidemark } from "../support/tidemark.js"

const FOLDER = "packaging/monitoring"
const RULES = `${FOLDER}/tidemark.rules.yml`
const RULES_TEST = "test/packaging/tidemark.rules.test.yml"
const DASHBOARD = `${FOLDER}/grafana/dashboards/tidemark.json`

interface Rule {
  readonly alert: string
  readonly expr: string
}

const rules: ReadonlyArray<Rule> = parse(readFileSync(RULES, "utf8")).groups.flatMap(
  (group: { readonly rules: ReadonlyArray<Rule> }) => group.rules
)
const dashboard = dashboardOf(DASHBOARD)
const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr = "" }) => expr))

const metricNames = (expression: string): ReadonlyArray<string> =>
  [...expression.matchAll(/\b(?:tidemark|process|nodejs)_\w+/g)].map(([name]) => name)

if (!hasPromtool) console.log("Not run here: promtool, of Debian's prometheus, is not installed")

describe("the monitoring", () => {
  it.skipIf(!hasPromtool)("has alerts that promtool takes, and that fire when they should", () => {
    promtool(["check", "rules", RULES])
    promtool(["check", "config", "--syntax-only", `${FOLDER}/prometheus.yml`])
    promtool(["test", "rules", RULES_TEST])
  })

  it("tries each alert", () => {
    const tried = [...readFileSync(RULES_TEST, "utf8").matchAll(/labels: '\{alertname="(\w+)"/g)]
    assert.deepStrictEqual(
      [...new Set(tried.map(([, name]) => name))],
      rules.map(({ alert }) => alert)
    )
  })

  it("has a dashboard whose panels stand beside each other", () => {
    const { panels } = JSON.parse(readFileSync(DASHBOARD, "utf8")) as {
      readonly panels: ReadonlyArray<{
        readonly id: number
        readonly gridPos: Readonly<Record<"x" | "y" | "w" | "h", number>>
      }>
    }
    assert.lengthOf(new Set(panels.map(({ id }) => id)), panels.length)
    const cells = panels.flatMap(({ gridPos: { h, w, x, y } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`)
    )
    assert.lengthOf(new Set(cells), cells.length)
    assert.isTrue(panels.every(({ gridPos: { w, x } }) => x + w <= 24))
  })

  it.scoped.skipIf(!hasPromtool)("has expressions in the dashboard that Prometheus takes", () =>
    Effect.map(folder, (there) => {
      const path = join(there, "dashboard.yml")
      const taken = expressions.map((expr, i) => ({
        record: `panel:${i}`,
        expr: expr.replaceAll("$__rate_interval", "1m").replaceAll("$instance", ".*")
      }))
      writeFileSync(path, JSON.stringify({ groups: [{ name: "dashboard", rules: taken }] }))
      promtool(["check", "rules", path])
    })
  )

  it.scopedLive("names metrics that the program tells", () =>
    Effect.gen(function* () {
      const server = yield* startTidemark({ SIMULATE: "false", DATA_DIR: yield* folder })
      yield* Effect.promise(async () => {
        await server.started()
        const scrape = async () => await (await fetch(`${server.http}/metrics`)).text()
        // It tells of the first scrape in the second.
        await scrape()
        const metrics = metricsOf(await scrape())
        const names = new Set([...rules.map(({ expr }) => expr), ...expressions].flatMap(metricNames))
        assert.isAbove(names.size, 20)
        for (const name of names) {
          const histogram = metrics.get(name.replace(/_(bucket|count|sum)$/, ""))?.type === "histogram"
          assert.isTrue(metrics.has(name) || histogram, name)
        }
        // And what it tells is in the dashboard, but what alerts and panels of others are made of.
        const beside = ["process_start_time_seconds", "tidemark_sensors_left_out"]
        for (const [name, { type }] of metrics) {
          const shown = [...names].some(
            (one) => one === name || (type === "histogram" && one.startsWith(name))
          )
          assert.isTrue(shown || beside.includes(name), `${name} is in no panel`)
        }
      })
    })
  )
})
