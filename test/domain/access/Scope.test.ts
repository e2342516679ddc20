import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import { mayPublish, principalOf, scopeOfDevice } from "../../../src/domain/access/Principal.js"
import {
  EVERYTHING,
  fitsPattern,
  formatSensorScope,
  mayReach,
  mayReachDataset,
  parseSensorScope,
  SCOPE_SENSORS_MAX,
  type Scope
} from "../../../src/domain/access/Scope.js"

const scopeOf = (...texts: ReadonlyArray<string>): Scope => ({
  ...EVERYTHING,
  sensors: Either.getOrThrow(parseSensorScope(texts))
})

/** The same by a regular expression, for patterns that are short enough. */
const byRegExp = (pattern: string, name: string): boolean =>
  new RegExp(`^${pattern.replaceAll("*", "[^]*")}$`).test(name)

describe("the scope of a key", () => {
  it("reaches everything when it names nothing", () => {
    assert.isTrue(mayReach(EVERYTHING, { id: 7, name: null }))
    assert.isTrue(mayReachDataset(EVERYTHING, "sensor_data"))
  })

  it("reaches the numbers, ranges and names that it lists, and no other", () => {
    const scope = scopeOf("42", "1-10", "boiler/*")
    const reached = (id: number | null, name: string | null) => mayReach(scope, { id, name })
    assert.isTrue(reached(42, null))
    assert.isTrue(reached(1, "any"))
    assert.isTrue(reached(10, null))
    assert.isTrue(reached(1_000_000_001, "boiler/temperature"))
    assert.isTrue(reached(null, "boiler/"))
    assert.isFalse(reached(11, null))
    assert.isFalse(reached(1_000_000_002, "boiler"))
    assert.isFalse(reached(null, "my boiler/temperature"))
    assert.isFalse(reached(null, null))
  })

  it("matches a star with any text, as a regular expression does", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 })
    const name = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 12 })
    fc.assert(
      fc.property(text, name, (pattern, subject) => {
        assert.strictEqual(fitsPattern(pattern, subject), byRegExp(pattern, subject))
      }),
      { numRuns: 2_000 }
    )
  })

  it("does not let start and end of a pattern overlap", () => {
    assert.isFalse(fitsPattern("ab*ba", "aba"))
    assert.isTrue(fitsPattern("ab*ba", "abba"))
  })

  it("reads what it writes", () => {
    const texts = ["7", "1-3", "boiler/*", "a b"]
    const scope = Either.getOrThrow(parseSensorScope(texts))
    assert.deepStrictEqual(Either.getOrThrow(parseSensorScope(formatSensorScope(scope))), scope)
  })

  it("refuses what names no sensors", () => {
    for (const texts of [
      [],
      [""],
      ["0"],
      ["3-1"],
      ["1-3000000000"],
      ["x".repeat(191)],
      Array<string>(SCOPE_SENSORS_MAX + 1).fill("1")
    ]) {
      assert.isTrue(Either.isLeft(parseSensorScope(texts)), JSON.stringify(texts).slice(0, 40))
    }
  })

  it("lets a device say its own sensors alone, and a reader none", () => {
    const device = principalOf("boiler", "device", "database", scopeOfDevice("boiler"))
    assert.isTrue(mayPublish(device, { id: null, name: "boiler" }))
    assert.isTrue(mayPublish(device, { id: null, name: "boiler/temperature" }))
    assert.isFalse(mayPublish(device, { id: null, name: "boiler2" }))
    assert.isFalse(mayPublish(device, { id: 1, name: null }))
    const reader = principalOf("eve", "reader", "database")
    assert.isFalse(mayPublish(reader, { id: 1, name: null }))
    assert.isTrue(mayPublish(principalOf("wim", "writer", "settings"), { id: 1, name: null }))
  })
})
