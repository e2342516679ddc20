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

/** Looks at the readings of each batch; in memory it keeps one number for each sensor that it has seen. */
export const makeEstimator = (store: MinuteStoreService) => {
  // Readings seen of a sensor without an interval; Infinity where there is nothing more to do.
  const positions = new Map<SensorId, number>()

  const look = (id: SensorId): Effect.Effect<void, LogError> =>
    Effect.gen(function* () {
      const times = yield* store.firstTimes(id, ESTIMATE_READINGS)
      if (times.length < ESTIMATE_READINGS) {
        positions.set(id, times.length)
        return
      }
      const interval = medianStep(times)
      if (interval !== null) yield* store.setEstimate(id, interval)
      positions.set(id, Number.POSITIVE_INFINITY)
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
      yield* Effect.forEach(due, look, { discard: true })
    })
}
