/** What `$metadata` says, held against the schemas of the JSON contract. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { AnnotationAnswer } from "../../src/api/annotations/AnnotationsGroup.js"
import { Aggregate } from "../../src/api/data/AggregateContract.js"
import { Reading } from "../../src/api/data/ReadingContract.js"
import { Sensor } from "../../src/api/sensors/SensorContract.js"
import { CatalogDataset } from "../../src/domain/catalogue/CatalogueDataset.js"
import { csdl } from "../../src/odata/Csdl.js"
import type { Property } from "../../src/odata/Edm.js"
import { ENTITY_SETS } from "../../src/odata/EntitySets.js"

/** What the JSON of hours and days does not have. */
const LocalAggregate = Schema.Struct({ ...Aggregate.fields, local_time: Schema.String })

const SCHEMAS = {
  readings: Reading.ast,
  aggregates: Aggregate.ast,
  aggregates_1h: LocalAggregate.ast,
  aggregates_1d: LocalAggregate.ast,
  sensors: Sensor.ast,
  annotations: AnnotationAnswer.ast,
  datasets: CatalogDataset.ast
}

const isNull = (ast: AST.AST) => AST.isLiteral(ast) && ast.literal === null
const withoutNull = (ast: AST.AST): AST.AST => {
  if (!AST.isUnion(ast)) return ast
  const rest = ast.types.filter((type) => !isNull(type))
  return rest.length === 1 && rest[0] !== undefined ? rest[0] : ast
}
const isNullable = (ast: AST.AST) => AST.isUnion(ast) && ast.types.some(isNull)

const agree = (properties: ReadonlyArray<Property>, ast: AST.AST, where: string): void => {
  const fields = AST.getPropertySignatures(ast)
  assert.deepStrictEqual(
    properties.map(({ name }) => name),
    fields.map(({ name }) => String(name)),
    where
  )
  for (const [index, property] of properties.entries()) {
    const type = fields[index]?.type
    if (type === undefined) continue
    const path = `${where}.${property.name}`
    assert.strictEqual(property.nullable, isNullable(type), path)
    const inner = withoutNull(type)
    const item = AST.isTupleType(inner) ? inner.rest[0]?.type : inner
    assert.strictEqual(property.collection, AST.isTupleType(inner), path)
    if (property.type._tag === "Complex" && item !== undefined) agree(property.type.of.properties, item, path)
  }
}

describe("the model", () => {
  for (const [name, set] of Object.entries(ENTITY_SETS)) {
    it(`has the names and the nullability of the JSON: ${name}`, () => {
      const ast = Object.entries(SCHEMAS).find(([key]) => key === name)?.[1]
      if (ast === undefined) throw new Error(`no schema of ${name}`)
      agree(set.properties, ast, name)
      assert.isTrue(set.unique.includes(set.key))
    })
  }

  it("is described whole, each type once", () => {
    const xml = csdl()
    const named = [...xml.matchAll(/<(?:Entity|Complex)Type Name="(\w+)"/g)].map(([, name]) => name)
    assert.strictEqual(new Set(named).size, named.length)
    for (const [, type = ""] of xml.matchAll(/"(?:Collection\()?Tidemark\.(\w+)/g))
      assert.include(named, type)
    for (const set of Object.keys(ENTITY_SETS)) assert.include(xml, `<EntitySet Name="${set}"`)
    assert.include(xml, 'Name="timestamp" Type="Edm.DateTimeOffset" Nullable="false" Precision="6"')
  })
})
