/** The names of day files: each stands for one file, and back. */
import { assert, describe, it } from "@effect/vitest"
import {
  dayFileName,
  dayFileNamed,
  dayFolder,
  dayOfFolder,
  dayStart
} from "../../../src/domain/dataset/DayFile.js"
import { position } from "../../../src/domain/Ids.js"
import { micros } from "../../../src/domain/Time.js"

const DAY = dayStart(Date.UTC(2024, 1, 29, 23, 59) * 1_000)
const FILE = { dataset: "sensor_data", day: DAY, position: position(123_456) } as const

describe("a day file", () => {
  it("is named by its data set, day and position", () => {
    assert.strictEqual(dayFolder(DAY), "date=2024-02-29")
    assert.strictEqual(dayFileName(FILE), "sensor_data-2024-02-29-p123456.parquet")
    assert.strictEqual(dayOfFolder("date=2024-02-29"), DAY)
    assert.deepStrictEqual(dayFileNamed("sensor_data", DAY, dayFileName(FILE)), FILE)
    assert.strictEqual(dayOfFolder("date=1970-01-01"), micros(0))
  })

  it("has no other name", () => {
    for (const name of [
      "date=2023-02-29",
      "date=2024-2-29",
      "2024-02-29",
      "date=2024-02-29T00:00:00Z",
      "date="
    ]) {
      assert.isUndefined(dayOfFolder(name), name)
    }
    for (const name of [
      "sensor_data-2024-02-29-p0123456.parquet",
      "sensor_data-2024-02-29-p1e3.parquet",
      "sensor_data-2024-02-29.parquet",
      "sensor_data-2024-02-28-p1.parquet",
      "aggregated_sensor_data-2024-02-29-p1.parquet",
      "../sensor_data-2024-02-29-p1.parquet",
      "sensor_data-2024-02-29-p1.parquet.json"
    ]) {
      assert.isUndefined(dayFileNamed("sensor_data", DAY, name), name)
    }
  })
})
