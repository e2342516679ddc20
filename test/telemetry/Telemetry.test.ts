/** Logs as JSON, and the figures of `/metrics` as a collector takes them. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Tracer from "effect/Tracer"
import type { Family } from "../../src/telemetry/Exposition.js"
import { jsonLogger } from "../../src/telemetry/JsonLog.js"
import { metricsData } from "../../src/telemetry/OtlpFigures.js"

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
const SPAN = "00f067aa0ba902b7"

/** What these log, a line each. */
const linesOf = <E>(logging: Effect.Effect<void, E>) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const kept = Logger.map(jsonLogger, (line) => {
      lines.push(line)
    })
    yield* logging.pipe(Effect.provide(Logger.replace(Logger.defaultLogger, kept)))
    return lines.map((line): Record<string, unknown> => JSON.parse(line))
  })

describe("a line of the log in JSON", () => {
  it.effect("names time, level and message, and the trace that it is of", () =>
    Effect.gen(function* () {
      const parent = Tracer.externalSpan({ traceId: TRACE, spanId: SPAN })
      const [plain, traced] = yield* linesOf(
        Effect.logInfo("one\ntwo").pipe(
          Effect.zipRight(Effect.logError("broken").pipe(Effect.withParentSpan(parent))),
          Effect.annotateLogs({ sensor: 7 })
        )
      )
      assert.deepStrictEqual(plain, {
        sensor: 7,
        timestamp: "1970-01-01T00:00:00.000Z",
        level: "INFO",
        message: "one\ntwo"
      })
      assert.deepInclude(traced, { level: "ERROR", message: "broken", trace_id: TRACE, span_id: SPAN })
    })
  )

  it.effect("tells causes and errors", () =>
    Effect.gen(function* () {
      const [line] = yield* linesOf(Effect.logError("it failed", new Error("no room")))
      assert.deepStrictEqual(line?.message, ["it failed", "Error: no room"])
      const [withCause] = yield* linesOf(
        Effect.fail(new Error("no disk")).pipe(
          Effect.catchAllCause((cause) => Effect.logError("lost", cause))
        )
      )
      assert.include(String(withCause?.cause), "no disk")
    })
  )
})

describe("the figures", () => {
  const families: ReadonlyArray<Family> = [
    { name: "t_total", type: "counter", help: "c", samples: [{ labels: { code: "x" }, value: 3 }] },
    { name: "g", type: "gauge", help: "g", samples: [{ value: 0.5 }] },
    { name: "none", type: "gauge", help: "n", samples: [] },
    {
      name: "h",
      type: "histogram",
      help: "h",
      samples: ["a", "b"].flatMap((route) => [
        { suffix: "_bucket", labels: { route, le: "1.0" }, value: 2 } as const,
        { suffix: "_bucket", labels: { route, le: "5.0" }, value: 2 } as const,
        { suffix: "_bucket", labels: { route, le: "+Inf" }, value: 5 } as const,
        { suffix: "_sum", labels: { route }, value: 60 } as const,
        { suffix: "_count", labels: { route }, value: 5 } as const
      ])
    }
  ]
  const resource = { attributes: [], droppedAttributesCount: 0 }
  const times = { startTimeUnixNano: "1", timeUnixNano: "2" }

  it("are sums, gauges and histograms whose buckets hold their own alone", () => {
    const [sent] = metricsData(families, resource, { from: 1n, to: 2n }).resourceMetrics
    const routeOf = (route: string) => ({
      attributes: [{ key: "route", value: { stringValue: route } }],
      ...times,
      count: 5,
      sum: 60,
      explicitBounds: [1, 5],
      bucketCounts: [2, 0, 3]
    })
    const point = { ...times, attributes: [], asDouble: 0.5 }
    assert.deepStrictEqual<unknown>(sent?.scopeMetrics[0]?.metrics, [
      {
        name: "t_total",
        description: "c",
        sum: {
          aggregationTemporality: 2,
          isMonotonic: true,
          dataPoints: [{ ...times, attributes: [{ key: "code", value: { stringValue: "x" } }], asDouble: 3 }]
        }
      },
      { name: "g", description: "g", gauge: { dataPoints: [point] } },
      {
        name: "h",
        description: "h",
        histogram: { aggregationTemporality: 2, dataPoints: [routeOf("a"), routeOf("b")] }
      }
    ])
  })
})
