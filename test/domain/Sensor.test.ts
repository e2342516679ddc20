import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import {
  DESCRIPTION_LENGTH_MAX,
  Description,
  Latitude,
  Longitude,
  METADATA_KEYS,
  Metadata,
  mergeMetadata,
  metadataKey,
  SensorName,
  sameMetadata,
  Unit
} from "../../src/domain/Sensor.js"

const metadata = Arbitrary.make(Metadata)
const accepts = <A>(schema: Schema.Schema<A>, value: unknown) => Schema.is(schema)(value)

describe("metadata", () => {
  it("are found by a text that is equal when they are, and only then", () => {
    FastCheck.assert(
      FastCheck.property(metadata, metadata, (a, b) => {
        assert.strictEqual(metadataKey(a) === metadataKey(b), sameMetadata(a, b))
        assert.strictEqual(metadataKey(a), metadataKey({ ...a }))
      })
    )
  })

  it("differ when any one of them does", () => {
    const one = { lat: 1, lng: 1, unit: "1", type: "1", description: "1", min: 1, max: 1 }
    const keys = METADATA_KEYS.map((key) => metadataKey({ ...one, [key]: null }))
    assert.strictEqual(new Set([metadataKey(one), ...keys]).size, METADATA_KEYS.length + 1)
    assert.isFalse(sameMetadata({ ...one, unit: "1", type: null }, { ...one, unit: null, type: "1" }))
  })

  it("stay where nothing is said, and are null where that is said", () => {
    FastCheck.assert(
      FastCheck.property(metadata, metadata, (current, said) => {
        assert.deepStrictEqual(mergeMetadata(current, {}), current)
        assert.deepStrictEqual(mergeMetadata(current, said), said)
        assert.deepStrictEqual(mergeMetadata(current, { unit: null }), { ...current, unit: null })
      })
    )
  })

  it("describe a sensor once unit and type are known", () => {})
})

describe("text", () => {
  it("is any that both databases store alike", () => {
    for (const text of ["°C", "温度", "🌡️", "a'b\"c\\d", " ", "\n"]) assert.isTrue(accepts(Unit, text), text)
    for (const text of ["", "a\0b", "\ud800", "a\udc00b", 5, null]) assert.isFalse(accepts(Unit, text))
  })

  it("is bounded", () => {
    assert.isTrue(accepts(SensorName, "x".repeat(190)))
    assert.isFalse(accepts(SensorName, "x".repeat(191)))
    assert.isTrue(accepts(Description, "🌡".repeat(DESCRIPTION_LENGTH_MAX / 2)))
    assert.isFalse(accepts(Description, "🌡".repeat(DESCRIPTION_LENGTH_MAX / 2 + 1)))
  })
})

describe("a place", () => {
  it("is on the globe", () => {
    for (const lat of [-90, 0, 90]) assert.isTrue(accepts(Latitude, lat))
    for (const lat of [-90.000001, 91, 1_000, Number.NaN, "1"]) assert.isFalse(accepts(Latitude, lat))
    for (const lng of [-180, 0, 180]) assert.isTrue(accepts(Longitude, lng))
    for (const lng of [-180.1, 181, Number.POSITIVE_INFINITY]) assert.isFalse(accepts(Longitude, lng))
  })
})
