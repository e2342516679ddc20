/** Of this process: its memory, processor time and event loop, by the names that dashboards for Node.js know. */
import { monitorEventLoopDelay } from "node:perf_hooks"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Family } from "./Exposition.js"

/** How often the event loop is looked at, in ms: a delay is what a look comes later than that. */
const LOOK_MILLIS = 20
const NANOS = 1_000_000_000

const gauge = (name: string, help: string, value: number): Family => ({
  name,
  type: "gauge",
  help,
  samples: [{ value }]
})

/** Looks at the event loop as long as the scope lasts. Delays are those since the call before. */
export const processMetrics: Effect.Effect<() => ReadonlyArray<Family>, never, Scope.Scope> = Effect.gen(
  function* () {
    const delay = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const monitor = monitorEventLoopDelay({ resolution: LOOK_MILLIS })
        monitor.enable()
        return monitor
      }),
      (monitor) => Effect.sync(() => monitor.disable())
    )
    const delayed = (nanos: number) => Math.max(0, nanos / NANOS - LOOK_MILLIS / 1_000)
    return () => {
      const { system, user } = process.cpuUsage()
      const { external, heapUsed, rss } = process.memoryUsage()
      const [p99, max] = [delayed(delay.percentile(99)), delayed(delay.max)]
      delay.reset()
      return [
        {
          name: "process_cpu_seconds_total",
          type: "counter",
          help: "Processor time of this process",
          samples: [{ value: (system + user) / 1_000_000 }]
        },
        gauge(
          "process_start_time_seconds",
          "When this process was started, in seconds since 1970",
          performance.timeOrigin / 1_000
        ),
        gauge("process_resident_memory_bytes", "Memory that this process holds", rss),
        gauge("nodejs_heap_size_used_bytes", "Memory that objects of JavaScript hold", heapUsed),
        gauge(
          "nodejs_external_memory_bytes",
          "Memory that objects of JavaScript hold outside their heap",
          external
        ),
        gauge(
          "nodejs_eventloop_lag_p99_seconds",
          "The event loop's delay since the scrape before: 99 % were shorter",
          p99
        ),
        gauge(
          "nodejs_eventloop_lag_max_seconds",
          "The longest delay of the event loop since the scrape before",
          max
        )
      ]
    }
  }
)
