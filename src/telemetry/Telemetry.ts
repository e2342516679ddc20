/** What is told of a running program beside its answers: logs, in the form that is asked for, and OTLP. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { Family } from "./Exposition.js"
import type { OtlpSettings } from "./OtlpSettings.js"

/** One object a line; what is logged for a traced request names its trace, by the ids that the collector has. */
export const jsonLogger = Logger.make<unknown, string>((options) => {
  const { annotations, cause, logLevel, message, timestamp } = Logger.structuredLogger.log(options)
  const context = FiberRefs.getOrDefault(options.context, FiberRef.currentContext)
  const span = Option.getOrUndefined(Context.getOption(context, Tracer.ParentSpan))
  const ids = { trace_id: span?.traceId, span_id: span?.spanId }
  const line = { ...annotations, timestamp, level: logLevel, message, cause, ...ids }
  return JSON.stringify(line, (_, value) => (value instanceof Error ? String(value) : value))
})

const otlpExport = Effect.promise(() => import("./OtlpExport.js"))

/** Traces and logs go to the collector that is set, for as long as the layer lives. */
export const layer = (otlp: OtlpSettings | undefined): Layer.Layer<never> =>
  otlp === undefined
    ? Layer.empty
    : Layer.unwrapEffect(Effect.map(otlpExport, (loaded) => loaded.layer(otlp)))

/** So do the figures of `/metrics`. */
export const metrics = <R>(
  otlp: OtlpSettings | undefined,
  families: Effect.Effect<Effect.Effect<ReadonlyArray<Family>>, never, R>
): Layer.Layer<never, never, R> =>
  otlp === undefined || !otlp.metrics
    ? Layer.empty
    : Layer.scopedDiscard(
        Effect.flatMap(families, (all) =>
          Effect.forkScoped(Effect.flatMap(otlpExport, ({ sendMetrics }) => sendMetrics(otlp, all)))
        )
      )
