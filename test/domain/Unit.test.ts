/** Units: said in many ways, shown in one. */
import { assert, describe, it } from "@effect/vitest"
import { unitOf, unitSymbol, unitUrl } from "../../src/domain/Unit.js"

describe("a unit", () => {
  it("is shown as people write it, and left as it is where nobody knows it", () => {
    const shown: ReadonlyArray<readonly [said: string, symbol: string]> = [
      ["C", "°C"],
      ["celsius", "°C"],
      ["℃", "°C"],
      ["F", "°F"],
      ["m3", "m³"],
      ["ug/m3", "µg/m³"],
      // The Greek letter, and the sign for micro.
      ["\u03bcg/m³", "\u00b5g/m³"],
      ["W/m2", "W/m²"],
      [" C ", "°C"],
      ["°C", "°C"],
      ["kW", "kW"],
      ["furlong", "furlong"],
      ["constructor", "constructor"],
      ["", ""]
    ]
    for (const [said, symbol] of shown) assert.strictEqual(unitSymbol(said), symbol, said)
    // Case counts: these are not the same.
    assert.notStrictEqual(unitOf("mW")?.ucum, unitOf("MW")?.ucum)
  })

  it("has its code in UCUM, and its address in QUDT", () => {
    assert.deepInclude(unitOf("C"), { ucum: "Cel" })
    assert.deepInclude(unitOf("F"), { ucum: "[degF]" })
    assert.deepInclude(unitOf("kWh"), { ucum: "kW.h" })
    assert.strictEqual(unitUrl("C"), "http://qudt.org/vocab/unit/DEG_C")
    assert.strictEqual(unitUrl("ug/m3"), "http://qudt.org/vocab/unit/MicroGM-PER-M3")
    assert.isNull(unitUrl("furlong"))
    assert.isNull(unitOf("furlong"))
  })
})
