import { assert, describe, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import type { Annotation } from "../../../src/domain/catalogue/Annotation.js"
import { outsideOf } from "../../../src/domain/catalogue/PlannedDowntime.js"
import { sensorId } from "../../../src/domain/Ids.js"
import { micros } from "../../../src/domain/Time.js"

const down = (start: number, end: number | null, ...sensors: ReadonlyArray<number>): Annotation => ({
  start: micros(start),
  end: end === null ? null : micros(end),
  sensors: sensors.map(sensorId),
  kind: "downtime",
  text: "x"
})
const window = { start: micros(100), end: micros(200) }
const left = (...downtimes: ReadonlyArray<Annotation>) =>
  outsideOf(downtimes, 1, window).map(({ end, start }) => [start, end])

describe("what planned downtime leaves of a window", () => {
  it("is what lies before, between and behind", () => {
    assert.deepStrictEqual(left(), [[100, 200]])
    assert.deepStrictEqual(left(down(150, 160)), [
      [100, 150],
      [160, 200]
    ])
    assert.deepStrictEqual(left(down(170, null, 1), down(50, 120, 1, 2)), [[120, 170]])
    assert.deepStrictEqual(left(down(100, 200)), [])
    assert.deepStrictEqual(left(down(0, null)), [])
  })

  it("is all of it where it is of others, of other times, or of a moment", () => {
    const all = [[100, 200]]
    assert.deepStrictEqual(left(down(120, 130, 2)), all)
    assert.deepStrictEqual(left(down(0, 100), down(200, 300)), all)
    assert.deepStrictEqual(left(down(150, 150)), all)
  })

  it("is each moment that no downtime holds", () => {
    const downtime = fc
      .tuple(fc.integer({ min: 80, max: 220 }), fc.option(fc.integer({ min: 0, max: 60 })), fc.boolean())
      .map(([start, length, isOther]) =>
        down(start, length === null ? null : start + length, ...(isOther ? [2] : []))
      )
    fc.assert(
      fc.property(fc.array(downtime, { maxLength: 6 }), (downtimes) => {
        const parts = outsideOf(downtimes, 1, window)
        for (let at = 100; at < 200; at++) {
          const isDown = downtimes.some(
            ({ end, sensors, start }) => sensors.length === 0 && start <= at && (end === null || at < end)
          )
          assert.strictEqual(
            parts.some(({ end, start }) => start <= at && at < end),
            !isDown
          )
        }
      })
    )
  })
})
