/** Metrics as Prometheus reads them: both formats, to the letter. */
import { assert, describe, it } from "@effect/vitest"
import { exposition, type Family, registryFamilies } from "../../src/telemetry/Exposition.js"
import * as Metrics from "../../src/telemetry/Metrics.js"

const FAMILIES: ReadonlyArray<Family> = [
  {
    name: "readings_total",
    type: "counter",
    help: 'Stored, "all" of them\nby C:\\',
    samples: [{ labels: { code: 'a"b\\c\nd', n: 1 }, value: 3 }]
  },
  { name: "lag_seconds", type: "gauge", help: "Lag", samples: [{ value: 0.25 }, { value: Number.NaN }] },
  { name: "silent", type: "gauge", help: "Nothing yet", samples: [] }
]

describe("the exposition", () => {
  it("is the text format 0.0.4", () => {
    assert.strictEqual(
      exposition(FAMILIES, false),
      [
        '# HELP readings_total Stored, "all" of them\\nby C:\\\\',
        "# TYPE readings_total counter",
        'readings_total{code="a\\"b\\\\c\\nd",n="1"} 3',
        "# HELP lag_seconds Lag",
        "# TYPE lag_seconds gauge",
        "lag_seconds 0.25",
        "lag_seconds NaN",
        "# HELP silent Nothing yet",
        "# TYPE silent gauge",
        ""
      ].join("\n")
    )
  })

  it("is OpenMetrics: a counter's family has no ending, and the text an end", () => {
    const text = exposition(FAMILIES, true)
    assert.include(
      text,
      '# HELP readings Stored, \\"all\\" of them\\nby C:\\\\\n# TYPE readings counter\nreadings_total{'
    )
    assert.isTrue(text.endsWith("# TYPE silent gauge\n# EOF\n"))
  })

  it("gives a histogram's buckets up to infinity, their sum and their count", () => {
    const labels = Metrics.labels({ method: "GET", route: "/exposition", status: "200" })
    for (const seconds of [0.0005, 0.003, 99]) Metrics.requestSeconds.unsafeUpdate(seconds, labels)
    const family = registryFamilies().find(({ name }) => name === "tidemark_http_request_seconds")
    const lines = exposition(family === undefined ? [] : [family], true)
      .split("\n")
      .filter((line) => line.includes('route="/exposition"'))
      .map((line) =>
        line.replace(/method="GET",route="\/exposition",status="200",?/, "").replace(/^tidemark_http_/, "")
      )
    assert.deepStrictEqual(lines.slice(0, 3), [
      'request_seconds_bucket{le="0.001"} 1',
      'request_seconds_bucket{le="0.0025"} 1',
      'request_seconds_bucket{le="0.005"} 2'
    ])
    assert.deepStrictEqual(lines.slice(-4), [
      'request_seconds_bucket{le="10.0"} 2',
      'request_seconds_bucket{le="+Inf"} 3',
      "request_seconds_sum{} 99.0035",
      "request_seconds_count{} 3"
    ])
  })

  it("tells counts from 0 on, those with labels too", () => {
    const samples = registryFamilies().find(({ name }) => name === "tidemark_database_seconds")?.samples ?? []
    const calls = new Set(samples.map(({ labels }) => labels?.call))
    assert.deepStrictEqual([...calls], ["read", "transaction"])
  })
})
