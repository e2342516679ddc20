/**
 * The contract: it can be imported anywhere, and its description is whole.
 */
import { readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import * as OpenApi from "@effect/platform/OpenApi"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Problem } from "../../src/api/core/Problem.js"
import { Aggregate } from "../../src/api/data/AggregateContract.js"
import { EITHER_STATUSES, INFLUX_STATUSES } from "../../src/api/data/Influx.js"
import { Reading } from "../../src/api/data/ReadingContract.js"
import { INFLUX_PATHS, TidemarkApi } from "../../src/api/TidemarkApi.js"

const IMPORT = /(?:import|export)\s[^"']*?from\s+"([^"]+)"|import\s*\(?\s*"([^"]+)"/g

/** Every module that a file of ours reaches: ours by path, others by name. */
const reached = (file: string, seen: Set<string>): Set<string> => {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const [, from, bare] of readFileSync(file, "utf8").matchAll(IMPORT)) {
    const name = from ?? bare ?? ""
    if (name.startsWith(".")) reached(resolve(dirname(file), name.replace(/\.js$/, ".ts")), seen)
    else seen.add(name)
  }
  return seen
}

type Json = Readonly<Record<string, unknown>>
const spec = OpenApi.fromApi(TidemarkApi)
const isJson = (input: unknown): input is Json => typeof input === "object" && input !== null

const walk = (input: unknown, visit: (node: Json, path: string) => void, path = ""): void => {
  if (!isJson(input)) return
  visit(input, path)
  for (const [key, value] of Object.entries(input)) walk(value, visit, `${path}/${key}`)
}

describe("the contract", () => {
  it("reaches no server code: a browser can import it", () => {
    const root = fileURLToPath(new URL("../../src/", import.meta.url))
    const all = [...reached(resolve(root, "api/TidemarkApi.ts"), new Set())]
    const ours = all.filter((name) => name.startsWith(root)).map((name) => name.slice(root.length))
    assert.isAbove(ours.length, 10)
    for (const file of ours) assert.match(file, /^(api|domain)\//)
    for (const name of all.filter((name) => !name.startsWith(root))) {
      assert.match(name, /^(effect\/|@effect\/platform\/(HttpApi\w*|OpenApi\w*)$)/)
    }
  })

  it("describes every route, with its problems and nothing of the platform's own errors", () => {
    assert.deepStrictEqual(Object.keys(spec.paths).sort(), [
      "/aggregated_data",
      "/aggregated_data/groups",
      "/aggregated_data/range",
      "/aggregated_data/summary",
      "/aggregated_data/{sensor_id}",
      "/alerts",
      "/alerts/notices",
      "/alerts/notices/{notice_id}/send",
      "/alerts/raised/{alert_id}/acknowledge",
      "/alerts/rules",
      "/alerts/rules/{rule_name}",
      "/alerts/rules/{rule_name}/history",
      "/alerts/silences",
      "/alerts/silences/{silence_name}",
      "/annotations",
      "/annotations/{annotation_id}",
      "/annotations/{annotation_id}/history",
      "/api/v2/write",
      "/audit",
      "/audit/verification",
      "/catalog.jsonld",
      "/catalog/{dataset_name}.jsonld",
      "/clients/{client_id}",
      "/contract.odcs.yaml",
      "/data",
      "/data/catalog",
      "/data/data-quality",
      "/data/data-quality/failures",
      "/data/data-quality/gaps",
      "/data/data-quality/history",
      "/data/data-quality/runs",
      "/data/data-quality/suite",
      "/data/data-quality/suites/run",
      "/data/delete",
      "/data/range",
      "/data/stream",
      "/data/summary",
      "/data/{data_id}/history",
      "/data/{id}",
      "/datapackage.json",
      "/derived",
      "/derived/{name}",
      "/derived/{name}/history",
      "/events",
      "/explain",
      "/files",
      "/files/{dataset_name}",
      "/files/{dataset_name}/manifest.json",
      "/files/{dataset_name}/{date}",
      "/files/{dataset_name}/{date}/manifest.json",
      "/files/{dataset_name}/{date}/{file_name}",
      "/glossary",
      "/glossary/{term}",
      "/glossary/{term}/history",
      "/health",
      "/health/live",
      "/health/ready",
      "/imports",
      "/keys",
      "/keys/{key_id}",
      "/lineage",
      "/metadata",
      "/metadata/{dataset_name}",
      "/metadata/{dataset_name}/history",
      "/openapi.json",
      "/ping",
      "/query",
      "/refused_clients",
      "/rejected",
      "/rejected/{rejected_id}",
      "/rejected/{rejected_id}/replay",
      "/sensors",
      "/sensors/{sensor_id}",
      "/sensors/{sensor_id}/calibration",
      "/sensors/{sensor_id}/calibration/history",
      "/sensors/{sensor_id}/tags",
      "/sensors/{sensor_id}/tags/history",
      "/views",
      "/views/{view_name}",
      "/write"
    ])
    assert.notInclude(JSON.stringify(spec), "HttpApiDecodeError")
    assert.includeMembers(Object.keys(spec.paths["/data"]?.post?.responses ?? {}), ["200", "201", "413"])
    for (const [path, operations] of Object.entries(spec.paths)) {
      for (const operation of Object.values(operations)) {
        assert.isNotEmpty(operation?.summary ?? "", path)
        for (const [status, response] of Object.entries(operation?.responses ?? {})) {
          if (Number(status) < 400 || path.startsWith("/health")) continue
          const influx =
            INFLUX_PATHS.has(path) && (INFLUX_STATUSES.has(status) || EITHER_STATUSES.has(status))
          const problem = !INFLUX_PATHS.has(path) || !INFLUX_STATUSES.has(status)
          assert.deepStrictEqual(Object.keys(response.content ?? {}), [
            ...(influx ? ["application/json"] : []),
            ...(problem ? ["application/problem+json"] : [])
          ])
        }
      }
    }
  })

  it("has every schema that it refers to", () => {
    const refs = new Set<string>()
    walk(spec, (node) => {
      if (typeof node.$ref === "string") refs.add(node.$ref.replace("#/components/schemas/", ""))
    })
    assert.isAbove(refs.size, 5)
    for (const ref of refs) assert.property(spec.components.schemas, ref)
  })

  it("describes every parameter and every field of readings, aggregates, sensors and problems", () => {
    walk(spec.paths, (node, path) => {
      if (node.in === "query" || node.in === "path") assert.isString(node.description, path)
    })
    for (const name of ["Reading", "ReadingInput", "Aggregate", "Sensor", "Problem", "FieldError"]) {
      const schema: unknown = spec.components.schemas[name]
      assert.isTrue(isJson(schema) && isJson(schema.properties), name)
      if (!isJson(schema) || !isJson(schema.properties)) continue
      for (const [field, property] of Object.entries(schema.properties)) {
        if (!isJson(property) || property.$ref !== undefined) continue
        assert.isString(property.description, `${name}.${field}`)
      }
    }
  })

  it("keeps the names and the order of the fields that clients know", () => {
    const fields = (schema: { readonly fields: object }) => Object.keys(schema.fields)
    const known = ["id", "sensor_id", "timestamp", "value", "lat", "lng", "unit", "type", "description"]
    assert.deepStrictEqual(fields(Reading).slice(0, 9), known)
    const figures = ["interval", "count", "sum", "min", "max", "stddev", "first", "last"]
    assert.deepStrictEqual(fields(Aggregate), [
      ...known,
      ...figures,
      "expected",
      "completeness",
      "final",
      "position",
      "p50",
      "p95",
      "p99",
      "range",
      "name"
    ])
    assert.deepStrictEqual(fields(Problem), ["type", "title", "status", "detail", "errors"])
    assert.isTrue(Schema.isSchema(Reading))
  })
})
