import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import {
  type CatalogDataset,
  describeColumns,
  schemaUsed,
  UNDESCRIBED
} from "../../src/domain/catalogue/CatalogueDataset.js"
import { titleOf } from "../../src/domain/catalogue/CatalogueEdits.js"
import { DATASETS } from "../../src/domain/catalogue/DatasetDescriptions.js"
import { micros } from "../../src/domain/Time.js"
import { age, valueText, whole } from "../../src/web/core/Figures.js"
import { escapeHtml, html, query } from "../../src/web/core/Html.js"
import { prose } from "../../src/web/core/Layout.js"
import * as Pages from "../../src/web/Pages.js"

const HOSTILE = `"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;\u0000\u202e`

const dataset = (name: string): CatalogDataset => {
  const definition = DATASETS.find((candidate) => candidate.name === name)
  if (definition === undefined) return assert.fail(`there is no ${name}`)
  const columns = describeColumns(
    definition,
    definition.columns.map((column) => ({ name: column.name, type: "DOUBLE", nullable: true }))
  )
  return {
    id: definition.id,
    dataset_name: definition.name,
    schema_used: schemaUsed(columns),
    data_types: "",
    description: definition.description,
    application: definition.application,
    lineage: definition.lineage,
    made_from: definition.madeFrom,
    columns,
    row_count: 1_234_567,
    start_time: "2026-11-22T10:00:00.123456Z",
    end_time: "2026-11-23T10:00:00.123456Z",
    formats: definition.formats,
    title: titleOf(definition.name),
    ...UNDESCRIBED
  }
}
const all = DATASETS.map(({ name }) => dataset(name))
const list = (view: Partial<Pages.CatalogView> = {}) =>
  Pages.renderCatalog({ datasets: all, total: all.length, search: "", skip: 0, limit: 100, ...view })

const OPENED = { origin: "http://127.0.0.1:8000", lineage: Pages.lineageNodes("sensor_data") }

const NOW = micros(1_800_000_000_000_000)
const sensor: Pages.NowSensor = {
  id: 1,
  name: null,
  type: "temperature",
  description: "Main Entrance",
  unit: "C",
  intervalMs: 1_000,
  retired: false,
  state: "running",
  last: { value: 21.123456789, occurredAt: micros(NOW - 500_000) }
}
const now = (view: Partial<Pages.NowView> = {}) =>
  Pages.renderNow({
    now: NOW,
    sensors: [sensor],
    sensorsTotal: 1,
    readings: 10,
    rejected: 0,
    quality: null,
    trouble: null,
    ...view
  })

/** No tag of the page was opened by what was put into it, and nothing runs. */
const harmless = (page: string) => {
  // Of scripts there are our own files, and data that nothing runs.
  assert.notMatch(
    page,
    /<script(?! type="module" src="\/assets\/[a-z]+\.js"><\/script>| type="application\/)/
  )
  assert.notInclude(page, "<img")
  const tags = page.replace(/"[^"]*"/g, '""')
  assert.notMatch(tags, /<[^>]*\son[a-z]+\s*=/)
  assert.notMatch(tags, /<[^>]*\sstyle\s*=/)
  assert.notInclude(page, "\u0000")
  assert.notMatch(page, /href="(?!\/|#|data:image\/svg\+xml,)/)
}

describe("the sensors of the start page", () => {
  const many = Array.from({ length: 100 }, (_, i) => ({ ...sensor, id: i + 1 }))
  const counts = { all: 3_000, fresh: 2_600, gone: 300, over: 310, derived: 0, newest: NOW }
  const list = { find: "", skip: 100, matches: 3_000, most: 100 }

  it("are counted all, and listed by the page, with a field to find one", () => {
    const page = now({ sensors: many, counts, list, sensorsTotal: 3_000 })
    assert.include(page, "2,600 of 2,690")
    assert.include(page, "101 to 200 of 3,000, the worst first")
    assert.include(page, 'href="/">← Worse')
    assert.include(page, 'href="/?skip=200">Better →')
    assert.include(page, 'data-filter="sensors"')
    const none = now({ sensors: [], counts, list: { ...list, find: "<b>", skip: 0, matches: 0 } })
    assert.include(none, "No sensor has <strong><bdi>&lt;b&gt;</bdi></strong>")
    assert.notInclude(now(), "Find a sensor")
  })

  it("has plain words for a clock that is ahead", () => {
    const ahead = { ...sensor, last: { value: 1, occurredAt: micros(NOW + 7_200_000_000) } }
    const page = now({ sensors: [ahead] })
    assert.include(page, "2 h ahead")
    assert.include(page, 'The clock of <a href="/sensors/1"><bdi>Main Entrance</bdi></a> is ahead')
    assert.notInclude(now(), "is ahead")
  })
})

describe("the template", () => {
  it("escapes text, keeps HTML, joins arrays, and drops what is not there", () => {
    const page = html`<p title="${'"'}">${"<b>"}${html`<i>${"&"}</i>`}${["a", 1]}${null}${false}${undefined}</p>`
    assert.strictEqual(page.text, `<p title="&quot;">&lt;b&gt;<i>&amp;</i>a1</p>`)
  })

  it("never lets text out of an element or a quoted attribute", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: "binary" }), (text) =>
        ["<", ">", '"', "'", "\u0000"].every((character) => !escapeHtml(text).includes(character))
      )
    )
  })

  it("writes query strings of what is there", () => {
    assert.strictEqual(
      query({ search: "a&b=c d", skip: 0, none: undefined, empty: "" }),
      "?search=a%26b%3Dc%20d&skip=0"
    )
    assert.strictEqual(query({}), "")
  })
})

describe("numbers and times", () => {
  it("are written short", () => {
    assert.strictEqual(whole(1_234_567), "1,234,567")
    assert.deepStrictEqual([21.123456789, 0, -0.00001, 1e12, 100].map(valueText), [
      "21.1235",
      "0",
      "-1.000e-5",
      "1.000e+12",
      "100"
    ])
    assert.deepStrictEqual([0, 119e6, 120e6, 7_199e6, 7_200e6, 172_800e6, -5, -1e6].map(age), [
      "0 s ago",
      "119 s ago",
      "2 min ago",
      "119 min ago",
      "2 h ago",
      "2 d ago",
      "0 s ago",
      "in the future"
    ])
  })
})

describe("the catalogue", () => {
  it("lists each data set with its rows, span and a link, on every page that is harmless", () => {
    const page = list()
    for (const { name } of DATASETS) assert.include(page, `href="/catalog/${name}"`)
    assert.include(page, "1,234,567")
    assert.include(page, "2026-11-22 10:00:00")
    assert.include(page, `href="${Pages.STYLES_PATH}"`)
    harmless(page)
  })

  it("keeps the search in its box and in the links to other pages", () => {
    const page = list({
      search: "a b",
      column: "unit",
      skip: 2,
      limit: 2,
      total: 5,
      datasets: all.slice(2, 4)
    })
    assert.include(page, `value="a b"`)
    assert.include(page, `rel="prev" href="/catalog?search=a%20b&amp;column=unit&amp;skip=0"`)
    assert.include(page, `rel="next" href="/catalog?search=a%20b&amp;column=unit&amp;skip=4"`)
    assert.include(page, "3–4")
    assert.notInclude(list(), `rel="next"`)
  })

  it("says so when nothing matches, and repeats no markup of the search", () => {
    const page = list({ search: HOSTILE, datasets: [], total: 0 })
    assert.include(page, "No data set has")
    harmless(page)
  })

  it("opens a data set with every column, its meaning, its lineage and sample rows", () => {
    const rows = [
      {
        id: 1,
        sensor_id: 2,
        timestamp: "2026-11-22T10:00:00.123456Z",
        value: 21.5,
        lat: null,
        description: HOSTILE,
        unit: HOSTILE
      }
    ]
    const page = Pages.renderDataset({ ...OPENED, dataset: dataset("sensor_data"), rows })
    for (const column of dataset("sensor_data").columns) {
      assert.include(page, `<code>${column.name}</code>`)
      assert.include(page, prose(column.description).text)
    }
    assert.include(page, `href="/catalog/events"`)
    assert.include(page, "21.5")
    harmless(page)
    harmless(Pages.renderDataset({ ...OPENED, dataset: dataset("rejected_messages"), rows: [] }))
  })
})

describe("the start page", () => {
  it("shows each sensor's last value, unit and age, and leads on", () => {
    const page = now()
    for (const part of ["Main Entrance", "21.1235", "°C", "0 s ago", "1 of 1"]) assert.include(page, part)
    for (const href of [
      "/docs/",
      "/data/",
      "/aggregated_data/",
      "/catalog",
      "/explore",
      "/quality",
      "/operations",
      "/health"
    ])
      assert.include(page, `href="${href}"`)
    harmless(page)
  })

  it("keeps sensors of which nothing is expected apart from those that report", () => {
    const rows = (page: string) => [...page.matchAll(/data-sensor="(\d+)"/g)].map(([, id]) => id)
    const page = now({ sensors: [sensor, { ...sensor, id: 2, retired: true }], sensorsTotal: 2 })
    const [reporting = "", over = ""] = page.split("<details>")
    assert.deepStrictEqual([rows(reporting), rows(over)], [["1"], ["2"]])
    assert.include(over, "1 gone or retired")
    // Where none reports, nothing is folded away.
    assert.include(now({ sensors: [{ ...sensor, retired: true }] }), "<details open>")
  })

  it("tells late, parked, silent and retired sensors from fresh ones, in words", () => {
    const late = { ...sensor, last: { value: 1, occurredAt: micros(NOW - 61_000_000) } }
    const states = [
      late,
      { ...sensor, state: "parked" as const },
      { ...sensor, last: null },
      { ...sensor, retired: true }
    ]
    const page = now({ sensors: states, sensorsTotal: 9 })
    for (const state of ["late", "parked", "silent", "retired"])
      assert.include(page, `<span class="state ${state}" data-state>${state}`)
    assert.include(page, "0 of 3")
    assert.include(page, "All 9 sensors")
  })

  it("has derived sensors as that, with their newest minute, and counts them apart", () => {
    const derived = { ...sensor, id: 2, state: null, derived: true }
    const page = now({ sensors: [sensor, derived, { ...derived, id: 3, last: null }], sensorsTotal: 3 })
    assert.include(page, `<span class="state derived" data-state>derived`)
    assert.include(page, "1 of 1")
    assert.include(page, "2 derived")
    for (const part of ["silent", "never"]) assert.notInclude(page, part)
  })

  it("is harmless whatever a sensor says of itself", () => {
    const hostile = { ...sensor, name: HOSTILE, type: HOSTILE, description: HOSTILE, unit: HOSTILE }
    harmless(now({ sensors: [hostile], trouble: HOSTILE }))
  })

  it("never rounds a score up to 100", () => {
    const quality = {
      completeness: 99.999,
      validity: 100,
      accuracy: null,
      consistency: 0,
      timeliness: 50.04,
      uniqueness: 100,
      integrity: 100
    }
    const page = now({ quality })
    for (const shown of ["99.9 %", "100 %", "0.0 %", "50.0 %"]) assert.include(page, `<dd>${shown}`)
    harmless(page)
    assert.include(now({ sensors: [], sensorsTotal: 0 }), "No sensor has been seen yet")
  })
})

it("the styles load nothing from elsewhere", () => {
  assert.notMatch(Pages.styles, /url\(|@import|https?:/)
})
