import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { sensorId } from "../../src/domain/Ids.js"
import { micros } from "../../src/domain/Time.js"
import { SensorStatuses } from "../../src/sensors/SensorStatuses.js"
import * as Supervisor from "../../src/sensors/SensorSupervisor.js"
import { type SignalStep, signalStep } from "../../src/sensors/Signal.js"
import { recordingSink, simulated } from "./support.js"

const apply = (...sensors: ReadonlyArray<ReturnType<typeof simulated>>) =>
  Effect.flatMap(Supervisor.SensorSupervisor, (supervisor) => supervisor.apply(sensors))
const status = (id: number) =>
  Effect.flatMap(SensorStatuses, (statuses) => statuses.get(sensorId(id))).pipe(Effect.map(Option.getOrThrow))

const setUp = (step?: SignalStep) => {
  const sink = recordingSink()
  const log: Array<string> = []
  const logger = Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ logLevel, message }) => void log.push(`${logLevel.label} ${String(message)}`))
  )
  const run = <A, E>(
    effect: Effect.Effect<A, E, Supervisor.SensorSupervisor | SensorStatuses>
  ): Effect.Effect<A, E> =>
    effect.pipe(
      Effect.provide(Supervisor.layer(step === undefined ? { seed: 1 } : { seed: 1, step })),
      Effect.provide(sink.layer),
      Effect.provide(logger)
    )
  return { sink, log, run }
}

const seconds = (from: number, to: number): ReadonlyArray<string> =>
  Array.from({ length: to - from + 1 }, (_, i) => `00:00:${String(from + i).padStart(2, "0")}.000000`)

describe("SensorSupervisor", () => {
  it.effect("runs each sensor on its own period, on the dot", () => {
    const { sink, run } = setUp()
    return run(
      Effect.gen(function* () {
        yield* apply(simulated(1), simulated(2, { interval_ms: 2_000 }))
        yield* TestClock.adjust("5 seconds")
        assert.deepStrictEqual(sink.times("sensors/1"), seconds(0, 5))
        assert.deepStrictEqual(sink.times("sensors/2"), [
          "00:00:00.000000",
          "00:00:02.000000",
          "00:00:04.000000"
        ])
        assert.deepStrictEqual(yield* status(1), {
          state: "running",
          restarts: 0,
          lastError: null,
          lastReadingAt: micros(5_000_000)
        })
        assert.isTrue(Option.isNone(yield* Effect.flatMap(SensorStatuses, (_) => _.get(sensorId(3)))))
      })
    )
  })

  it.effect("restarts a crashed actor alone; its siblings miss nothing", () => {
    let crash = true
    const { sink, log, run } = setUp((sensor, state, time, draw) => {
      if (crash && sensor.id === 1 && time === 2_000_000) {
        crash = false
        throw new Error("sensor on fire")
      }
      return signalStep(sensor, state, time, draw)
    })
    return run(
      Effect.gen(function* () {
        yield* apply(simulated(1), simulated(2))
        yield* TestClock.adjust("2 seconds")
        const crashed = yield* status(1)
        assert.deepStrictEqual([crashed.state, crashed.lastError], ["restarting", "sensor on fire"])
        yield* TestClock.adjust("4 seconds")
        assert.deepStrictEqual(sink.times("sensors/2"), seconds(0, 6))
        const restarted = yield* status(1)
        assert.deepStrictEqual([restarted.state, restarted.restarts], ["running", 1])
        const times = sink.times("sensors/1")
        assert.deepStrictEqual(times.slice(0, 2), seconds(0, 1))
        // The wait is cut by up to half, and the period starts with the restart.
        assert.match(String(times[2]), /^00:00:02\.[12]/)
        assert.strictEqual(times.length, 6)
        assert.strictEqual(log.length, 1)
        assert.match(String(log[0]), /^WARN sensor 1 crashed, starts again in 1\d\d ms/)
      })
    )
  })

  it.effect("parks an actor that crashes too often, and starts it again when its declaration changes", () => {
    let crashes = 0
    const { sink, log, run } = setUp((sensor, state, time, draw) => {
      if (sensor.id === 1 && sensor.decimals === 2) {
        crashes += 1
        throw new Error("broken for good")
      }
      return signalStep(sensor, state, time, draw)
    })
    return run(
      Effect.gen(function* () {
        yield* apply(simulated(1), simulated(2))
        yield* TestClock.adjust("30 seconds")
        const parked = yield* status(1)
        assert.deepStrictEqual([parked.state, parked.restarts], ["parked", Supervisor.RESTARTS_MAX])
        assert.strictEqual(crashes, Supervisor.RESTARTS_MAX + 1)
        assert.strictEqual(log.at(-1), "ERROR sensor 1 crashed 6 times in 60 s and is parked")
        yield* TestClock.adjust("20 seconds")
        assert.strictEqual(crashes, Supervisor.RESTARTS_MAX + 1)
        assert.deepStrictEqual(sink.times("sensors/2"), seconds(0, 50))

        yield* apply(simulated(1, { decimals: 1 }), simulated(2))
        yield* TestClock.adjust("1 seconds")
        assert.deepStrictEqual(sink.times("sensors/1"), seconds(50, 51))
        assert.strictEqual((yield* status(1)).state, "running")
      })
    )
  })

  it.effect("does not park an actor whose crashes are far apart", () => {
    let shown = 0
    const { run } = setUp((sensor, state, time, draw) => {
      shown += 1
      if (shown % 15 === 0) throw new Error("hiccup")
      return signalStep(sensor, state, time, draw)
    })
    return run(
      Effect.gen(function* () {
        yield* apply(simulated(1))
        for (let minute = 0; minute < 5; minute++) yield* TestClock.adjust("1 minute")
        const { state, restarts } = yield* status(1)
        assert.notStrictEqual(state, "parked")
        assert.isAbove(restarts, Supervisor.RESTARTS_MAX)
      })
    )
  })

  it.effect("starts, changes and stops just the actors concerned", () => {
    const { sink, run } = setUp()
    return run(
      Effect.gen(function* () {
        yield* apply(simulated(1), simulated(2), simulated(3))
        yield* TestClock.adjust("2500 millis")
        yield* apply(simulated(1), simulated(3, { interval_ms: 2_000 }), simulated(4))
        yield* TestClock.adjust("2500 millis")
        // 1 keeps its rhythm, 2 has ended, 3 and 4 started at 2.5 s.
        assert.deepStrictEqual(sink.times("sensors/1"), seconds(0, 5))
        assert.deepStrictEqual(sink.times("sensors/2"), seconds(0, 2))
        assert.deepStrictEqual(sink.times("sensors/3"), [
          ...seconds(0, 2),
          "00:00:02.500000",
          "00:00:04.500000"
        ])
        assert.deepStrictEqual(sink.times("sensors/4"), [
          "00:00:02.500000",
          "00:00:03.500000",
          "00:00:04.500000"
        ])
        const all = yield* Effect.flatMap(SensorStatuses, (statuses) => statuses.all)
        assert.deepStrictEqual([...all.keys()], [1, 3, 4])
        yield* apply()
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(sink.times("sensors/1").length, 6)
      })
    )
  })

  it.effect("loses nothing in an outage: what was measured is sent when the connection is back, once", () => {
    const { sink, run } = setUp()
    return run(
      Effect.gen(function* () {
        yield* apply(simulated(1))
        yield* TestClock.adjust("2 seconds")
        sink.state.up = false
        yield* TestClock.adjust("30 seconds")
        assert.strictEqual(sink.acknowledged.length, 3)
        assert.strictEqual((yield* status(1)).lastReadingAt, 2_000_000)
        sink.state.up = true
        yield* TestClock.adjust("3 seconds")
        assert.deepStrictEqual(sink.times("sensors/1"), seconds(0, 35))
      })
    )
  })

  it.effect("takes what was not acknowledged through a crash and a change", () => {
    let crash = false
    const { sink, run } = setUp((sensor, state, time, draw) => {
      if (crash) {
        crash = false
        throw new Error("crash in the outage")
      }
      return signalStep(sensor, state, time, draw)
    })
    return run(
      Effect.gen(function* () {
        sink.state.up = false
        yield* apply(simulated(1))
        yield* TestClock.adjust("2 seconds")
        crash = true
        yield* TestClock.adjust("3 seconds")
        yield* apply(simulated(1, { description: "moved" }))
        sink.state.up = true
        yield* TestClock.adjust("1 second")
        assert.includeMembers([...sink.times("sensors/1")], [...seconds(0, 2)])
        assert.strictEqual(new Set(sink.times("sensors/1")).size, sink.acknowledged.length)
      })
    )
  })

  it.effect("takes a sink that throws for a crash of the sensor that published", () => {
    const { sink, log, run } = setUp()
    sink.state.broken = "sensors/1"
    return run(
      Effect.gen(function* () {
        yield* apply(simulated(1), simulated(2))
        yield* TestClock.adjust("10 millis")
        const crashed = yield* status(1)
        assert.deepStrictEqual([crashed.state, crashed.lastError], ["restarting", "the sink is broken"])
        assert.strictEqual(log.length, 1)
        sink.state.broken = ""
        yield* TestClock.adjust("3 seconds")
        assert.deepStrictEqual(sink.times("sensors/2"), seconds(0, 3))
        // What it owes leaves first.
        assert.strictEqual(sink.times("sensors/1")[0], "00:00:00.000000")
        assert.strictEqual((yield* status(1)).restarts, 1)
      })
    )
  })

  it.effect("hears an acknowledgement that comes after a crash, and sends nothing twice at a time", () => {
    let crash = false
    const { sink, run } = setUp((sensor, state, time, draw) => {
      if (crash) throw new Error("crash in flight")
      return signalStep(sensor, state, time, draw)
    })
    return run(
      Effect.gen(function* () {
        sink.state.held = []
        yield* apply(simulated(1))
        yield* TestClock.adjust("1 second")
        // The second reading waits for the first one's lot.
        assert.strictEqual(sink.state.attempts, 1)
        crash = true
        yield* TestClock.adjust("1 second")
        for (const settle of sink.state.held) settle(null)
        sink.state.held = null
        crash = false
        yield* TestClock.adjust("1 second")
        const times = sink.times("sensors/1")
        assert.deepStrictEqual(times.slice(0, 2), seconds(0, 1))
        assert.strictEqual(new Set(times).size, times.length)
      })
    )
  })

  it.effect("starts many sensors over a second, and keeps each to its own ticks", () => {
    const { sink, run } = setUp()
    return run(
      Effect.gen(function* () {
        yield* apply(...Array.from({ length: 250 }, (_, index) => simulated(index + 1)))
        yield* TestClock.adjust("1500 millis")
        assert.deepStrictEqual(sink.times("sensors/100"), ["00:00:00.000000", "00:00:01.000000"])
        assert.deepStrictEqual(sink.times("sensors/101"), ["00:00:00.010000", "00:00:01.010000"])
        assert.deepStrictEqual(sink.times("sensors/250"), ["00:00:00.020000", "00:00:01.020000"])
        assert.strictEqual(sink.acknowledged.length, 500)
      })
    )
  })

  it.effect("ends every actor with its scope", () => {
    const { sink, run } = setUp()
    return Effect.gen(function* () {
      yield* run(Effect.zipRight(apply(simulated(1), simulated(2)), TestClock.adjust("1 second")))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(sink.acknowledged.length, 4)
    })
  })
})
