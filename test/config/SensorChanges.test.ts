import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { describeChanges } from "../../src/config/SensorChanges.js"
import * as SensorFile from "../../src/config/SensorFile.js"

const sensors = (units: Readonly<Record<number, string>>): SensorFile.SensorFile => {
  const entries = Object.entries(units).map(([id, unit]) => [
    id,
    { lat: 1, lng: 2, unit, type: "temperature", range: [0, 1], description: "x" }
  ])
  return Either.getOrThrow(SensorFile.decode("a.json", JSON.stringify(Object.fromEntries(entries))))
}

describe("an edit of the sensor file", () => {
  it("is told by what it adds, changes and retires", () => {
    assert.deepStrictEqual(
      describeChanges(sensors({ 1: "C", 2: "C", 3: "C" }), sensors({ 2: "K", 3: "C", 4: "C" })),
      {
        text: "added 1 (4), changed 1 (2), retired 1 (1)",
        retires: true
      }
    )
    assert.deepStrictEqual(describeChanges(sensors({ 1: "C" }), sensors({ 1: "C" })), {
      text: "no sensor is changed",
      retires: false
    })
  })

  it("that empties the file is told as what it is, with the first few", () => {
    const all = sensors({ 1: "C", 2: "C", 3: "C", 4: "C", 5: "C", 6: "C", 7: "C" })
    assert.deepStrictEqual(describeChanges(all, []), {
      text: "retired 7 (1, 2, 3, 4, 5 and 2 more); no sensor is simulated any more",
      retires: true
    })
  })
})
