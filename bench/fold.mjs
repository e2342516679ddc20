// What percentiles cost the fold of minutes, by itself: a row read, one reading more merged onto it, its figures, as
// each step does; beside the part of that which is the sketch's. And the bytes that a row's sketch takes.
import { figures, MinuteBuilder } from "../dist/src/domain/minute/Minute.js"
import { PERCENTILES, percentiles, SketchBuilder } from "../dist/src/domain/minute/Sketch.js"
import { median } from "./lib/processes.mjs"

const READINGS = 60
const FULL = { rounds: 15, minutes: 200 }
const SMOKE = { rounds: 1, minutes: 20 }

const KINDS = {
  "room temperature": (i) => 21 + 0.4 * Math.sin(i / 200) + (Math.floor(i * 7_919) % 10) / 100,
  "1 to 100, at random": () => 1 + 99 * Math.random(),
  "any size, at random": () => (Math.random() - 0.5) * 10 ** (40 * Math.random())
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

export const benchFold = async (_databases, smoke) => {
  const size = smoke ? SMOKE : FULL
  for (const [name, value] of Object.entries(KINDS)) {
    const minutes = minutesOf(size.minutes, value)
    const states = whole(minutes)
    const [all, part] = [[], []]
    for (let round = 0; round < size.rounds; round++) {
      all.push(microsEach(minutes, () => whole(minutes)))
      part.push(microsEach(minutes, () => sketchAlone(minutes, states)))
    }
    const bytes = median(states.map(({ sketch }) => sketch.length))
    const [total, sketch] = [median(all), median(part)]
    console.log(
      `${name}: ${total.toFixed(2)} µs of CPU a reading, ${sketch.toFixed(2)} µs of it the sketch; ` +
        `${(total / (total - sketch)).toFixed(2)} times the fold without; ${bytes} bytes a row of ${READINGS}`
    )
  }
}
