/** Telemetry as the settings ask for it: how logs are written, and what goes to a collector. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type { AppConfig } from "../config/AppConfig.js"
import { MetricsReport } from "../http/core/Ports.js"
import type { OtlpSettings } from "../telemetry/OtlpSettings.js"
import * as Telemetry from "../telemetry/Telemetry.js"

const otlpOf = (config: AppConfig): OtlpSettings | undefined =>
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
export const around = (config: AppConfig): Layer.Layer<never> =>
  Telemetry.layer(otlpOf(config)).pipe(
    Layer.merge(
      config.logFormat === "json"
        ? Logger.replace(Logger.defaultLogger, Logger.withConsoleLog(Telemetry.jsonLogger))
        : Layer.empty
    ),
    Layer.merge(Logger.minimumLogLevel(config.logLevel))
  )

/** Beside the server. */
export const metrics = (config: AppConfig) =>
  Telemetry.metrics(
    otlpOf(config),
    Effect.map(MetricsReport, ({ families }) => families)
  )
