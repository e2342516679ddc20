/** Logs for programs that read them. */
import * as Context from "effect/Context"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"

/** One object a line; what is logged for a traced request names its trace, by the ids that the collector has. */
export const jsonLogger = Logger.make<unknown, string>((options) => {
  const { annotations, cause, logLevel, message, timestamp } = Logger.structuredLogger.log(options)
  const context = FiberRefs.getOrDefault(options.context, FiberRef.currentContext)
  const span = Option.getOrUndefined(Context.getOption(context, Tracer.ParentSpan))
  const ids = { trace_id: span?.traceId, span_id: span?.spanId }
  const line = { ...annotations, timestamp, level: logLevel, message, cause, ...ids }
  return JSON.stringify(line, (_, value) => (value instanceof Error ? String(value) : value))
})
