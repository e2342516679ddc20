/** The stages of the pipeline are held to the code: to the SQL of its files, and to the views of the migrations. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { migrations } from "../../../migrations/index.js"
import { DATASET_NAMES, DATASETS } from "../../../src/domain/catalogue/DatasetDescriptions.js"
import { LINEAGE, lineageOf } from "../../../src/domain/catalogue/Lineage.js"
import { BOOKKEEPING, findStage, STAGES, STORES, STREAMS } from "../../../src/domain/catalogue/Pipeline.js"
import { lineageText, madeOf, upstreamOf } from "../../../src/domain/catalogue/Provenance.js"

const files = readdirSync("src", { recursive: true, encoding: "utf8" })
  .map((path) => join("src", path).replaceAll("\\", "/"))
  // Simulations break tables on purpose, and check them.
  .filter((path) => path.endsWith(".ts") && !path.startsWith("src/sim/"))
  .map((path) => ({ path, text: readFileSync(path, "utf8") }))

const WRITES = /\b(?:(?:INSERT|REPLACE) INTO|DELETE FROM|(?<!KEY )UPDATE)\s+([a-z_]{4,})/g
const READS = /(?<!DELETE )\b(?:FROM|JOIN)\s+([a-z_]{4,})/g
const tables: ReadonlySet<string> = new Set(STORES)

const named = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, table = ""]) => table)
const inCode = (code: ReadonlyArray<string>, path: string) =>
  code.some((place) => path === place || path.startsWith(`${place}/`))
const sqlOf = (code: ReadonlyArray<string>, pattern: RegExp) =>
  new Set(files.filter(({ path }) => inCode(code, path)).flatMap(({ text }) => named(text, pattern)))

const isTable = (flow: string) => tables.has(flow)
const sorted = (names: Iterable<string>) => [...new Set(names)].filter(isTable).sort()

/** What a stage reads through a port, and not by SQL of its own: the file that does, and the port that it imports. */
const THROUGH_PORTS: Readonly<Record<string, readonly [store: string, file: string, port: string]>> = {
  catalogue: ["catalogue_events", "src/projections/catalogue/Catalogue.ts", "eventlog/CatalogueLog"]
}

/** Copies the log of another database as it is, or drops what a lake has a copy of: no stage of a reading's way. */
const COPIES: ReadonlyArray<string> = ["src/backup/RestoreBackup.ts", "src/lake/cold/DropDays.ts"]

/** The stages with SQL of their own in src. */
const inSql = STAGES.filter(({ code }) => sqlOf(code, WRITES).size > 0)

describe("the pipeline", () => {
  it("names each table that any file writes, and the stage that does it", () => {
    const stray = files.flatMap(({ path, text }) =>
      (COPIES.includes(path) ? [] : named(text, WRITES))
        .filter((table) => !BOOKKEEPING.some((one) => one === table))
        .filter(
          (table) =>
            !STAGES.some(({ code, writes }) => inCode(code, path) && writes.some((one) => one === table))
        )
        .map((table) => `${path} writes ${table}: name it at a stage of src/domain/catalogue/Pipeline.ts`)
    )
    assert.deepStrictEqual(stray, [])
    assert.isAtLeast(inSql.length, 4)
  })

  it("names nothing that the code of a stage leaves alone", () => {
    for (const { code, consults = [], id, reads, writes } of inSql) {
      const returned = new Set(["sensor_data", "aggregated_sensor_data", "aggregates_1h", "aggregates_1d"])
      assert.deepStrictEqual(sorted(sqlOf(code, WRITES)), sorted(writes), `${id} writes`)
      const [store, file, port = ""] = THROUGH_PORTS[id] ?? []
      const imported = files.some(({ path, text }) => path === file && text.includes(port))
      const read = [...sqlOf(code, READS), ...(store !== undefined && imported ? [store] : [])].filter(
        (table) => !returned.has(table)
      )
      assert.deepStrictEqual(sorted(read), sorted([...reads, ...consults]), `${id} reads`)
    }
  })

  it("has code where it says", () => {
    for (const { code } of STAGES) {
      for (const place of code) {
        assert.isTrue(place === "migrations" || files.some(({ path }) => inCode([place], path)), place)
      }
    }
  })

  it("has no dead end: each flow is made by a stage or comes from outside", () => {
    for (const flow of [...STREAMS, ...STORES]) {
      const made = STAGES.some(({ writes }) => writes.includes(flow))
      assert.strictEqual(made, flow !== "devices" && flow !== "people", flow)
    }
  })
})

const ALIASES: Readonly<Record<string, string>> = {
  e: "events",
  v: "sensor_versions",
  m: "sensor_minutes",
  s: "sensors"
}

/** What a view's SQL itself says: its tables, and the columns that each of its columns is made of. */
const parsedView = (name: string) => {
  // As the last migration made it.
  const made = migrations.findLast(({ sqlite }) => sqlite.includes(`CREATE VIEW IF NOT EXISTS ${name} `))
  const text = made?.sqlite ?? ""
  const [select = "", rest = ""] = text.slice(text.indexOf("SELECT") + 6).split(/\n {2}FROM /)
  const columns = select
    .split(/ AS "?\w+"?(?:,|\s*$)/)
    .map((expression) =>
      [...expression.matchAll(/\b([evms])\.(\w+)/g)].map(
        ([, alias = "", column]) => `${ALIASES[alias]}.${column}`
      )
    )
  const names = [...select.matchAll(/ AS "?(\w+)"?(?=,|\s*$)/g)].map(([, column]) => `${name}.${column}`)
  return {
    tables: sorted(
      [...`FROM ${rest}`.matchAll(/\b(?:FROM|JOIN) (\w+) [evms]\b/g)].map(([, table = ""]) => table)
    ),
    columns: Object.fromEntries(names.map((column, i) => [column, [...new Set(columns[i] ?? [])].sort()]))
  }
}

describe("the views", () => {
  for (const name of ["sensor_data", "aggregated_sensor_data"]) {
    it(`${name} is made as its SQL says, column by column`, () => {
      const stage = findStage(name)
      const parsed = parsedView(name)
      assert.isAbove(Object.keys(parsed.columns).length, 10)
      assert.deepStrictEqual(sorted(stage?.reads ?? []), parsed.tables)
      const said = Object.entries(stage?.columns ?? {}).map(([column, from]) => [column, [...from].sort()])
      assert.deepStrictEqual(Object.fromEntries(said), parsed.columns)
    })

    it(`${name} has the columns that the catalogue describes`, () => {
      const definition = DATASETS.find((dataset) => dataset.name === name)
      assert.deepStrictEqual(
        Object.keys(findStage(name)?.columns ?? {}),
        definition?.columns.map((column) => `${name}.${column.name}`)
      )
    })
  }
})

describe("lineage", () => {
  it("leads from the device to the file", () => {
    const graph = lineageOf("export:aggregated_sensor_data:CSV")
    const ids = graph.nodes.map(({ id }) => id)
    assert.includeMembers(ids, [
      ...["devices", "people", "stage:receive", "messages", "stage:decode", "items", "stage:append"],
      ...["events", "stage:minutes", "sensor_minutes", "stage:aggregated_sensor_data"],
      ...["aggregated_sensor_data", "export:aggregated_sensor_data:CSV"]
    ])
    assert.notInclude(ids, "sensor_data")
    // The definitions of derived sensors, and not what is made of the other words.
    assert.include(ids, "catalogue_events")
    assert.notInclude(ids, "metadata")
  })

  it("has edges between nodes alone, and an export for each format of each data set", () => {
    const ids = new Set(LINEAGE.nodes.map(({ id }) => id))
    assert.strictEqual(ids.size, LINEAGE.nodes.length)
    assert.isTrue(LINEAGE.edges.every(({ from, to }) => ids.has(from) && ids.has(to)))
    for (const { formats, name } of DATASETS) {
      for (const { format } of formats) assert.isTrue(ids.has(`export:${name}:${format}`))
    }
  })

  it("says in words what a data set is made of", () => {
    const madeFrom = Object.fromEntries(DATASET_NAMES.map((name) => [name, madeOf(name, DATASET_NAMES)]))
    assert.deepStrictEqual(madeFrom, {
      sensor_data: ["sensors", "events"],
      aggregated_sensor_data: ["sensors", "events"],
      sensors: ["events"],
      rejected_messages: [],
      events: [],
      aggregates_1h: ["sensors", "events"],
      aggregates_1d: ["sensors", "events"],
      annotations: []
    })
    const text = lineageText("aggregated_sensor_data")
    assert.include(text, "devices → receive → messages")
    assert.include(text, "events → fold minutes → sensor_minutes, sensors")
    assert.notInclude(upstreamOf("events").flows, "events")
  })
})
