// What percentiles cost the fold of minutes, by itself: a row read, one reading more merged onto it, its figures, as
// each step does; beside the part of that which is the sketch's. And the bytes that a row's sketch takes.
import { figures, MinuteBuilder } from "../dist/src/domain/minute/Minute.js"
import { PERCENTILES, percentiles, SketchBuilder } from "../dist/src/domain/minute/Sketch.js"
import { median } from "./lib/results.mjs"

const READINGS = 60

const KINDS = {
  room: (i) => 21 + 0.4 * Math.sin(i / 200) + (Math.floor(i * 7_919) % 10) / 100,
  hundred: () => 1 + 99 * Math.random(),
  any: () => (Math.random() - 0.5) * 10 ** (40 * Math.random())
}

const reading = (value, i) => ({
  position: i + 1,
  eventId: i.toString(16).padStart(32, "0"),
  occurredAt: 60_000_000 * Math.floor(i / READINGS) + 1_000_000 * (i % READINGS),
  value,
  sensorVersion: 1,
  lat: null,
  lng: null
})

const minutesOf = (count, value) =>
  Array.from({ length: count }, (_, m) =>
    Array.from({ length: READINGS }, (_, n) => reading(value(m * READINGS + n), m * READINGS + n))
  )

/** Each reading by itself onto the row as it is stored: the most work that a reading can be. */
const whole = (minutes) => {
  const states = []
  for (const readings of minutes) {
    let state
    for (const one of readings) {
      const builder = new MinuteBuilder()
      if (state !== undefined) builder.merge(state)
      builder.add(one)
      state = builder.done()
      figures(state)
    }
    states.push(state)
  }
  return states
}

const sketchAlone = (minutes, states) => {
  for (const [index, readings] of minutes.entries()) {
    const { max, min } = states[index]
    let sketch
    for (const [n, { value }] of readings.entries()) {
      const builder = new SketchBuilder()
      if (sketch !== undefined) builder.merge(sketch)
      builder.add(value)
      sketch = builder.done()
      percentiles(sketch, n + 1, min, max, PERCENTILES)
    }
  }
}

const microsEach = (minutes, work) => {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / (minutes.length * READINGS)
}

const NAMES = { room: "a room's temperature", hundred: "1 to 100, at random", any: "of any size, at random" }
const measureOf = (unit, title) =>
  Object.entries(NAMES).map(([kind, name]) => [
    `${kind}_${unit}`,
    { name: `${title}, ${name}`, unit: unit === "cpu" ? "µs" : "bytes", better: "lower" }
  ])

export const fold = {
  name: "fold",
  title: "What percentiles cost",
  about:
    "readings are folded one by one onto the row as it is stored, the most work that a reading can be. CPU is of one " +
    "reading; the limit is the same without the sketch of percentiles. Bytes are of the sketch of 60 readings.",
  measures: Object.fromEntries([
    ...measureOf("cpu", "CPU").map(([key, one]) => [key, { ...one, limit: "without" }]),
    ...measureOf("bytes", "a row's sketch")
  ]),
  databases: [],
  sizes: { smoke: { times: 1, minutes: 20 }, full: { times: 5, minutes: 200 } },
  measure: async ({ size }) => {
    const [ours, bare] = [{}, {}]
    for (const [kind, value] of Object.entries(KINDS)) {
      const minutes = minutesOf(size.minutes, value)
      const states = whole(minutes)
      const [all, part] = [[], []]
      for (let time = 0; time < size.times; time++) {
        all.push(microsEach(minutes, () => whole(minutes)))
        part.push(microsEach(minutes, () => sketchAlone(minutes, states)))
      }
      ours[`${kind}_cpu`] = median(all)
      bare[`${kind}_cpu`] = median(all) - median(part)
      ours[`${kind}_bytes`] = median(states.map(({ sketch }) => sketch.length))
    }
    return { ours, bare }
  }
}
