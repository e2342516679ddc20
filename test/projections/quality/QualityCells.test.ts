/** What of a stored row is a fault, and what is none: a device without a clock, and a quantity without a unit. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { isUnitless } from "../../../src/domain/quality/Quantity.js"
import { events, versions } from "../../../src/projections/quality/QualityCells.js"

const lack = (type: string | null, unit: string | null) =>
  Effect.map(
    versions([{ sensor_id: 1, version: 1, range_min: null, range_max: null, type, unit }]),
    ([version]) => version?.lack
  )

it.effect("a sensor is described by its type, and by its unit where the quantity has one", () =>
  Effect.gen(function* () {
    assert.isNull(yield* lack("temperature", "C"))
    assert.strictEqual(yield* lack("temperature", null), "unit")
    assert.strictEqual(yield* lack(null, "C"), "type")
    assert.strictEqual(yield* lack(null, null), "unit and type")
    for (const type of ["linkquality", "Link Quality", "state", "water-leak", "uv_index"])
      assert.isNull(yield* lack(type, null), type)
    for (const type of ["temperature", "power", "voltage", "battery", ""]) assert.isFalse(isUnitless(type))
  })
)

const TIME = "2026-01-05T10:00:00.000000Z"
const clockSet = (timeSource: string | null, payload: object | null) => {
  const cells = [1, 7, "ReadingRecorded", TIME, TIME, 20, 1, null, timeSource, null, null]
  const row = [...cells, payload === null ? null : JSON.stringify(payload)]
  return Effect.map(events(new Map())([row]), ([event]) => event?.clockSet)
}

it.effect("a clock that is not set is a fault, a device without a clock is none", () =>
  Effect.gen(function* () {
    assert.isTrue(yield* clockSet(null, null))
    assert.isTrue(yield* clockSet("arrival", null))
    assert.isTrue(yield* clockSet("arrival", { seq: 4 }))
    assert.isTrue(yield* clockSet("adjusted", null))
    assert.isFalse(yield* clockSet("arrival", { device_time: "1970-01-01T00:00:09Z" }))
  })
)
