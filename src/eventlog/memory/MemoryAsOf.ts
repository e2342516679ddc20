/** What the log in memory answers as of an earlier position, and backwards. */
import type { Event } from "../../domain/Event.js"
import { type Position, position, type SensorId } from "../../domain/Ids.js"
import { ESTIMATE_READINGS, medianStep } from "../../domain/ReadingInterval.js"
import type { Sensor } from "../../domain/Sensor.js"
import { afterEvent } from "../../domain/SensorHistory.js"
import type { ReadingPage } from "../EventLog.js"
import type { MemoryStore } from "./MemoryStore.js"

/** Rows in order of (time, position), from the last one before `after` down. */
export const backwards = (rows: Iterable<Event>, after: ReadingPage["after"]): ReadonlyArray<Event> =>
  [...rows]
    .filter(
      (row) =>
        after === undefined ||
        row.occurredAt < after.occurredAt ||
        (row.occurredAt === after.occurredAt && row.position < after.position)
    )
    .reverse()

export const sensorsAsOf = (store: MemoryStore, asOf: Position): ReadonlyArray<Sensor> => {
  const sensors = new Map<SensorId, Sensor>()
  const firsts = new Map<SensorId, Array<Event>>()
  for (const event of store.slice(position(0), asOf)) {
    const sensor = afterEvent(sensors.get(event.sensorId), event)
    if (sensor !== undefined) sensors.set(event.sensorId, sensor)
    if (event.type !== "ReadingRecorded") continue
    const first = firsts.get(event.sensorId) ?? []
    if (first.length < ESTIMATE_READINGS) first.push(event)
    firsts.set(event.sensorId, first)
  }
  return [...sensors.values()]
    .sort((a, b) => a.id - b.id)
    .map((sensor) => {
      const first = firsts.get(sensor.id) ?? []
      const knows = sensor.intervalMs === null && first.length === ESTIMATE_READINGS
      return knows
        ? { ...sensor, estimatedIntervalMs: medianStep(first.map(({ occurredAt }) => occurredAt)) }
        : sensor
    })
}
