/**
 * The time between readings of sensors that never declared it: the median of the steps between the first 101
 * readings. It is set once, from the log alone, so it is the same after a crash and in every process.
 */
import * as Effect from "effect/Effect"
import type { Event } from "../domain/Event.js"
import type { SensorId } from "../domain/Ids.js"
import { MICROS_PER_MILLI, type Micros } from "../domain/Time.js"
import type { LogError } from "../eventlog/EventLog.js"
import type { MinuteStoreService } from "./MinuteStore.js"

/** Readings to look at: they make 100 steps. */
export const ESTIMATE_READINGS = 101

/** The median of the positive steps between these times, in ms; null when there is none. */
export const medianStep = (times: ReadonlyArray<Micros>): number | null => {
  const sorted = times.toSorted((a, b) => a - b)
  const steps = sorted
    .slice(1)
    .map((time, index) => time - (sorted[index] ?? time))
    .filter((step) => step > 0)
    .sort((a, b) => a - b)
  const upper = steps[Math.floor(steps.length / 2)]
  const lower = steps[Math.floor((steps.length - 1) / 2)]
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2 / MICROS_PER_MILLI
}

/** Looks at the readings of each batch; in memory it keeps one number for each sensor that it has seen. */
export const makeEstimator = (store: MinuteStoreService) => {
  // Readings seen of a sensor without an interval; Infinity where there is nothing more to do.
  const seen = new Map<SensorId, number>()

  const look = (id: SensorId): Effect.Effect<void, LogError> =>
    Effect.gen(function* () {
      const times = yield* store.firstTimes(id, ESTIMATE_READINGS)
      if (times.length < ESTIMATE_READINGS) {
        seen.set(id, times.length)
        return
      }
      const interval = medianStep(times)
      if (interval !== null) yield* store.setEstimate(id, interval)
      seen.set(id, Number.POSITIVE_INFINITY)
    })

  return (events: ReadonlyArray<Event>): Effect.Effect<void, LogError> =>
    Effect.gen(function* () {
      const fresh = new Set<SensorId>()
      const due = new Set<SensorId>()
      for (const { sensorId, type } of events) {
        if (type !== "ReadingRecorded") continue
        const count = seen.get(sensorId)
        if (count === undefined) fresh.add(sensorId)
        else {
          seen.set(sensorId, count + 1)
          if (count + 1 >= ESTIMATE_READINGS && count !== Number.POSITIVE_INFINITY) due.add(sensorId)
        }
      }
      if (fresh.size > 0) {
        const without = yield* store.withoutInterval([...fresh])
        for (const id of without) due.add(id)
        for (const id of fresh) if (!due.has(id)) seen.set(id, Number.POSITIVE_INFINITY)
      }
      yield* Effect.forEach(due, look, { discard: true })
    })
}
