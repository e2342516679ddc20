/** Every surface of every data set, held to its descriptor: a column that one of them forgets fails here. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { migrations } from "../../../migrations/index.js"
import { AnnotationAnswer } from "../../../src/api/annotations/AnnotationsGroup.js"
import { Aggregate } from "../../../src/api/data/AggregateContract.js"
import { Reading } from "../../../src/api/data/ReadingContract.js"
import { AuditRow } from "../../../src/api/system/AuditGroup.js"
import { Import, LogEvent, RefusedClient, Rejected } from "../../../src/api/system/LogGroup.js"
import { DATASETS } from "../../../src/domain/catalogue/DatasetDescriptions.js"
import { LINEAGE } from "../../../src/domain/catalogue/Lineage.js"
import { AGGREGATES, DAYS, HOURS, LOCAL_TIME } from "../../../src/domain/dataset/AggregatesDataset.js"
import type { ColumnKind } from "../../../src/domain/dataset/Column.js"
import { takenBy } from "../../../src/domain/dataset/Dataset.js"
import { ALL_DATASETS, DATASET_NAMES, STORED_DATASETS } from "../../../src/domain/dataset/Datasets.js"
import { CHECKED_READING_COLUMNS, READINGS } from "../../../src/domain/dataset/ReadingsDataset.js"
import { AGGREGATE_COLUMNS, READING_COLUMNS } from "../../../src/domain/suite/ExpectationRows.js"
import { ENTITY_SETS } from "../../../src/odata/EntitySets.js"

interface Documented {
  readonly properties: Readonly<
    Record<string, { readonly description?: string; readonly examples?: unknown }>
  >
}
/** As it was recorded: another test holds the record to the contract. */
const document: { readonly components: { readonly schemas: Readonly<Record<string, Documented>> } } =
  JSON.parse(readFileSync("test/api/openapi.json", "utf8"))

const namesOf = (columns: ReadonlyArray<{ readonly name: string }>) => columns.map(({ name }) => name)

const isNull = (ast: AST.AST) => AST.isLiteral(ast) && ast.literal === null
const partsOf = (ast: AST.AST): ReadonlyArray<AST.AST> => (AST.isUnion(ast) ? ast.types : [ast])

/** What JSON has for a kind. */
const tagsOf: Readonly<Record<ColumnKind, ReadonlyArray<string>>> = {
  integer: ["NumberKeyword"],
  number: ["NumberKeyword"],
  time: ["StringKeyword"],
  text: ["StringKeyword", "Literal"],
  boolean: ["BooleanKeyword"],
  binary: ["StringKeyword"],
  json: ["ObjectKeyword", "TupleType"]
}
const tagOf = (ast: AST.AST): string => (AST.isRefinement(ast) ? tagOf(ast.from) : ast._tag)

const CONTRACT: Readonly<Record<string, Schema.Schema.AnyNoContext>> = {
  sensor_data: Reading,
  aggregated_sensor_data: Aggregate,
  rejected_messages: Rejected,
  events: LogEvent,
  imports: Import,
  refused_clients: RefusedClient,
  annotations: AnnotationAnswer,
  audit: AuditRow
}

const hasWords = (columns: ReadonlyArray<{ readonly name: string; readonly description: string }>) => {
  assert.strictEqual(new Set(namesOf(columns)).size, columns.length)
  for (const { description, name } of columns) {
    assert.notStrictEqual(description, "", name)
    assert.match(name, /^[a-z][a-z0-9_]*$/)
  }
}

describe("every data set", () => {
  it("is listed once", () => {
    assert.deepStrictEqual(namesOf(STORED_DATASETS), [...DATASET_NAMES])
    assert.deepStrictEqual(
      STORED_DATASETS.map(({ id }) => id),
      STORED_DATASETS.map((_, index) => index + 1)
    )
    assert.includeMembers(namesOf(ALL_DATASETS), [...DATASET_NAMES])
    assert.strictEqual(
      new Set(ALL_DATASETS.map(({ path, query }) => [path, query].join("?"))).size,
      ALL_DATASETS.length
    )
    // The answers of sensors are nested: EntitySets.test.ts holds those. Hours and days are answered as aggregates.
    const others = ["sensors", HOURS.name, DAYS.name]
    assert.sameMembers([...Object.keys(CONTRACT), ...others], namesOf(ALL_DATASETS))
  })

  for (const { application, columns, description, entity, grain, key, name } of ALL_DATASETS) {
    it(`${name}: has words for all of it, and columns of names that are its own`, () => {
      for (const text of [description, application, grain]) assert.notStrictEqual(text, "")
      hasWords(columns)
      assert.includeMembers(namesOf(columns), [...key])
    })

    const schema = CONTRACT[name]
    if (schema === undefined) continue
    it(`${name}: is what the contract and its document have`, () => {
      const fields = AST.getPropertySignatures(schema.ast)
      assert.deepStrictEqual(
        fields.map((field) => String(field.name)),
        namesOf(columns)
      )
      const properties = document.components.schemas[entity]?.properties ?? {}
      for (const [index, column] of columns.entries()) {
        const types = partsOf(fields[index]?.type ?? AST.neverKeyword)
        assert.strictEqual(types.some(isNull), column.nullable, column.name)
        for (const type of types.filter((one) => !isNull(one)))
          assert.include(tagsOf[column.kind], tagOf(type))
        const { description, examples } = properties[column.name] ?? {}
        assert.include(String(description), column.answer ?? column.description)
        if (column.example !== undefined) assert.deepStrictEqual(examples, [column.example])
      }
    })
  }

  for (const { name, stored } of STORED_DATASETS) {
    it(`${name}: is what the catalogue and lineage have`, () => {
      const definition = DATASETS.find((one) => one.name === name)
      assert.deepStrictEqual(definition?.columns, stored.columns)
      hasWords(stored.columns)
      for (const place of stored.newest.split(", ")) {
        assert.include(namesOf(stored.columns), place.replace(" DESC", ""))
      }
      for (const { expression, name: column } of stored.columns) {
        if (!stored.view) continue
        const made = LINEAGE.columns.find((one) => one.column === `${name}.${column}`)
        assert.isAbove(made?.made_from.length ?? 0, 0, column)
        for (const [alias] of takenBy(expression ?? "")) assert.property(stored.tables, alias)
      }
    })
  }
})

describe("the columns of readings and aggregates", () => {
  const SETS = [
    [READINGS, [], ENTITY_SETS.readings],
    [AGGREGATES, [], ENTITY_SETS.aggregates],
    [HOURS, [LOCAL_TIME], ENTITY_SETS.aggregates_1h],
    [DAYS, [LOCAL_TIME], ENTITY_SETS.aggregates_1d]
  ] as const

  for (const [dataset, more, set] of SETS) {
    it(`${dataset.name}: are those of OData, which has the local time of hours and days too`, () => {
      const columns = [...dataset.columns, ...more]
      for (const [index, { kind, name, nullable }] of columns.entries()) {
        const property = set.properties[index]
        assert.strictEqual(property?.name, name)
        assert.strictEqual(property?.nullable, nullable, name)
        assert.strictEqual(property?.type._tag === "Primitive" && property.type.kind, kind, name)
      }
      assert.lengthOf(set.properties, columns.length)
    })
  }

  it("are those that expectations see", () => {
    const kinds = (all: ReadonlyArray<{ readonly name: string; readonly kind: ColumnKind }>) =>
      all.map(({ kind, name }) => [name, kind])
    assert.deepStrictEqual(Object.entries(AGGREGATE_COLUMNS), kinds(AGGREGATES.columns))
    assert.deepStrictEqual(Object.entries(READING_COLUMNS), kinds(CHECKED_READING_COLUMNS))
    assert.sameMembers(namesOf(CHECKED_READING_COLUMNS), [...namesOf(READINGS.columns), "lag_ms"])
  })

  /** What a view selects: the name of each column, and what makes it. */
  const selectedBy = (view: string): ReadonlyArray<readonly [string | undefined, string]> => {
    const [select = ""] = view.slice(view.indexOf("SELECT") + 6).split(/\n {2}FROM /)
    return [...select.matchAll(/\s*([\s\S]*?) AS ["`]?(\w+)["`]?(?:,(?=\s)|\s*$)/g)].map(
      ([, expression = "", column]) => [column, expression.replaceAll(/\s+/g, " ")]
    )
  }

  for (const { name, stored } of STORED_DATASETS.filter(({ stored }) => stored.view)) {
    it(`${name}: are made in SQL by the expressions that the last migration of the view has`, () => {
      const made = migrations.findLast(({ sqlite }) => sqlite.includes(`CREATE VIEW IF NOT EXISTS ${name} `))
      assert.deepStrictEqual(
        selectedBy(made?.sqlite ?? ""),
        stored.columns.map(({ expression = "", name: column }) => [column, expression])
      )
    })

    it(`${name}: are made so in MySQL too`, () => {
      const made = migrations.findLast(({ mysql }) => mysql.includes(`CREATE OR REPLACE VIEW ${name} `))
      assert.deepStrictEqual(
        selectedBy(made?.mysql ?? ""),
        stored.columns.map(({ expression = "", mysql, name: column }) => [column, mysql ?? expression])
      )
    })
  }
})
