/** Days are merged from hours: each begins and ends with one, whatever its zone's clocks do. */
import { assert, describe, it } from "@effect/vitest"
import { divisionEnd, divisionStart, zoneNamed } from "../../../src/domain/minute/LocalInterval.js"
import { MICROS_PER_DAY } from "../../../src/domain/Time.js"

const FROM = Date.UTC(2001, 0, 1) * 1_000
const TO = Date.UTC(2031, 0, 1) * 1_000

// Among them clocks that change by half an hour, at or just after midnight, and by a day.
const ZONES = [
  ...["Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "America/Havana"],
  ...["Asia/Beirut", "Africa/Cairo", "America/Sao_Paulo", "Asia/Tehran", "Asia/Gaza", "Antarctica/Troll"],
  ...["Africa/Casablanca", "America/Caracas", "Asia/Pyongyang", "Antarctica/Casey", "Europe/Zurich"]
]

describe("days on the clocks of a zone", () => {
  it("begin and end with an hour, around each change of their clocks", () => {
    let changes = 0
    for (const name of ZONES) {
      const zone = zoneNamed(name)
      if (zone === undefined) continue
      for (let { to } = zone.spellAt(FROM); to < TO; { to } = zone.spellAt(to)) {
        changes += 1
        for (const near of [-1, 0, 1]) {
          const day = divisionStart({ interval: "1d", zone }, to + near * MICROS_PER_DAY)
          const end = divisionEnd({ interval: "1d", zone }, day)
          for (const edge of [day, end]) {
            assert.strictEqual(divisionStart({ interval: "1h", zone }, edge), edge, `${name} ${edge}`)
          }
        }
      }
    }
    assert.isAbove(changes, 300)
  })
})
