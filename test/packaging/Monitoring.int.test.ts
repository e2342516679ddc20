/** Alerts and dashboard ask for metrics that the program has, and Prometheus' own tool finds the alerts right. */
import { spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { parse } from "yaml"
import { dashboardOf } from "../docs/dashboards.js"
import { hasPromtool, metricsOf, promtool } from "../support/metrics.js"
import { freePort } from "../support/mysql.global.js"
import { folder, startTidemark, until } from "../support/tidemark.js"

const FOLDER = "packaging/monitoring"
const RULES = `${FOLDER}/tidemark.rules.yml`
const RULES_TEST = "test/packaging/tidemark.rules.test.yml"
const DASHBOARD = `${FOLDER}/grafana/dashboards/tidemark.json`

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: { readonly severity: string }
}

const rules: ReadonlyArray<Rule> = parse(readFileSync(RULES, "utf8")).groups.flatMap(
  (group: { readonly rules: ReadonlyArray<Rule> }) => group.rules
)
const dashboard = dashboardOf(DASHBOARD)
const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr = "" }) => expr))

const metricNames = (expression: string): ReadonlyArray<string> =>
  [...expression.matchAll(/\b(?:tidemark|process|nodejs)_\w+/g)].map(([name]) => name)

if (!hasPromtool) console.log("Not run here: promtool, of Debian's prometheus, is not installed")

const hasPrometheus = spawnSync("prometheus", ["--version"], { stdio: "ignore" }).status === 0
if (!hasPrometheus) console.log("Not run here: prometheus is not installed")

interface Found {
  readonly result: ReadonlyArray<unknown>
}
interface Evaluated {
  readonly groups: ReadonlyArray<{ readonly rules: ReadonlyArray<{ readonly health: string }> }>
}

/** Prometheus for the scope of a test; gives where it answers. */
const prometheus = (config: string, data: string) =>
  Effect.gen(function* () {
    const address = `127.0.0.1:${yield* Effect.promise(freePort)}`
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(
          "prometheus",
          [
            `--config.file=${config}`,
            `--storage.tsdb.path=${join(data, "prometheus")}`,
            `--web.listen-address=${address}`
          ],
          { stdio: "ignore" }
        )
      ),
      (child) =>
        Effect.promise(async () => {
          child.kill("SIGKILL")
          if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
        })
    )
    return `http://${address}`
  })

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

  it("tells of each alert in docs/operating.md", () => {
    const section = readFileSync("docs/operating.md", "utf8").split(/^## /m)
    const told = section.find((text) => text.startsWith("To be told\n")) ?? ""
    assert.deepStrictEqual(
      [...told.matchAll(/^\| `(\w+)` +\| (\w+) +\| (\w+) +\|/gm)].map(([, ...cells]) => cells),
      rules.map((rule) => [rule.alert, rule.labels.severity, rule.for ?? "0m"])
    )
  })

  it.skipIf(!hasPromtool)(
    "has an Alertmanager in prometheus.yml that only has to be taken out of its comment",
    () =>
      Effect.gen(function* () {
        const text = readFileSync(`${FOLDER}/prometheus.yml`, "utf8")
        const block = /^# alerting:\n(?:# {2}.*\n)+/m
        assert.match(text, block)
        const path = join(yield* folder, "prometheus.yml")
        writeFileSync(
          path,
          text.replace(block, (lines) => lines.replace(/^# /gm, ""))
        )
        assert.deepStrictEqual(parse(readFileSync(path, "utf8")).alerting, {
          alertmanagers: [{ static_configs: [{ targets: ["alertmanager:9093"] }] }]
        })
        promtool(["check", "config", "--syntax-only", path])
      }).pipe(Effect.scoped, Effect.runPromise)
  )

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

  it.scopedLive.skipIf(!hasPrometheus)(
    "is run by Prometheus: with a key it scrapes, and takes alerts and panels",
    () =>
      Effect.gen(function* () {
        const there = yield* folder
        const secret = "of-the-test-alone"
        const sha256 = createHash("sha256").update(secret).digest("hex")
        const server = yield* startTidemark({ DATA_DIR: there, API_KEYS: `prometheus:reader:${sha256}` })
        yield* Effect.promise(() => server.started())
        writeFileSync(join(there, "metrics.key"), secret)
        const config = parse(readFileSync(`${FOLDER}/prometheus.yml`, "utf8"))
        const [job] = config.scrape_configs
        const path = join(there, "prometheus.yml")
        writeFileSync(
          path,
          JSON.stringify({
            global: { scrape_interval: "1s", evaluation_interval: "1s" },
            rule_files: [resolve(RULES)],
            scrape_configs: [
              {
                ...job,
                authorization: { credentials_file: join(there, "metrics.key") },
                static_configs: [{ targets: [new URL(server.http).host] }]
              }
            ]
          })
        )
        const http = yield* prometheus(path, there)
        const ask = async <A>(question: string): Promise<A> => {
          const answer = await fetch(`${http}/api/v1/${question}`)
          return ((await answer.json()) as { readonly data: A }).data
        }
        const rows = async (expr: string): Promise<number> => {
          const taken = expr.replaceAll("$__rate_interval", "1m").replaceAll("$instance", ".*")
          const { result } = await ask<Found>(`query?query=${encodeURIComponent(taken)}`)
          return result.length
        }
        yield* Effect.promise(async () => {
          await until("all alerts to be evaluated", 60_000, async () => {
            const { groups } = await ask<Evaluated>("rules")
            const healths = groups.flatMap((group) => group.rules.map(({ health }) => health))
            return healths.length === rules.length && healths.every((health) => health === "ok")
          })
          // Nothing was rejected, and there is no broker elsewhere.
          const empty: ReadonlyArray<string | undefined> = await until("the panels", 60_000, async () => {
            const counts = await Promise.all(expressions.map(rows))
            const names = expressions.filter((_, i) => counts[i] === 0).map((expr) => metricNames(expr)[0])
            return names.length <= 2 && names
          })
          assert.deepStrictEqual(empty, ["tidemark_rejected_total", "tidemark_broker_up"])
        })
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
