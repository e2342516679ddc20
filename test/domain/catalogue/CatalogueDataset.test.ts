import { assert, describe, it } from "@effect/vitest"
import {
  dataTypes,
  describeColumns,
  findDataset,
  schemaUsed,
  searchDatasets
} from "../../../src/domain/catalogue/CatalogueDataset.js"
import { DATASET_NAMES, DATASETS } from "../../../src/domain/catalogue/DatasetDescriptions.js"

const names = (search: string) => searchDatasets(search).map(({ definition }) => definition.name)

describe("the data sets", () => {
  it("are described in full: every column of every one, and what it is made from", () => {
    assert.deepStrictEqual(
      DATASETS.map(({ name }) => name),
      [...DATASET_NAMES]
    )
    assert.deepStrictEqual(
      DATASETS.map(({ id }) => id),
      [1, 2, 3, 4, 5, 6, 7, 8]
    )
    for (const dataset of DATASETS) {
      assert.isTrue(
        [dataset.description, dataset.application, dataset.lineage].every((text) => text.length > 20)
      )
      assert.strictEqual(new Set(dataset.columns.map(({ name }) => name)).size, dataset.columns.length)
      assert.isTrue(dataset.columns.every(({ description }) => description.length > 0))
      assert.isFalse(dataset.madeFrom.includes(dataset.name))
    }
  })

  it("are found by name, description or column, whatever the case, and by all words", () => {
    assert.deepStrictEqual(names(""), [...DATASET_NAMES])
    assert.deepStrictEqual(names("  STDDEV "), ["aggregated_sensor_data", "aggregates_1h", "aggregates_1d"])
    assert.deepStrictEqual(names("Rejected reason"), ["rejected_messages"])
    assert.deepStrictEqual(names("mqtt TOPIC"), ["rejected_messages"])
    assert.deepStrictEqual(names("%ensor"), [])
    assert.deepStrictEqual(names("<script>"), [])
  })

  it("are looked up by their exact name", () => {
    assert.strictEqual(findDataset("events")?.id, 5)
    assert.isUndefined(findDataset("EVENTS; DROP TABLE events"))
    assert.isUndefined(findDataset("__proto__"))
  })
})

describe("columns", () => {
  const sensorData = findDataset("sensor_data")

  it("take their types from the database, and SQLite's silent ones from what they hold", () => {
    if (sensorData === undefined) return assert.fail("there is no sensor_data")
    const columns = describeColumns(sensorData, [
      { name: "id", type: "", nullable: true },
      { name: "timestamp", type: "datetime(6)", nullable: false },
      { name: "novel", type: "TEXT", nullable: true }
    ])
    assert.strictEqual(schemaUsed(columns), "id, timestamp, novel")
    assert.strictEqual(dataTypes(columns), "id: INTEGER, timestamp: DATETIME(6), novel: TEXT")
    assert.strictEqual(columns[1]?.unit, "UTC")
    assert.strictEqual(columns[2]?.description, "")
  })
})
