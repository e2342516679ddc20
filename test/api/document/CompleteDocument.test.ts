/**
 * The document of the contract: whole, and known. It is walked as it is, so that a field or route that comes is held
 * to the same.
 */
import { fileURLToPath } from "node:url"
import * as OpenApi from "@effect/platform/OpenApi"
import { assert, describe, expect, it } from "@effect/vitest"
import { PROBLEMS } from "../../../src/api/core/Problem.js"
import { TidemarkApi } from "../../../src/api/TidemarkApi.js"

type Json = Readonly<Record<string, unknown>>
const isJson = (input: unknown): input is Json =>
  typeof input === "object" && input !== null && !Array.isArray(input)

const spec = OpenApi.fromApi(TidemarkApi) as unknown as Json

interface Named {
  readonly where: string
  readonly node: Json
  readonly schema: Json
}

const textOf = (input: unknown): string => (typeof input === "string" ? input : "")

/** Every property of every schema, and every parameter and header, wherever they stand. */
const namedIn = (input: unknown, where: string): ReadonlyArray<Named> => {
  if (Array.isArray(input)) return input.flatMap((one, i) => namedIn(one, `${where}/${i}`))
  if (!isJson(input)) return []
  const own: Array<Named> = []
  for (const [name, schema] of Object.entries(isJson(input.properties) ? input.properties : {})) {
    if (isJson(schema)) own.push({ where: `${where}/${name}`, node: schema, schema })
  }
  if (typeof input.in === "string" && isJson(input.schema)) {
    own.push({ where: `${where}/${textOf(input.name)}`, node: input, schema: input.schema })
  }
  for (const [name, header] of Object.entries(isJson(input.headers) ? input.headers : {})) {
    if (isJson(header) && isJson(header.schema)) {
      own.push({ where: `${where}/${name}`, node: header, schema: header.schema })
    }
  }
  return [...own, ...Object.entries(input).flatMap(([key, value]) => namedIn(value, `${where}/${key}`))]
}

/** The schema and its parts, references followed. */
const partsOf = (schema: Json): ReadonlyArray<Json> => {
  const ref = textOf(schema.$ref).split("/").slice(1)
  const target = ref.reduce<unknown>((at, key) => (isJson(at) ? at[key] : undefined), spec)
  const own = ref.length > 0 && isJson(target) ? [target] : [schema]
  const within = ["anyOf", "allOf", "oneOf"].flatMap((key) => {
    const parts = schema[key]
    return Array.isArray(parts) ? parts.filter(isJson) : []
  })
  const items = isJson(schema.items) ? [schema.items] : []
  return [...own, ...[...within, ...items].flatMap(partsOf)]
}

const isNumeric = (schema: Json) =>
  partsOf(schema).some(({ type }) => type === "number" || type === "integer")
const isComposite = (schema: Json) => partsOf(schema).some(({ properties }) => isJson(properties))

const named = namedIn(spec, "")
const bare = (fails: (one: Named) => boolean) => named.filter(fails).map(({ where }) => where)

interface Operation {
  readonly where: string
  readonly operation: Json
}
const operations: ReadonlyArray<Operation> = Object.entries(isJson(spec.paths) ? spec.paths : {}).flatMap(
  ([path, item]) =>
    Object.entries(isJson(item) ? item : {}).flatMap(([method, operation]) =>
      isJson(operation) ? [{ where: `${method} ${path}`, operation }] : []
    )
)

describe("the document", () => {
  it("is OpenAPI 3.1", () => {
    assert.match(textOf(spec.openapi), /^3\.1\./)
    assert.isAbove(named.length, 300)
  })

  it("describes every field, parameter and header in words", () => {
    assert.deepStrictEqual(
      bare(({ node }) => textOf(node.description).trim().length < 3),
      []
    )
  })

  it("gives every number a unit, or says that it has none", () => {
    assert.deepStrictEqual(
      bare(({ schema }) => isNumeric(schema) && !isComposite(schema) && textOf(schema["x-unit"]) === ""),
      [],
      "name its unit in src/api/document/DocumentFacts.ts"
    )
  })

  it("gives an example of every value that is not made of others", () => {
    assert.deepStrictEqual(
      bare(
        ({ schema }) =>
          !isComposite(schema) && !(Array.isArray(schema.examples) && schema.examples.length > 0)
      ),
      [],
      "give one in the schema, or in src/api/document/DocumentFacts.ts"
    )
  })

  it("has a name, a tag, words and described answers for every operation", () => {
    const ids = operations.map(({ operation }) => textOf(operation.operationId))
    assert.strictEqual(new Set(ids).size, ids.length)
    const tags = new Set((spec.tags as ReadonlyArray<Json>).map(({ name }) => name))
    for (const { operation, where } of operations) {
      assert.match(textOf(operation.operationId), /^\w+\.\w+$/, where)
      assert.isNotEmpty(textOf(operation.summary), where)
      const own = operation.tags as ReadonlyArray<string>
      assert.isTrue(own.length > 0 && own.every((tag) => tags.has(tag)), where)
      for (const [status, response] of Object.entries(
        isJson(operation.responses) ? operation.responses : {}
      )) {
        assert.isAbove(isJson(response) ? textOf(response.description).length : 0, 3, `${where} ${status}`)
      }
    }
    for (const tag of spec.tags as ReadonlyArray<Json>) assert.isNotEmpty(textOf(tag.description))
  })

  it("describes every schema, and names every kind of problem", () => {
    const { schemas } = spec.components as { readonly schemas: Readonly<Record<string, Json>> }
    assert.deepStrictEqual(
      Object.entries(schemas).flatMap(([name, schema]) => (textOf(schema.description) === "" ? [name] : [])),
      []
    )
    const properties = schemas.Problem?.properties
    assert.deepStrictEqual(
      isJson(properties) && isJson(properties.type) ? properties.type["x-extensible-enum"] : [],
      Object.keys(PROBLEMS).map((kind) => `urn:tidemark:problem:${kind}`)
    )
  })

  it("has each path once, whatever its parameters are called", () => {
    const paths = Object.keys(spec.paths as Json)
    const shapes = paths.map((path) => path.replace(/\{[^}]+\}/g, "{}"))
    assert.strictEqual(new Set(shapes).size, paths.length)
    for (const { operation, where } of operations) {
      const wanted = [...where.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name)
      const given = (operation.parameters as ReadonlyArray<Json>).filter(({ in: place }) => place === "path")
      assert.deepStrictEqual(
        given.map(({ name }) => name),
        wanted,
        where
      )
    }
  })

  // The name says what to do, as it is what a failure shows.
  it("is the one that clients know (a change that is meant: npm run contract)", async () => {
    const known = fileURLToPath(new URL("../openapi.json", import.meta.url))
    await expect(`${JSON.stringify(spec, null, 2)}\n`).toMatchFileSnapshot(known)
  })
})
