/** Readings with what makes databases disagree: blanks at the end, case, letters beyond ASCII, nulls, equal times. */
import * as Effect from "effect/Effect"
import { sensorId } from "../../src/domain/Ids.js"
import type { ReadingCandidate } from "../../src/domain/Reading.js"
import type { SaidMetadata } from "../../src/domain/Sensor.js"
import { MICROS_PER_DAY, MICROS_PER_SECOND, micros } from "../../src/domain/Time.js"
import { EventLog } from "../../src/eventlog/EventLog.js"

export const DAY = MICROS_PER_DAY
/** 2024-06-14T23:58:30.5Z: minutes, days and hours change within the readings. */
export const T0 = Date.UTC(2024, 5, 14, 23, 58, 30, 500) * 1_000

const SENSORS: ReadonlyArray<SaidMetadata> = [
  { lat: 10, lng: 20.5, unit: "C", type: "temperature", description: "Main Entrance" },
  { unit: "C ", type: "Temperature", description: "main entrance " },
  { lat: -33.25, lng: 0, unit: "%", type: "humidity", description: "O'Brien's Küche" },
  { type: "😀x", description: "￿ beyond" },
  {}
]

export const candidate = (
  sensor: number,
  at: number,
  value: number,
  said: SaidMetadata
): ReadingCandidate => ({
  sensor: { _tag: "Numbered", id: sensorId(sensor) },
  occurredAt: micros(at),
  value,
  identity: { _tag: "Time", epoch: null, seq: null },
  said
})

/** 100 readings of five sensors over three minutes, some at one time, some equal in value. */
export const candidates: ReadonlyArray<ReadingCandidate> = Array.from({ length: 100 }, (_, i) =>
  candidate(
    1 + (i % 5),
    T0 + Math.floor(i / 3) * 5 * MICROS_PER_SECOND + (i % 7 === 0 ? 123_456 : 0),
    i % 10 === 0 ? 21.5 : ((i * 37) % 101) / 4 - 5,
    SENSORS[i % 5] ?? {}
  )
)

/** Records them; corrects some, moves one, deletes some. */
export const seed = Effect.gen(function* () {
  const log = yield* EventLog
  const recorded = yield* log.record(candidates)
  yield* log.describe([
    { id: sensorId(1), intervalMs: 10_000, said: { min: -40, max: 60 } },
    { id: sensorId(2), intervalMs: 7_000, name: "second", said: {} }
  ])
  for (const [index, { reading }] of recorded.entries()) {
    const { id, occurredAt, sensorId: sensor, value } = reading
    if (index % 9 === 4) yield* log.replace(id, { sensorId: sensor, occurredAt, value: value + 1, said: {} })
    if (index % 13 === 5) yield* log.remove(id)
  }
  return recorded
})
