/** Rows of a CSV as the messages of devices. */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { type CsvOptions, payloadOfRow, separatorOf } from "../../../src/cli/replay/ReplayCsv.js"

const payload = (header: string, row: string, options: CsvOptions = {}): unknown =>
  JSON.parse(Either.getOrThrowWith(payloadOfRow(header.split(","), options), Error)(row.split(",")))

const refusal = (header: string, options: CsvOptions = {}): string =>
  Either.match(payloadOfRow(header.split(","), options), { onLeft: (why) => why, onRight: () => "" })

describe("a row of a CSV", () => {
  it("with a time and a value is a reading of the sensor that is given", () => {
    const options = { sensor: "7", unit: "F", type: "temperature" }
    assert.deepStrictEqual(payload("timestamp,value", "2013-07-04 00:00:00,69.88083514", options), {
      sensor_id: "7",
      timestamp: "2013-07-04 00:00:00",
      value: 69.88083514,
      metadata: { unit: "F", type: "temperature" }
    })
  })

  it("of one column beside the time takes it for the value, whatever its name", () => {
    assert.deepStrictEqual(payload("Date,PM10", "2024-01-01,12", { sensor: "roof" }), {
      name: "roof",
      timestamp: "2024-01-01",
      value: 12
    })
  })

  it("of several columns is a message of several metrics, without the empty ones", () => {
    assert.deepStrictEqual(payload("time,co,humidity,light", "1700000000,0.5,,true", { sensor: "hall" }), {
      name: "hall",
      timestamp: "1700000000",
      data: { co: 0.5, light: "true" }
    })
  })

  it("in the form of our own answers comes back as it was", () => {
    const header = "id,sensor_id,timestamp,value,lat,lng,unit,type,description"
    assert.deepStrictEqual(
      payload(header, "9,3,2024-01-01T00:00:00.000000Z,21.5,46,14,C,temperature,Deposit"),
      {
        sensor_id: "3",
        timestamp: "2024-01-01T00:00:00.000000Z",
        value: 21.5,
        metadata: { unit: "C", type: "temperature", description: "Deposit", location: { lat: 46, lng: 14 } }
      }
    )
  })

  it("sends a value that is no number as it is, to be rejected where it arrives", () => {
    assert.deepInclude(payload("timestamp,value", "2024-01-01,soon", { sensor: "1" }) as object, {
      value: "soon"
    })
    assert.deepInclude(payload("timestamp,value", "2024-01-01,", { sensor: "1" }) as object, { value: null })
    assert.deepInclude(payload("timestamp,value", "2024-01-01,007", { sensor: "1" }) as object, {
      value: "007"
    })
  })
})

describe("a CSV is refused", () => {
  it("when nothing says whose readings they are", () => {
    assert.include(refusal("timestamp,value"), "--sensor")
  })
  it("when a sensor's number is given for several columns", () => {
    assert.include(refusal("timestamp,a,b", { sensor: "7" }), "2 columns")
  })
  it("when there is no column of values", () => {
    assert.include(refusal("timestamp", { sensor: "7" }), "no column of values")
  })
})

describe("the separator of a CSV", () => {
  it("is the one that its header has most of", () => {
    assert.strictEqual(separatorOf("time;value;a,b"), ";")
    assert.strictEqual(separatorOf("time\tvalue"), "\t")
    assert.strictEqual(separatorOf("time"), ",")
  })
})
