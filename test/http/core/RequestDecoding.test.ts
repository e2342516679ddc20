import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { ROUTES } from "../../../src/app/HttpApp.js"
import { position } from "../../../src/domain/Ids.js"
import { MICROS_PER_DAY, MIN_TIME, micros } from "../../../src/domain/Time.js"
import { accepts } from "../../../src/http/core/Negotiate.js"
import { decodePost, decodeReading, queryOf } from "../../../src/http/core/RequestDecoding.js"
import { pathnameOf, RouteTable } from "../../../src/http/core/Routes.js"
import { decodeCursor, encodeCursor, filterHash } from "../../../src/http/listing/Cursor.js"
import { nextUrl } from "../../../src/http/listing/Paging.js"

const NOW = micros(1_718_389_665_000_000)
const bound = { now: NOW, futureMax: MICROS_PER_DAY, minTime: MIN_TIME }

describe("bodies", () => {
  it("any JSON decodes, or names what is wrong: never throws", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.jsonValue(), (json) => {
        const result = decodePost(json, bound)
        if (Either.isLeft(result)) assert.isAbove(result.left.length, 0)
      })
    )
  })

  it("each field that is spoilt is named, and no other", () => {
    const good = {
      sensor_id: 1,
      timestamp: "2024-06-14T18:00:00Z",
      value: 1,
      lat: 1,
      lng: 1,
      unit: "C",
      type: "t",
      description: "d",
      seq: 1,
      epoch: "boot"
    }
    assert.isTrue(Either.isRight(decodeReading(good, bound)))
    const fields = FastCheck.subarray(Object.keys(good), { minLength: 1 })
    FastCheck.assert(
      FastCheck.property(fields, FastCheck.constantFrom({}, [], true, "\0"), (spoilt, junk) => {
        const bad = { ...good, ...Object.fromEntries(spoilt.map((field) => [field, junk])) }
        const result = decodeReading(bad, bound, "[7]")
        assert.isTrue(Either.isLeft(result))
        if (Either.isLeft(result)) {
          assert.sameMembers(
            result.left.map(({ field }) => field),
            spoilt.map((field) => `[7].${field}`)
          )
        }
      })
    )
  })

  it("a time may lie as far ahead as it may, and no microsecond further", () => {
    const at = (time: number) => decodeReading({ sensor_id: 1, timestamp: time, value: 1 }, bound)
    assert.isTrue(Either.isRight(at(NOW + MICROS_PER_DAY)))
    assert.isTrue(Either.isLeft(at(NOW + MICROS_PER_DAY + 1)))
  })
})

describe("cursors", () => {
  const whole = FastCheck.nat({ max: Number.MAX_SAFE_INTEGER })
  const hash = filterHash("readings", { unit: "C" })

  it("come back as they went", () => {
    FastCheck.assert(
      FastCheck.property(whole, whole, whole, (asOf, time, tie) => {
        const cursor = { asOf: position(asOf), time: micros(time), tie }
        assert.deepStrictEqual(decodeCursor(encodeCursor(cursor, hash), hash), Either.right(cursor))
      })
    )
  })

  it("are refused beside another filter, and any other text", () => {
    const text = encodeCursor({ asOf: position(1), time: micros(2), tie: 3 }, hash)
    assert.isTrue(Either.isLeft(decodeCursor(text, filterHash("readings", { unit: "F" }))))
    assert.isTrue(Either.isLeft(decodeCursor(text, filterHash("aggregates", { unit: "C" }))))
    assert.strictEqual(hash, filterHash("readings", { type: undefined, unit: "C" }))
    FastCheck.assert(
      FastCheck.property(FastCheck.string(), (junk) => {
        assert.isTrue(Either.isLeft(decodeCursor(junk, hash)))
      })
    )
  })

  it("go into the next address beside the same parameters, without skip", () => {
    assert.strictEqual(
      nextUrl("/data/1?skip=5&limit=2&cursor=old&unit=%25", "new"),
      "/data/1?limit=2&cursor=new&unit=%25"
    )
    assert.strictEqual(nextUrl("/data/", "x"), "/data/?cursor=x")
  })
})

describe("routes", () => {
  const table = new RouteTable(ROUTES, (route) => route)
  const name = (method: string, url: string) => {
    const found = table.find(method, pathnameOf(url))
    return found._tag === "Match" ? found.entry.name : found._tag
  }

  it("names win over parameters; slashes, case and queries make no difference", () => {
    assert.strictEqual(name("GET", "/data"), "listReadings")
    assert.strictEqual(name("GET", "//data//?a=/x"), "listReadings")
    assert.strictEqual(name("GET", "/data/summary/"), "summaryReadings")
    assert.strictEqual(name("GET", "/Data/Range"), "rangeReadings")
    assert.strictEqual(name("GET", "/data/catalog/"), "catalog")
    assert.strictEqual(name("GET", "/data/data-quality"), "dataQuality")
    assert.strictEqual(name("HEAD", "/data/7/"), "sensorReadings")
    assert.strictEqual(name("PUT", "/data/7"), "replaceReading")
    assert.strictEqual(name("GET", "/data/7/8"), "NoPath")
    assert.strictEqual(name("GET", "/"), "GET /")
    assert.strictEqual(name("GET", "http://host/data?x"), "listReadings")
    assert.strictEqual(name("OPTIONS", "*"), "NoPath")
    assert.strictEqual(name("PATCH", "/data/7"), "OtherMethods")
    assert.strictEqual(name("GET", "/data%2Frange"), "NoPath")
    assert.strictEqual(name("GET", "/catalog/sensors.jsonld"), "datasetJsonLd")
    assert.strictEqual(name("GET", "/catalog/.jsonld"), "datasetJsonLd")
  })

  it("takes a parameter once, or as a list; a query can't reach a prototype", () => {
    assert.deepEqual({ ...queryOf("/x?a=1&b=2&b=3&c") }, { a: "1", b: ["2", "3"], c: "" })
    assert.isNull(Object.getPrototypeOf(queryOf("/x?__proto__=1")))
  })

  it("the most specific range of Accept decides", () => {
    assert.isTrue(accepts(undefined, "text/html"))
    assert.isTrue(accepts("text/html;q=0, text/*, */*", "text/plain"))
    assert.isFalse(accepts("text/html;q=0, text/*, */*", "text/html"))
    assert.isFalse(accepts("image/*", "application/json"))
    assert.isFalse(accepts("application/json;q=nonsense", "application/json"))
  })
})
