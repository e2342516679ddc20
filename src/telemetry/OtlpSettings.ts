/** How telemetry goes to a collector. */
import type { Redacted } from "effect/Redacted"
import type { Sampling } from "./Traces.js"

export interface OtlpSettings {
  /** The paths of the signals are put behind it. */
  readonly endpoint: string
  readonly headers: Redacted<Readonly<Record<string, string>>>
  readonly protocol: "json" | "protobuf"
  readonly serviceName: string
  readonly resource: Readonly<Record<string, string>>
  readonly sampling: Sampling
  readonly traces: boolean
  readonly metrics: boolean
  readonly metricsMillis: number
  readonly logs: boolean
}
