import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as FastCheck from "effect/FastCheck"
import { position, readingId, sensorId } from "../../src/domain/Ids.js"
import type { Reading } from "../../src/domain/Reading.js"
import { METADATA_KEYS, Metadata, type SaidMetadata, UNKNOWN_METADATA } from "../../src/domain/Sensor.js"
import { micros } from "../../src/domain/Time.js"
import {
  firstMetadata,
  keptBytes,
  nextMetadata,
  placeOf,
  placeReplacement,
  replacementMetadata,
  sameReading
} from "../../src/eventlog/Decide.js"
import { eventKey, keyOfSensorEvent, metadataHash, rejectedId } from "../../src/eventlog/EventKey.js"

const number = FastCheck.option(FastCheck.integer({ min: 0, max: 2 }))
const text = FastCheck.option(FastCheck.constantFrom("a", "b"))
const metadata: FastCheck.Arbitrary<Metadata> = FastCheck.record({
  lat: number,
  lng: number,
  unit: text,
  type: text,
  description: text,
  min: number,
  max: number
})
const said: FastCheck.Arbitrary<SaidMetadata> = FastCheck.tuple(
  metadata,
  FastCheck.subarray([...METADATA_KEYS])
).map(([all, keys]) => Object.fromEntries(keys.map((key) => [key, all[key]])))

const law = (check: (a: Metadata, b: SaidMetadata) => void) =>
  FastCheck.assert(FastCheck.property(metadata, said, check), { numRuns: 2_000 })

/** What a reading shows that is stored under a version with a place of its own. */
const shown = (version: Metadata, place: ReturnType<typeof placeOf>): Metadata => ({
  ...version,
  lat: place?.lat ?? version.lat,
  lng: place?.lng ?? version.lng
})

const readingWith = (own: Metadata): Reading => ({
  id: readingId(2),
  position: position(2),
  sensorId: sensorId(1),
  sensorVersion: 1,
  occurredAt: micros(0),
  recordedAt: micros(0),
  timeSource: "device",
  value: 1,
  lat: own.lat,
  lng: own.lng,
  unit: own.unit,
  type: own.type,
  description: own.description
})

describe("what a device's reading says of its sensor", () => {
  it("is what the reading shows, with what was known where it says nothing", () =>
    law((current, said) => {
      const next = nextMetadata(current, said)
      const seen = shown(next, placeOf(next, said))
      for (const key of METADATA_KEYS) {
        const heard = said[key]
        if (heard !== undefined && heard !== null) assert.strictEqual(seen[key], heard, key)
      }
      for (const key of ["unit", "type", "description", "min", "max"] as const) {
        assert.strictEqual(seen[key], said[key] ?? current[key], key)
      }
    }))

  it("makes no second version when it is said again", () =>
    law((current, said) => {
      const next = nextMetadata(current, said)
      assert.strictEqual(nextMetadata(next, said), next)
      assert.strictEqual(nextMetadata(current, {}), current)
    }))

  it("never moves a place that is known", () =>
    law((current, said) => {
      if (current.lat === null || current.lng === null) return
      const next = nextMetadata(current, said)
      assert.deepStrictEqual([next.lat, next.lng], [current.lat, current.lng])
    }))

  it("takes -0 as 0", () => {
    const zero = firstMetadata({ lat: -0, lng: -0, min: -0 })
    for (const value of [zero.lat, zero.lng, zero.min]) assert.isTrue(Object.is(value, 0))
    assert.isNull(placeOf(zero, { lat: -0, lng: 0 }))
  })
})

describe("a person's replacement", () => {
  it("is stored so that the reading shows what was asked for", () =>
    FastCheck.assert(
      FastCheck.property(metadata, metadata, (base, wanted) => {
        const placed = placeReplacement(base, wanted)
        assert.deepStrictEqual(shown(placed.metadata, placed.place), wanted)
      }),
      { numRuns: 2_000 }
    ))

  it("needs no version where its own can say it", () =>
    law((base) => {
      assert.deepStrictEqual(placeReplacement(base, base), { metadata: base, place: null })
      const moved = { ...base, lat: 7, lng: 8 }
      assert.deepStrictEqual(placeReplacement(base, moved), { metadata: base, place: { lat: 7, lng: 8 } })
    }))

  it("keeps what is not said, null said on purpose apart", () =>
    law((version, said) => {
      const own = { ...version, lat: 5, lng: 6 }
      const wanted = replacementMetadata(readingWith(own), version, null, said)
      for (const key of METADATA_KEYS) {
        assert.strictEqual(wanted[key], said[key] === undefined ? own[key] : said[key], key)
      }
    }))

  it("takes the range of another sensor", () => {
    const version = { ...UNKNOWN_METADATA, unit: "C", min: 0, max: 45 }
    const target = { ...UNKNOWN_METADATA, unit: "F", min: 32, max: 113 }
    const wanted = replacementMetadata(readingWith(version), version, target, {})
    assert.deepStrictEqual(wanted, { ...version, min: 32, max: 113 })
  })

  it("is the same reading only when all of it is", () => {
    const version = { ...UNKNOWN_METADATA, unit: "C" }
    const current = readingWith(version)
    const by = { sensorId: current.sensorId, occurredAt: current.occurredAt, value: 1, said: {} }
    assert.isTrue(sameReading(current, version, by, version))
    assert.isFalse(sameReading(current, version, { ...by, value: 2 }, version))
    assert.isFalse(sameReading(current, version, { ...by, sensorId: sensorId(2) }, version))
    assert.isFalse(sameReading(current, version, { ...by, occurredAt: micros(1) }, version))
    for (const key of METADATA_KEYS) {
      const other = Object.assign({ ...version }, { [key]: key === "unit" ? "F" : 1 })
      assert.isFalse(sameReading(current, version, by, other), key)
    }
  })
})

describe("keys", () => {
  it("lead with 48 bits of milliseconds, and go on with a hash of the text", () => {
    assert.match(eventKey(0, "x"), /^0{12}[0-9a-f]{20}$/)
    assert.match(eventKey(1_718_388_000_123, "x"), /^019017e8057b[0-9a-f]{20}$/)
    assert.match(eventKey(2 ** 48 - 1, "é🌡"), /^f{12}[0-9a-f]{20}$/)
    assert.strictEqual(eventKey(0, "abc"), "000000000000ba7816bf8f01cfea4141")
  })

  it("of a sensor's events differ by sensor, version and the position before", () => {
    const of = (id: number, version: number, head: number) =>
      keyOfSensorEvent(sensorId(id), version, position(head), micros(0))
    assert.strictEqual(new Set([of(1, 1, 0), of(2, 1, 0), of(1, 2, 0), of(1, 1, 1)]).size, 4)
  })

  it("of metadata are equal when the metadata are", () =>
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(Metadata), (one) => {
        assert.strictEqual(metadataHash(one), metadataHash({ ...one }))
        assert.match(metadataHash(one), /^[0-9a-f]{32}$/)
      })
    ))

  it("of a rejected message can't be imitated by moving bytes from one part to another", () => {
    const id = (topic: string, bytes: string, metric: string | null) =>
      rejectedId({ topic, bytes: Buffer.from(bytes), metric })
    const ids = [
      id("a", "b", null),
      id("ab", "", null),
      id("", "ab", null),
      id("a", "", "b"),
      id("a", "b", ""),
      id("a", 'b",null]\0', null),
      id('a",null]\0b', "", null)
    ]
    assert.strictEqual(new Set(ids).size, ids.length)
    assert.strictEqual(id("a", "b", "c"), id("a", "b", "c"))
  })
})

describe("what is kept of a rejected message", () => {
  it("is its first 64 KiB, within the quota", () => {
    const bytes = new Uint8Array(70_000)
    assert.deepInclude({ ...keptBytes(bytes, 0, 1e9), bytes: null }, { truncated: true })
    assert.strictEqual(keptBytes(bytes, 0, 1e9).bytes?.length, 65_536)
    assert.strictEqual(keptBytes(bytes, 10, 65_546).bytes?.length, 65_536)
    assert.deepStrictEqual(keptBytes(bytes, 11, 65_546), { bytes: null, truncated: true })
    assert.deepStrictEqual(keptBytes(bytes.subarray(0, 3), 0, 3), {
      bytes: new Uint8Array(3),
      truncated: false
    })
    assert.deepStrictEqual(keptBytes(new Uint8Array(0), 3, 3), { bytes: new Uint8Array(0), truncated: false })
  })
})
