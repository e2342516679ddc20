/**
 * The time between readings of sensors that never declared it: the median of the steps between the first 101
 * readings. It is set once, from the log alone, so it is the same after a crash and in every process.
 */
import * as Effect from "effect/Effect"
import type { Event } from "../../domain/Event.js"
import type { SensorId } from "../../domain/Ids.js"
import { ESTIMATE_READINGS, medianStep } from "../../domain/ReadingInterval.js"
import type { LogError } from "../../eventlog/EventLog.js"
import type { MinuteStoreService } from "./MinuteStore.js"

const LOOK_CONCURRENCY = 4

/** Looks at the readings of each batch; in memory it keeps one number for each sensor that it has seen. */
export const makeEstimator = (store: MinuteStoreService) => {
  // Readings seen of a sensor without an interval; Infinity where there is nothing more to do.
  const positions = new Map<SensorId, number>()

  const look = (ids: ReadonlyArray<SensorId>): Effect.Effect<void, LogError> =>
    Effect.gen(function* () {
      const times = yield* Effect.forEach(ids, (id) => store.firstTimes(id, ESTIMATE_READINGS), {
        concurrency: LOOK_CONCURRENCY
      })
      const estimates = new Map<SensorId, number>()
      const counts = ids.map((id, at) => {
        const firstTimes = times[at] ?? []
        if (firstTimes.length < ESTIMATE_READINGS) return [id, firstTimes.length] as const
        const interval = medianStep(firstTimes)
        if (interval !== null) estimates.set(id, interval)
        return [id, Number.POSITIVE_INFINITY] as const
      })
      // Sensors that began together are due together: a transaction for each would hold up the fold for seconds.
      if (estimates.size > 0) yield* store.setEstimates(estimates)
      for (const [id, count] of counts) positions.set(id, count)
    })

  return (events: ReadonlyArray<Event>): Effect.Effect<void, LogError> =>
    Effect.gen(function* () {
      const fresh = new Set<SensorId>()
      const due = new Set<SensorId>()
      for (const { sensorId, type } of events) {
        if (type !== "ReadingRecorded") continue
        const count = positions.get(sensorId)
        if (count === undefined) fresh.add(sensorId)
        else {
          positions.set(sensorId, count + 1)
          if (count + 1 >= ESTIMATE_READINGS && count !== Number.POSITIVE_INFINITY) due.add(sensorId)
        }
      }
      if (fresh.size > 0) {
        const without = yield* store.withoutInterval([...fresh])
        for (const id of without) due.add(id)
        for (const id of fresh) if (!due.has(id)) positions.set(id, Number.POSITIVE_INFINITY)
      }
      if (due.size > 0) yield* look([...due])
    })
}
