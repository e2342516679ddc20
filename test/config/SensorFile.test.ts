import { SystemError } from "@effect/platform/Error"
import { layerNoop } from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import shipped from "../../sensors.json" with { type: "json" }
import * as SensorFile from "../../src/config/SensorFile.js"

const kitchen = {
  lat: 46,
  lng: 14,
  unit: "C",
  type: "temperature",
  range: [0, 45],
  description: "Kitchen"
}
const problemsOf = (file: unknown): ReadonlyArray<string> =>
  Either.match(SensorFile.decode("sensors.json", typeof file === "string" ? file : JSON.stringify(file)), {
    onLeft: (error) => error.problems,
    onRight: () => []
  })

describe("SensorFile", () => {
  it("takes the file that is shipped", () => {
    const file = Either.getOrThrow(SensorFile.decode("sensors.json", JSON.stringify(shipped)))
    assert.deepStrictEqual(
      file.map((sensor) => [sensor.id, sensor.description, sensor.interval_ms, sensor.signal.kind]),
      [
        [1, "Main Entrance", 1000, "daily_wave"],
        [2, "Kitchen", 1000, "daily_wave"],
        [3, "Deposit", 1000, "daily_wave"],
        [4, "Assembly Floor", 1000, "daily_wave"],
        [5, "Offices", 1000, "daily_wave"]
      ]
    )
  })

  it("takes every option", () => {
    const signals = [
      { kind: "uniform" },
      { kind: "random_walk", step: 0.5, start: 20 },
      { kind: "daily_wave", mean: 20, amplitude: 5, noise: 0.1, peak_hour: 14 },
      { kind: "constant", value: 21 }
    ]
    const faults = { drop: 0.01, duplicate: 0.01, late: 0.01, spike: 0.01, stuck: 0.01, malformed: 0.01 }
    const file = Object.fromEntries(
      signals.map((signal, i) => [
        i + 1,
        { ...kitchen, name: `s${i}`, interval_ms: 500, decimals: 1, signal, faults }
      ])
    )
    assert.deepStrictEqual(problemsOf(file), [])
  })

  it("names every fault with its path", () => {
    const problems = problemsOf({
      "1": { ...kitchen, lat: 91, unit: "" },
      "3": { ...kitchen, range: [0, "45"] },
      "4": { ...kitchen, range: [45, 0], interval_ms: 0 },
      "5": { ...kitchen, intervall_ms: 5, faults: { drop: 2, lose: 1 } },
      "6": { ...kitchen, signal: { kind: "square" } },
      "7": { ...kitchen, signal: { kind: "constant" } },
      "8": { lat: 1, lng: 1, unit: "C", type: "t", range: [0] },
      "9": 5,
      "10": { ...kitchen, signal: { kind: "random_walk", steps: 1 } },
      "01": kitchen,
      "1000000000": kitchen,
      abc: kitchen
    })
    const number = "a sensor's number must be an integer from 1 to 999999999"
    assert.deepStrictEqual(problems, [
      "sensors.1.lat: must be a number between -90 and 90, not 91",
      'sensors.1.unit: must be a string at least 1 character(s) long, not ""',
      'sensors.3.range[1]: must be a number, not "45"',
      "sensors.4.range: must be [min, max] with min not above max",
      "sensors.4.interval_ms: must be a number between 10 and 86400000, not 0",
      "sensors.5.intervall_ms: is not a field that is known here; known are lat, lng, unit, type, range, description, name, interval_ms, decimals, signal, faults",
      "sensors.5.faults.lose: is not a field that is known here; known are drop, duplicate, late, spike, stuck, malformed",
      "sensors.5.faults.drop: must be a number between 0 and 1, not 2",
      'sensors.6.signal.kind: must be "uniform" | "random_walk" | "daily_wave" | "constant", not "square"',
      "sensors.7.signal.value: is missing",
      "sensors.8.range[1]: is missing",
      "sensors.8.description: is missing",
      "sensors.9: must be an object, not 5",
      "sensors.10.signal.steps: is not a field that is known here; known are kind, step, start",
      `sensors.1000000000: ${number}`,
      `sensors.01: ${number}`,
      `sensors.abc: ${number}`
    ])
  })

  it("puts every problem on a line of its message", () => {
    const error = Either.merge(SensorFile.decode("a.json", `{"1": 5, "x": 5}`))
    assert.strictEqual(
      error instanceof SensorFile.SensorFileError && error.message,
      "a.json is refused:\n  sensors.1: must be an object, not 5\n  sensors.x: a sensor's number must be an integer from 1 to 999999999"
    )
  })

  it("refuses what is no object of sensors", () => {
    for (const text of ["[]", "5", "null", '"1"']) {
      assert.deepStrictEqual(problemsOf(text), [
        'sensors: must be an object of sensors by number, as {"1": {...}}'
      ])
    }
    assert.deepStrictEqual(problemsOf("{}"), [])
  })

  it("says where JSON is broken", () => {
    assert.deepStrictEqual(problemsOf('{\n  "1": {"lat": 46,}\n}'), [
      'line 2, column 19: expected a key in double quotes, found "}"'
    ])
    assert.deepStrictEqual(problemsOf(""), ["line 1, column 1: expected a value, found the end"])
  })
})

describe("SensorFile, read and watched", () => {
  const text = (...ids: ReadonlyArray<number>) =>
    JSON.stringify(Object.fromEntries(ids.map((id) => [id, kitchen])))
  const notThere = new SystemError({ reason: "NotFound", module: "FileSystem", method: "readFile" })

  const setUp = () => {
    const file = { content: text(1) as string | null }
    const warnings: Array<string> = []
    return {
      file,
      warnings,
      layer: Layer.mergeAll(
        layerNoop({
          readFileString: () =>
            Effect.suspend(() =>
              file.content === null ? Effect.fail(notThere) : Effect.succeed(file.content)
            )
        }),
        Logger.replace(
          Logger.defaultLogger,
          Logger.make(({ message }) => void warnings.push(String(message)))
        )
      )
    }
  }

  it.effect("names a file that is not there", () => {
    const { file, layer } = setUp()
    file.content = null
    return SensorFile.load("gone.json").pipe(
      Effect.flip,
      Effect.map((error) =>
        assert.strictEqual(error.message, "gone.json is refused:\n  there is no such file")
      ),
      Effect.provide(layer)
    )
  })

  it.effect("runs the demo where none is named and none is there, until one is", () => {
    const { file, layer, warnings } = setUp()
    file.content = null
    const seen: Array<ReadonlyArray<number>> = []
    const look = (content: string | null) =>
      Effect.suspend(() => {
        file.content = content
        return TestClock.adjust("2 seconds")
      })
    return Effect.gen(function* () {
      assert.isTrue(yield* SensorFile.isDemo(undefined))
      assert.lengthOf(yield* SensorFile.load(undefined), 5)
      yield* Effect.fork(
        Stream.runForEach(SensorFile.watch(undefined), (config) =>
          Effect.sync(() => void seen.push(config.map((sensor) => sensor.id)))
        )
      )
      yield* look(null)
      yield* look(text(7))
      // Taken away again, or just being replaced: the demo is not what anybody meant.
      yield* look(null)
      yield* look(text(8))
      assert.deepStrictEqual(seen, [[1, 2, 3, 4, 5], [7], [8]])
      assert.deepStrictEqual(warnings, [
        "./sensors.json is refused:\n  there is no such file\n  the former sensors go on"
      ])
    }).pipe(Effect.scoped, Effect.provide(layer))
  })

  it.effect("gives each valid edit once, and passes over the invalid with a warning", () => {
    const { file, layer, warnings } = setUp()
    const seen: Array<ReadonlyArray<number>> = []
    const told: Array<string | null> = []
    const onLook: SensorFile.OnLook = (error) => Effect.sync(() => void told.push(error?.summary ?? null))
    const look = (content: string | null) =>
      Effect.suspend(() => {
        file.content = content
        return TestClock.adjust("2 seconds")
      })
    return Effect.gen(function* () {
      yield* Effect.fork(
        Stream.runForEach(SensorFile.watch("sensors.json", onLook), (config) =>
          Effect.sync(() => void seen.push(config.map((sensor) => sensor.id)))
        )
      )
      yield* look(text(1))
      yield* look(text(1, 2))
      yield* look('{"1": 5}')
      yield* look(null)
      yield* look(text(2))
      assert.deepStrictEqual(seen, [[1], [1, 2], [2]])
      const refused = "sensors.json is refused, the former sensors go on:"
      assert.deepStrictEqual(told, [
        null,
        null,
        `${refused} sensors.1: must be an object, not 5`,
        `${refused} there is no such file`,
        null
      ])
      assert.deepStrictEqual(warnings, [
        "sensors.json is refused:\n  sensors.1: must be an object, not 5\n  the former sensors go on",
        "sensors.json is refused:\n  there is no such file\n  the former sensors go on"
      ])
    }).pipe(Effect.scoped, Effect.provide(layer))
  })
})
