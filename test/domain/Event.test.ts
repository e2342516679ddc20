import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import {
  correctionKey,
  deletionKey,
  Event,
  EventType,
  inForce,
  moveKey,
  restoreKey,
  type StoredEvent,
  sensorKey,
  upcast
} from "../../src/domain/Event.js"
import { position, readingId, sensorId } from "../../src/domain/Ids.js"

/**
 * Events as versions of Tidemark stored them. Lines are only ever added: one for each shape that was ever stored,
 * with `now`, what of it is read as something else.
 */
const golden: ReadonlyArray<{ readonly stored: StoredEvent; readonly now?: Partial<Event> }> = JSON.parse(
  readFileSync(new URL("./golden-events.json", import.meta.url), "utf8")
)

const event = (change: Partial<StoredEvent>): StoredEvent => {
  const [first] = golden
  if (first === undefined) throw new Error("the golden file is empty")
  return { ...first.stored, ...change }
}

describe("stored events", () => {
  for (const { now, stored } of golden) {
    it(`are read as their current version: ${stored.type} at ${stored.position}`, () => {
      const current = upcast(stored)
      assert.deepStrictEqual<unknown>(current, { ...stored, ...now })
      assert.deepStrictEqual(Schema.decodeUnknownSync(Event)(current), current)
    })
  }

  it("are on file for each type", () => {
    const types = new Set(golden.map(({ now, stored }) => now?.type ?? stored.type))
    assert.deepStrictEqual([...types].sort(), [...EventType.literals].sort())
  })

  it("of an unknown type are refused, whatever their name", () => {
    for (const type of ["ReadingMoved", "ReadingRecorded.v99", "", "constructor", "toString", "__proto__"]) {
      assert.throws(() => upcast(event({ type })), /which this version does not know/)
    }
  })
})

describe("a row in force", () => {
  const row = (type: string, supersededBy: number | null) =>
    upcast(
      event({
        type,
        position: position(5),
        supersededBy: supersededBy === null ? null : position(supersededBy)
      })
    )

  it("is so from its own position until the one that supersedes it", () => {
    const superseded = row("ReadingRecorded", 8)
    assert.deepStrictEqual(
      [4, 5, 7, 8, 9].map((asOf) => inForce(superseded, position(asOf))),
      [false, true, true, false, false]
    )
    assert.isTrue(inForce(row("ReadingCorrected", null), position(5)))
  })

  it("is a recording or a correction, and nothing else", () => {
    const types = EventType.literals.filter((type) => inForce(row(type, null), position(9)))
    assert.deepStrictEqual(types, ["ReadingRecorded", "ReadingCorrected"])
  })
})

describe("the keys of what a person causes", () => {
  it("differ by what is done, to which reading, and over which row", () => {
    const keys = [1, 11].flatMap((reading) =>
      [1, 2, 12].flatMap((at) => [
        correctionKey(readingId(reading), position(at)),
        deletionKey(readingId(reading), position(at)),
        moveKey(readingId(reading), position(at)),
        restoreKey(String(reading), position(at)),
        sensorKey(sensorId(reading), 1, position(at)),
        sensorKey(sensorId(reading), 2, position(at))
      ])
    )
    assert.strictEqual(new Set(keys).size, keys.length)
  })
})
