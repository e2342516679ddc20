import { assert, describe, it } from "@effect/vitest"
import { sensorId } from "../../../src/domain/Ids.js"
import { aDay, oneOf, parameterProblems, wholeNumber } from "../../../src/pages/core/PageParameters.js"
import { exploreProblems } from "../../../src/pages/explore/ExploreProblems.js"

const named = (query: string, unknown: ReadonlyArray<number> = []) =>
  exploreProblems(new URLSearchParams(query), unknown.map(sensorId)).map(({ name, value }) => [name, value])

describe("what of an address can't be followed", () => {
  it("is nothing where all can, as links and forms write it", () => {
    for (const query of [
      "",
      "sensor=1&sensor=2&range=24h&start=2026-01-01T00:00&end=2026-01-01T00:00:30&interval=auto",
      "sensor=1,2&range=custom&start=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00.000Z",
      "sensor=&range=24h&start=&end=",
      "start=2026-01-01T00:00&end=2026-01-02T00:00&interval=5m"
    ]) {
      assert.deepStrictEqual(named(query), [], query)
    }
  })

  it("names each parameter with what was given: nonsense, what is missing, and what nobody knows", () => {
    assert.deepStrictEqual(named("from=garbage&interval=7q"), [
      ["from", "garbage"],
      ["interval", "7q"]
    ])
    assert.deepStrictEqual(named("sensor=1,x&range=9y&start=soon"), [
      ["sensor", "1,x"],
      ["range", "9y"],
      ["start", "soon"]
    ])
    assert.deepStrictEqual(named("range=custom&start=2026-01-01T00:00"), [["end", null]])
    assert.deepStrictEqual(named("start=2026-01-02T00:00&end=2026-01-01T00:00"), [
      ["end", "2026-01-01T00:00"]
    ])
    assert.deepStrictEqual(named("sensor=99", [99]), [["sensor", "99"]])
    assert.deepStrictEqual(named("range=1h&range=6h"), [["range", "1h and 6h"]])
  })

  it("says what may stand there", () => {
    const rules = { skip: wholeNumber(0, 1_000), dimension: oneOf(["validity", "accuracy"]) }
    const found = parameterProblems(new URLSearchParams("skip=-1&dimension=x&day=1&__proto__=1"), rules)
    assert.deepStrictEqual(
      found.map(({ allowed }) => allowed),
      [
        "must be a whole number from 0 to 1,000",
        "must be one of validity, accuracy",
        "is no parameter of this page: it takes skip, dimension, tz",
        "is no parameter of this page: it takes skip, dimension, tz"
      ]
    )
  })

  it("is a day that the calendar does not have, or that is not written as a date", () => {
    const refused = (day: string) => parameterProblems(new URLSearchParams({ day }), { day: aDay }).length
    for (const day of ["2026-01-31", "2024-02-29", "1970-01-01"]) assert.strictEqual(refused(day), 0, day)
    for (const day of ["2026-02-30", "2026-13-01", "26-01-31", "1593475200000000", "today"])
      assert.strictEqual(refused(day), 1, day)
  })
})
