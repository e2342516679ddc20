/**
 * The parts of a window in which a sensor is expected to report: all of it, but for what is planned downtime. What is
 * counted of hours knows of no downtime, so that it holds whatever is planned, or was planned then.
 */
import * as Effect from "effect/Effect"
import { outsideOf } from "../../domain/catalogue/PlannedDowntime.js"
import { NO_PART, type PartCounts } from "../../domain/quality/QualityCounts.js"
import type { ExpectedPart, SensorFacts, Window } from "../../domain/quality/QualityTally.js"
import { type CountRequest, countWindow } from "./QualityWindow.js"

/** So many sensors are counted one by one; of more all are counted at once. */
const SINGLY_MAX = 16

/** For how much of the window the sensor is planned to be down, µs. */
export const downtimeIn = ({ downtimes, window }: CountRequest, sensorId: number): number =>
  outsideOf(downtimes, sensorId, window).reduce(
    (left, { end, start }) => left - (end - start),
    window.end - window.start
  )

const isWhole = (part: Window, { end, start }: Window) => part.start === start && part.end === end

/** What is counted of these sensors in a part of the window, which is the same for all of them. */
const countPart = (
  request: CountRequest,
  facts: ReadonlyMap<number, SensorFacts>,
  window: Window,
  sensors: ReadonlyArray<number>
) =>
  sensors.length > SINGLY_MAX
    ? countWindow({ ...request, read: undefined, window }, facts)
    : Effect.map(
        Effect.forEach(sensors, (sensorId) =>
          countWindow({ ...request, read: undefined, window, only: new Set([sensorId]) }, facts)
        ),
        (each) => new Map(each.flatMap((counted) => [...counted]))
      )

/** The parts of each sensor in the order of time; `counted`: what is counted of the whole window. */
export const expectedParts = (
  request: CountRequest,
  facts: ReadonlyMap<number, SensorFacts>,
  counted: ReadonlyMap<number, PartCounts>
) =>
  Effect.gen(function* () {
    const { window } = request
    const parts = new Map<number, Array<ExpectedPart>>()
    const cut = new Map<string, { readonly window: Window; readonly sensors: Array<number> }>()
    for (const sensor of new Set([...facts.keys(), ...counted.keys()])) {
      parts.set(sensor, [])
      for (const span of outsideOf(request.downtimes, sensor, window)) {
        const part = { ...span, now: window.now }
        const key = `${part.start} ${part.end}`
        if (isWhole(part, window)) parts.get(sensor)?.push({ window, counts: counted.get(sensor) ?? NO_PART })
        else if (cut.has(key)) cut.get(key)?.sensors.push(sensor)
        else cut.set(key, { window: part, sensors: [sensor] })
      }
    }
    for (const { sensors, window: part } of [...cut.values()].sort(
      (a, b) => a.window.start - b.window.start
    )) {
      const ofPart = yield* countPart(request, facts, part, sensors)
      for (const sensor of sensors)
        parts.get(sensor)?.push({ window: part, counts: ofPart.get(sensor) ?? NO_PART })
    }
    return parts as ReadonlyMap<number, ReadonlyArray<ExpectedPart>>
  })
