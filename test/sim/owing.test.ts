/** The checker of what simulated sensors owe tells of what is forgotten, and of nothing else. */
import { assert, describe, it } from "@effect/vitest"
import { micros } from "../../src/domain/Time.js"
import { Owing } from "../../src/sim/chaos/check/OwingCheck.js"
import * as SimClock from "../../src/sim/SimClock.js"
import { Trace } from "../../src/sim/Trace.js"

const START = micros(1_704_067_200_000_000)

const watching = () => {
  const trace = new Trace(SimClock.make(START), null)
  return { trace, owing: new Owing(trace) }
}

describe("what sensors owe", () => {
  it("is told when something new is published before it", () => {
    const { owing, trace } = watching()
    owing.began("sensors/1", "a")
    owing.ended("sensors/1", "a", false)
    owing.began("sensors/1", "b")
    assert.strictEqual(trace.violations.length, 1)
    assert.include(trace.violations[0], "has forgotten a")
  })

  it("is paid by an acknowledgement, by another try under way, and by itself", () => {
    const { owing, trace } = watching()
    owing.began("sensors/1", "a")
    owing.ended("sensors/1", "a", true)
    owing.began("sensors/1", "b")
    owing.ended("sensors/1", "b", false)
    owing.began("sensors/1", "b")
    owing.began("sensors/1", "c")
    assert.deepStrictEqual(trace.violations, [])
  })

  it("is each sensor's own, and may be tried again in any order", () => {
    const { owing, trace } = watching()
    for (const payload of ["a", "b"]) owing.began("sensors/1", payload)
    for (const payload of ["a", "b"]) owing.ended("sensors/1", payload, false)
    owing.began("sensors/2", "c")
    owing.began("sensors/1", "b")
    owing.began("sensors/1", "a")
    assert.deepStrictEqual(trace.violations, [])
  })
})
