/**
 * The catalogue in public standards, as it is answered over HTTP from real databases: linked data by a JSON-LD
 * library, the others by their schemas, and each by what it says of the files that the server really gives.
 *
 * The schemas in documents.ts are our own reductions. With STANDARD_SCHEMAS set to a folder that holds the public
 * ones (dp-datapackage.json, odcs.json) the documents are checked by those too.
 */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Ajv } from "ajv"
import { Ajv2019 } from "ajv/dist/2019.js"
import formats from "ajv-formats"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import jsonld from "jsonld"
import { parse } from "yaml"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import * as SqlCatalogueLog from "../../../src/eventlog/SqlCatalogueLog.js"
import * as SqlEventLog from "../../../src/eventlog/sql/SqlEventLog.js"
import * as Catalog from "../../../src/projections/catalogue/Catalogue.js"
import { describeDatabases, type TestDatabase } from "../../support/databases.js"
import { append, candidate, T0 } from "../realServer.js"
import { ask, problemFields, put, serverLayer } from "../server.js"
import { DATA_CONTRACT, DATA_PACKAGE, SCHEMA_ORG } from "./documents.js"

const served = (database: TestDatabase) => {
  const log = SqlEventLog.layer().pipe(Layer.provide(database.layer), Layer.orDie)
  const words = Layer.mergeAll(Catalog.layer, SqlCatalogueLog.layer).pipe(
    Layer.provide(SqlCatalogueLog.layer),
    Layer.provide(database.layer),
    Layer.orDie
  )
  return serverLayer({ log, words }).pipe(Layer.provideMerge(log))
}

const AWKWARD = `</script><script>alert("1")</script> 'q' - "k": [x] # \u202Eولد\u202C 🌊\n\t${"long ".repeat(2_000)}end`
const LICENCE = "https://spdx.org/licenses/CC-BY-4.0"

const setUp = Effect.gen(function* () {
  const log = yield* EventLog
  yield* append([
    candidate(1, T0, 20, { unit: "C", type: "temperature", min: -10, max: 40 }),
    candidate(1, T0 + 60_000_000, 21),
    candidate(2, T0, 40, { unit: "%", type: `humidity ${AWKWARD.slice(0, 60)}` })
  ])
  yield* log.head
  const said = {
    title: "Readings <b>&amp;</b>",
    description: AWKWARD,
    owner: "Ann & Co",
    contact: "ann@example.org",
    publisher: "The Lab",
    licence: "CC-BY-4.0",
    tags: ["lab", AWKWARD.slice(0, 64)],
    columns: [{ name: "value", description: AWKWARD }]
  }
  const answer = yield* put("/metadata/sensor_data", said)
  assert.strictEqual(answer.status, 200, answer.text)
})

const offline = async (url: string) => {
  if (!/^https?:\/\/schema\.org\/?$/.test(url)) throw new Error(`${url} is asked for`)
  return { contextUrl: null, document: SCHEMA_ORG, documentUrl: url }
}

interface Triple {
  readonly subject: { readonly value: string }
  readonly predicate: { readonly value: string }
  readonly object: { readonly value: string; readonly datatype?: { readonly value: string } }
}
const triples = (document: unknown) =>
  Effect.promise(async () => {
    const options = { documentLoader: offline, safe: true }
    return (await jsonld.toRDF(document as object, options)) as ReadonlyArray<Triple>
  })
const DCAT = "http://www.w3.org/ns/dcat#"
const DCTERMS = "http://purl.org/dc/terms/"
const TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
const valuesOf = (all: ReadonlyArray<Triple>, predicate: string, subject?: string) =>
  all
    .filter(
      (one) => one.predicate.value === predicate && (subject ?? one.subject.value) === one.subject.value
    )
    .map(({ object }) => object.value)

const checked = (ajv: Ajv | Ajv2019, schema: object, document: unknown) => {
  const addFormats = formats as unknown as (ajv: object) => void
  addFormats(ajv)
  const validate = ajv.compile(schema)
  assert.isTrue(validate(document), JSON.stringify(validate.errors?.slice(0, 5), null, 1))
}

const folder = process.env.STANDARD_SCHEMAS ?? ""
const publicSchema = (name: string): object => JSON.parse(readFileSync(join(folder, name), "utf8"))

const fieldsOf = (document: unknown, name: string): ReadonlyArray<{ name: string; description: string }> => {
  const { resources } = document as { resources: ReadonlyArray<{ name: string; schema: { fields: [] } }> }
  return resources.find((one) => one.name === name)?.schema.fields ?? []
}

describeDatabases("the catalogue in public standards", (database) => {
  it.live("is linked data: DCAT and schema.org, with distributions that the server answers", () =>
    Effect.gen(function* () {
      yield* setUp
      const answer = yield* ask("/catalog.jsonld")
      assert.strictEqual(answer.headers.get("content-type"), "application/ld+json")
      const all = yield* triples(JSON.parse(answer.text))
      const origin = valuesOf(all, `${DCAT}endpointURL`)[0]?.slice(0, -1) ?? ""
      const id = `${origin}/catalog/sensor_data`
      assert.includeMembers(valuesOf(all, TYPE, id), [`${DCAT}Dataset`, "http://schema.org/Dataset"])
      assert.lengthOf(valuesOf(all, `${DCAT}dataset`, `${origin}/catalog`), 8)
      assert.deepStrictEqual(valuesOf(all, `${DCTERMS}license`, id), [LICENCE])
      // Text is text, to the last character.
      assert.deepStrictEqual(valuesOf(all, `${DCTERMS}description`, id), [AWKWARD])
      assert.deepStrictEqual(valuesOf(all, "http://schema.org/description", id), [AWKWARD])
      assert.includeMembers(valuesOf(all, "http://schema.org/unitCode"), [
        "http://qudt.org/vocab/unit/DEG_C",
        "http://qudt.org/vocab/unit/PERCENT",
        "ucum:Cel"
      ])
      const dates = all.filter(({ predicate }) => predicate.value === `${DCAT}startDate`)
      assert.isAtLeast(dates.length, 2)
      for (const { object } of dates) {
        assert.strictEqual(object.datatype?.value, "http://www.w3.org/2001/XMLSchema#dateTime")
      }
      for (const address of valuesOf(all, `${DCAT}downloadURL`)) {
        const path = address.slice(origin.length)
        const head = yield* ask(path, { method: "HEAD" })
        assert.strictEqual(head.status, 200, address)
        const [file] = all.filter(
          ({ object, predicate }) => predicate.value === `${DCAT}downloadURL` && object.value === address
        )
        const [media = ""] = valuesOf(all, `${DCAT}mediaType`, file?.subject.value)
        const type = head.headers.get("content-type")?.split(";")[0] ?? ""
        assert.isTrue(media.endsWith(`/${type}`), `${media} for ${type}`)
      }
    }).pipe(Effect.provide(served(database)))
  )

  it.live("is one document a data set as well", () =>
    Effect.gen(function* () {
      yield* setUp
      const answer = yield* ask("/catalog/sensor_data.jsonld")
      assert.strictEqual(answer.status, 200, answer.text)
      const all = yield* triples(JSON.parse(answer.text))
      assert.lengthOf(valuesOf(all, `${DCAT}downloadURL`), 4)
      assert.deepStrictEqual(valuesOf(all, `${DCTERMS}identifier`), ["sensor_data"])
      problemFields(yield* ask("/catalog/nothing.jsonld"), 404)
      assert.deepStrictEqual(problemFields(yield* ask("/catalog/.jsonld"), 400), ["dataset_name"])
    }).pipe(Effect.provide(served(database)))
  )

  it.live("is a data package, whose fields are just those of the files", () =>
    Effect.gen(function* () {
      yield* setUp
      const document: unknown = JSON.parse((yield* ask("/datapackage.json")).text)
      const files = { sensor_data: "data", aggregated_sensor_data: "aggregated_data", sensors: "sensors" }
      for (const [name, path] of Object.entries({
        ...files,
        rejected_messages: "rejected",
        events: "events",
        aggregates_1h: "aggregated_data",
        aggregates_1d: "aggregated_data",
        annotations: "annotations"
      })) {
        const [header] = (yield* ask(`/${path}.csv`)).text.split("\r\n")
        assert.strictEqual(
          fieldsOf(document, name)
            .map((field) => field.name)
            .join(","),
          header
        )
      }
      const value = fieldsOf(document, "sensor_data").find(({ name }) => name === "value")
      assert.isTrue(value?.description.startsWith(AWKWARD))
      // Compiling the public schema takes seconds, in which an idle connection would be closed.
      checked(new Ajv({ strict: false }), DATA_PACKAGE, document)
      if (existsSync(join(folder, "dp-datapackage.json"))) {
        checked(new Ajv({ strict: false }), publicSchema("dp-datapackage.json"), document)
      }
    }).pipe(Effect.provide(served(database)))
  )

  it.live("is a data contract in YAML, whose text comes back as it was", () =>
    Effect.gen(function* () {
      yield* setUp
      const answer = yield* ask("/contract.odcs.yaml")
      assert.strictEqual(answer.headers.get("content-type"), "application/yaml")
      const contract: unknown = parse(answer.text)
      checked(new Ajv({ strict: false }), DATA_CONTRACT, contract)
      if (existsSync(join(folder, "odcs.json"))) {
        checked(new Ajv2019({ strict: false }), publicSchema("odcs.json"), contract)
      }
      const { schema } = contract as {
        schema: ReadonlyArray<{
          description: string
          properties: ReadonlyArray<{ name: string; description: string }>
        }>
      }
      assert.strictEqual(schema[0]?.description, AWKWARD)
      assert.strictEqual(schema[0]?.properties.find(({ name }) => name === "value")?.description, AWKWARD)
    }).pipe(Effect.provide(served(database)))
  )
})
