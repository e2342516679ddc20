/** Telemetry as the settings ask for it: how logs are written, and what goes to a collector. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type { AppConfig } from "../config/AppConfig.js"
import { MetricsReport } from "../http/core/Ports.js"
import { jsonLogger } from "../telemetry/JsonLog.js"
import * as OtlpExport from "../telemetry/OtlpExport.js"

const otlpOf = (config: AppConfig): OtlpExport.OtlpSettings | undefined =>
  config.otlpEndpoint === undefined
    ? undefined
    : {
        endpoint: config.otlpEndpoint,
        headers: config.otlpHeaders,
        protocol: config.otlpProtocol,
        serviceName: config.otlpServiceName,
        resource: config.otlpResource,
        sampling: { ...config.otlpSampler, ratio: config.otlpSampler.ratio ?? config.otlpSamplerRatio },
        traces: config.otlpTraces === "otlp",
        metrics: config.otlpMetrics === "otlp",
        metricsMillis: config.otlpMetricsMillis,
        logs: config.otlpLogs === "otlp"
      }

/** Around everything: it ends last, so that what was said of the end is sent. */
export const around = (config: AppConfig): Layer.Layer<never> => {
  const otlp = otlpOf(config)
  return Layer.mergeAll(
    otlp === undefined ? Layer.empty : OtlpExport.layer(otlp),
    config.logFormat === "json"
      ? Logger.replace(Logger.defaultLogger, Logger.withConsoleLog(jsonLogger))
      : Layer.empty,
    Logger.minimumLogLevel(config.logLevel)
  )
}

/** Beside the server: sends the figures of `/metrics`, again and again. */
export const metrics = (config: AppConfig): Layer.Layer<never, never, MetricsReport> => {
  const otlp = otlpOf(config)
  return otlp?.metrics === true
    ? Layer.scopedDiscard(
        Effect.flatMap(MetricsReport, ({ families }) =>
          Effect.forkScoped(OtlpExport.sendMetrics(otlp, families))
        )
      )
    : Layer.empty
}
