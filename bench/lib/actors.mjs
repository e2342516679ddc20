// Runs simulated sensors without publishing: Tidemark's actors, supervised as ever, whose sink takes everything at
// once. Prints JSON. `node --expose-gc bench/lib/actors.mjs [actors] [seconds] [folder of dist]`.
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Lateness, measure, sensorsOf, settings } from "./actor-figures.mjs"

const { actors, seconds, rest } = settings()
const dist = resolve(rest[0] ?? "dist")
const load = (file) => import(pathToFileURL(resolve(dist, "src/sensors", file)).href)
const Supervisor = await load("SensorSupervisor.js")
const { ReadingSink } = await load("ReadingSink.js")
const { signalStep } = await load("Signal.js")

const lateness = new Lateness(actors)
let messages = 0
const sink = Layer.succeed(ReadingSink, {
  publish: (_topic, _payload, settle) => {
    messages += 1
    settle(null)
  }
})
const step = (sensor, state, time, draw) => {
  lateness.ticked(sensor.id, time)
  return signalStep(sensor, state, time, draw)
}

const program = Effect.gen(function* () {
  const supervisor = yield* Supervisor.SensorSupervisor
  const sensors = sensorsOf(actors)
  const start = () => Effect.runPromise(supervisor.apply(sensors))
  console.log(JSON.stringify(yield* Effect.promise(() => measure(start, lateness, seconds, () => messages))))
})
await Effect.runPromise(
  program.pipe(Effect.provide(Supervisor.layer({ seed: 1, step })), Effect.provide(sink))
)
