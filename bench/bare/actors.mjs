// The limit of simulated sensors: one timer, a wheel of slots of a millisecond, and plain states. It makes the same
// values and payloads, publishes them to nobody, and knows no crash, no outbox, no seed.
import { Lateness, measure, sensorsOf, settings } from "../lib/actor-figures.mjs"

const SLOTS = 1_000
const { actors, seconds } = settings()
const lateness = new Lateness(actors)
let messages = 0
let kept = ""

const valueOf = ({ range: [min, max], signal, state }, time) => {
  switch (signal.kind) {
    case "uniform":
      return min + (max - min) * Math.random()
    case "random_walk": {
      const next = state.last + ((max - min) / 100) * (2 * Math.random() - 1)
      return Math.min(max, Math.max(min, next))
    }
    case "daily_wave":
      return (
        22.5 + 11 * Math.cos(((time / 3.6e9 - signal.peak_hour) / 24) * 2 * Math.PI) + Math.random() - 0.5
      )
    default:
      return signal.value
  }
}

const nowMicros = () => Math.round((performance.timeOrigin + performance.now()) * 1_000)

const tick = (sensor) => {
  const time = nowMicros()
  lateness.ticked(sensor.id, time)
  sensor.state.last = valueOf(sensor, time)
  const { description, id, lat, lng, state, type, unit } = sensor
  kept = JSON.stringify({
    sensor_id: String(id),
    timestamp: new Date(time / 1_000).toISOString(),
    value: Math.round(state.last * 100) / 100,
    metadata: { location: { lat, lng }, unit, type, description }
  })
  messages += 1
}

const wheel = Array.from({ length: SLOTS }, () => [])
const start = async () => {
  for (const [index, sensor] of sensorsOf(actors).entries()) {
    wheel[index % SLOTS].push({ ...sensor, state: { last: 22.5 } })
  }
  let next = Math.floor(performance.now())
  const turn = () => {
    for (; next <= performance.now(); next++) for (const sensor of wheel[next % SLOTS]) tick(sensor)
    setTimeout(turn, 1)
  }
  turn()
}

const figures = await measure(start, lateness, seconds, () => messages)
if (kept === "") throw new Error("nothing was published")
console.log(JSON.stringify(figures))
process.exit(0)
