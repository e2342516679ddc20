/** Rows of a CSV as the messages of devices. */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { payloadsOf } from "../../../src/cli/replay/ReplayPayload.js"
import { type CsvOptions, csvOptions } from "../../../src/ingest/csv/CsvOptions.js"
import { readCsv } from "../../../src/ingest/csv/CsvReader.js"

const payloads = (header: string, row: string, options: Partial<CsvOptions> = {}): ReadonlyArray<unknown> => {
  const { rows } = Either.getOrThrow(
    readCsv(`${header}\n${row}\n`, csvOptions(Number.POSITIVE_INFINITY, options))
  )
  return [...rows].flatMap(payloadsOf).map((payload) => JSON.parse(payload))
}
const payload = (header: string, row: string, options: Partial<CsvOptions> = {}): unknown =>
  payloads(header, row, options)[0]

const JANUARY = "2024-01-01T00:00:00.000000Z"

describe("a row of a CSV", () => {
  it("with a time and a value is a reading of the sensor that is given", () => {
    const options = { sensor: "7", unit: "F", type: "temperature" }
    assert.deepStrictEqual(payload("timestamp,value", "2013-07-04 00:00:00,69.88083514", options), {
      sensor_id: 7,
      timestamp: "2013-07-04T00:00:00.000000Z",
      value: 69.88083514,
      metadata: { unit: "F", type: "temperature" }
    })
  })

  it("of one column beside the time takes it for the value, whatever its name", () => {
    assert.deepStrictEqual(payload("Date,PM10", "2024-01-01,12", { sensor: "roof" }), {
      name: "roof",
      timestamp: JANUARY,
      value: 12
    })
  })

  it("of several columns is a message of several metrics, without the empty ones", () => {
    assert.deepStrictEqual(payload("time,co,humidity,light", "1700000000,0.5,,true", { sensor: "hall" }), {
      name: "hall",
      timestamp: "2023-11-14T22:13:20.000000Z",
      data: { co: 0.5, light: 1 }
    })
  })

  it("of columns with units is a message of a reading for each", () => {
    const reading = { timestamp: JANUARY }
    assert.deepStrictEqual(payload("time,t (°C),h", "2024-01-01,21,40", { sensor: "hall" }), [
      { ...reading, name: "hall/t", value: 21, metadata: { unit: "°C", type: "t" } },
      { ...reading, name: "hall/h", value: 40, metadata: { type: "h" } }
    ])
  })

  it("of very many columns is several messages", () => {
    const columns = Array.from({ length: 450 }, (_, i) => `c${i}`)
    const row = ["2024-01-01", ...columns.map((_, i) => i)].join(",")
    const all = payloads(["time", ...columns].join(","), row, { sensor: "hall" })
    assert.strictEqual(all.length, 3)
    assert.deepInclude(all[2], { name: "hall", timestamp: JANUARY })
  })

  it("in the form of our own answers comes back as it was", () => {
    const header = "id,sensor_id,timestamp,value,lat,lng,unit,type,description"
    assert.deepStrictEqual(
      payload(header, "9,3,2024-01-01T00:00:00.000000Z,21.5,46,14,C,temperature,Deposit"),
      {
        sensor_id: 3,
        timestamp: JANUARY,
        value: 21.5,
        metadata: { unit: "C", type: "temperature", description: "Deposit", location: { lat: 46, lng: 14 } }
      }
    )
  })

  it("sends a value that is no number as it is, to be rejected where it arrives", () => {
    for (const [cell, value] of [
      ["soon", "soon"],
      ["", null],
      ["1e999", "1e999"],
      ["007", 7]
    ] as const) {
      assert.deepInclude(payload("timestamp,value", `2024-01-01,${cell}`, { sensor: "1" }) as object, {
        value
      })
    }
  })
})
