/** `/metrics`: for Prometheus, in the one of its two formats that it likes better. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { reads } from "../../api/core/Access.js"
import { exposition, OPENMETRICS_TYPE, TEXT_TYPE } from "../../telemetry/Exposition.js"
import { prefers } from "../core/Negotiate.js"
import { MetricsReport } from "../core/Ports.js"
import { routeBeside } from "../core/Routes.js"
import { answeredBy } from "../core/Serving.js"

// Whoever takes neither is given the plain text, as by every other exporter.
const METRICS = routeBeside("GET", "/metrics", reads("everything", { ofProgram: true }), "*/*")

export const METRICS_ROUTES = [METRICS]

export const metricsAnswers = Effect.map(MetricsReport, ({ families }) => [
  answeredBy(METRICS, () =>
    Effect.gen(function* () {
      const { headers } = yield* HttpServerRequest.HttpServerRequest
      const openMetrics = prefers(headers.accept, "application/openmetrics-text", "text/plain")
      return HttpServerResponse.text(exposition(yield* families, openMetrics), {
        contentType: openMetrics ? OPENMETRICS_TYPE : TEXT_TYPE,
        headers: { vary: "accept" }
      })
    })
  )
])
