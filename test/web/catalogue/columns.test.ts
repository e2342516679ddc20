import { assert, describe, it } from "@effect/vitest"
import { describeColumns } from "../../../src/domain/catalogue/CatalogueDataset.js"
import { DATASETS } from "../../../src/domain/catalogue/DatasetDescriptions.js"
import type { FileColumn } from "../../../src/domain/standards/Document.js"
import { columnsSection } from "../../../src/web/catalogue/ColumnTable.js"
import { catalogueLinks, datasetLinks } from "../../../src/web/catalogue/MetadataLinks.js"

const [readings] = DATASETS
const sql =
  readings === undefined
    ? []
    : describeColumns(readings, [
        { name: "id", type: "INTEGER", nullable: false },
        { name: "timestamp", type: "TEXT", nullable: false }
      ])
const file = (name: string): FileColumn => ({
  name,
  kind: "time",
  nullable: true,
  unit: "UTC",
  description: "of the file"
})

describe("the columns of a data set", () => {
  it("say what a column holds beside what the database calls it", () => {
    const text = columnsSection(sql, [], []).text
    assert.include(text, "time, as <code>text</code>")
    assert.include(text, `<span class="type">integer <span`)
  })

  it("are those of the files too, where they differ, and name what is only there", () => {
    const differing = columnsSection(sql, [], [file("id"), file("last_reading_at")]).text
    assert.include(differing, "Columns in SQL")
    assert.include(differing, "Columns of the files and the API</h3>")
    assert.include(
      differing,
      "only here is <code>last_reading_at</code>; only in SQL is <code>timestamp</code>"
    )
    const same = columnsSection(sql, [], [file("timestamp"), file("id")]).text
    assert.include(same, "The files and the API have the same columns.")
    assert.notInclude(same, "Columns in SQL")
  })
})

it("a page of the catalogue leads to the same in every standard", () => {
  for (const path of ["/catalog.jsonld", "/datapackage.json", "/contract.odcs.yaml"])
    for (const links of [catalogueLinks(), datasetLinks("events")])
      assert.include(links.text, `href="${path}"`)
  assert.include(catalogueLinks().text, `href="/lineage/"`)
  for (const path of ["/metadata/events", "/catalog/events.jsonld", "/lineage/?of=events"])
    assert.include(datasetLinks("events").text, `href="${path}"`)
})
