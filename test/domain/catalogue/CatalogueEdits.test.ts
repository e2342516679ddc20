import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { findDataset } from "../../../src/domain/catalogue/CatalogueDataset.js"
import {
  mergeEdit,
  NO_EDIT,
  type StoredCatalogueEvent,
  sameEdit,
  titleOf,
  upcastCatalogue,
  WebLink,
  withEdit
} from "../../../src/domain/catalogue/CatalogueEdits.js"

const stored: Array<StoredCatalogueEvent> = JSON.parse(
  readFileSync(new URL("golden-catalogue-events.json", import.meta.url), "utf8")
)
const definition = findDataset("sensor_data")
if (definition === undefined) throw new Error("there is no sensor_data")

describe("the events of the catalogue", () => {
  it("are read as every version has stored them", () => {
    assert.deepStrictEqual(
      stored.map((event) => JSON.parse(JSON.stringify(upcastCatalogue(event)))),
      stored
    )
    assert.deepStrictEqual([...new Set(stored.map(({ type }) => type))].sort(), [
      "AlertRuleSet",
      "AlertsSilenced",
      "DatasetDescribed",
      "SensorCalibrated",
      "SensorDerived",
      "SensorTagged",
      "TermDefined",
      "TermRemoved"
    ])
  })

  it("of a kind that nobody knows are not passed over", () => {
    const [first] = stored
    if (first === undefined) return assert.fail("the golden file is empty")
    assert.throws(() => upcastCatalogue({ ...first, type: "DatasetSold" }))
    assert.throws(() => upcastCatalogue({ ...first, payload: { ...NO_EDIT, colour: "red" } }))
  })
})

describe("a description", () => {
  it("keeps what is not said, and goes back to the program's words on null", () => {
    const first = mergeEdit(definition, NO_EDIT, {
      description: "Ours",
      tags: ["a", "b", "a"],
      columns: [{ name: "value", description: "The probe's" }]
    })
    assert.deepStrictEqual(first, {
      ...NO_EDIT,
      description: "Ours",
      tags: ["a", "b"],
      columns: { value: "The probe's" }
    })
    const second = mergeEdit(definition, first, { owner: "Ann" })
    assert.deepStrictEqual(second, { ...first, owner: "Ann" })
    const third = mergeEdit(definition, second, {
      description: null,
      owner: null,
      tags: [],
      columns: [{ name: "value", description: null }, { name: "id" }, { name: "nothing", description: "x" }]
    })
    assert.isTrue(sameEdit(third, NO_EDIT))
  })

  it("that says what the program says itself says nothing", () => {
    const { application, columns, description } = definition
    const same = mergeEdit(definition, NO_EDIT, {
      title: titleOf("sensor_data"),
      application,
      description,
      columns
    })
    assert.isTrue(sameEdit(same, NO_EDIT))
  })

  it("shows in place of the program's, column by column", () => {
    const edit = { ...NO_EDIT, description: "Ours", columns: { value: "The probe's", __proto__x: "no" } }
    const edited = withEdit(definition, edit)
    assert.strictEqual(edited.description, "Ours")
    assert.strictEqual(edited.application, definition.application)
    assert.deepStrictEqual(
      edited.columns.filter((column, i) => column !== definition.columns[i]).map(({ name }) => name),
      ["value"]
    )
  })

  it("links to the web alone", () => {
    const is = Schema.is(WebLink)
    assert.isTrue(is("https://example.org/a?b=c#d"))
    for (const bad of ["javascript:alert(1)", "data:text/html,x", "//x", "https://", 'https://x/"', "x"]) {
      assert.isFalse(is(bad), bad)
    }
  })
})
