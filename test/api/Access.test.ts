/** The policy of every endpoint: declared, and in agreement with what the endpoint takes. */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as OpenApi from "@effect/platform/OpenApi"
import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import { encodedAST, getPropertySignatures } from "effect/SchemaAST"
import { type Policy, policyOf } from "../../src/api/core/Access.js"
import { INFLUX_PATHS, TidemarkApi } from "../../src/api/TidemarkApi.js"
import { ROLES } from "../../src/domain/access/Roles.js"
import { ALL_DATASETS } from "../../src/domain/dataset/Datasets.js"

interface Declared {
  readonly id: string
  readonly name: string
  readonly path: string
  readonly policy: Policy
  readonly parameters: ReadonlyArray<string>
}

const endpoints: Array<Declared> = []
HttpApi.reflect(TidemarkApi, {
  onGroup: () => {},
  onEndpoint: ({ endpoint, group }) => {
    endpoints.push({
      id: `${group.identifier}.${endpoint.name}`,
      name: endpoint.name,
      path: endpoint.path,
      // Throws where there is none.
      policy: policyOf(endpoint),
      parameters: Option.match(endpoint.urlParamsSchema, {
        onNone: () => [],
        onSome: ({ ast }) => getPropertySignatures(encodedAST(ast)).map(({ name }) => String(name))
      })
    })
  }
})

const namesWhere = (holds: (declared: Declared) => boolean) =>
  endpoints
    .filter(holds)
    .map(({ name }) => name)
    .sort()

/** The endpoints whose document names this header among what they take. */
const withHeader = (header: string) => {
  const operations = Object.values(OpenApi.fromApi(TidemarkApi).paths).flatMap((item) => Object.values(item))
  const ids = operations.flatMap((operation) =>
    operation?.parameters?.some(({ name }) => name === header) ? [operation.operationId] : []
  )
  return namesWhere(({ id }) => ids.includes(id))
}

describe("every endpoint", () => {
  it("says who may ask it: none is forgotten", () => {
    assert.isAbove(endpoints.length, 45)
    assert.throws(() => policyOf(HttpApiEndpoint.get("forgotten", "/forgotten")), /forgotten/)
    assert.deepStrictEqual(
      namesWhere(({ policy }) => policy.permission === "public"),
      ["health", "live", "ready"]
    )
    assert.deepStrictEqual(
      namesWhere(({ policy }) => policy.permission === "write"),
      [
        "acknowledgeAlert",
        "annotate",
        "beginImport",
        "calibrate",
        "changeAnnotation",
        "defineTerm",
        "derive",
        "describeDataset",
        "describeSensor",
        "endSilence",
        "removeAlertRule",
        "removeReading",
        "removeTerm",
        "removeView",
        "replaceReading",
        "replayRejected",
        "retireSensor",
        "runQuality",
        "runSuite",
        "saveView",
        "sendNoticeAgain",
        "setAlertRule",
        "silenceAlerts",
        "tagSensor",
        "withdrawAnnotation"
      ]
    )
    assert.deepStrictEqual(
      namesWhere(({ policy }) => policy.permission === "publish"),
      ["queryInflux", "recordReadings", "writeLines", "writeLinesV1"]
    )
    assert.deepStrictEqual(
      namesWhere(({ policy }) => policy.permission === "administer"),
      ["createKey", "deleteReadings", "listAudit", "listKeys", "revokeKey", "verifyAudit"]
    )
    assert.isFalse(ROLES.reader.has("write"))
    assert.isTrue(ROLES.writer.has("read") && ROLES.writer.has("write"))
  })

  it("answers rows where it takes the parameter format", () => {
    for (const { name, parameters, policy } of endpoints) {
      assert.strictEqual(policy.rows, parameters.includes("format"), name)
    }
  })

  it("names the data set whose rows it answers, so that keys of this data set alone reach it", () => {
    const names = ALL_DATASETS.map(({ name }) => name)
    for (const { name, policy } of endpoints) {
      if (policy.dataset !== null) assert.include(names, policy.dataset, name)
    }
    for (const { name, path, query } of ALL_DATASETS) {
      const rows = endpoints.find((one) => one.path === `${path}/` && one.policy.rows)
      // Hours and days are answered as aggregates; the audit is told to those alone who reach everything.
      if (query === undefined && rows?.policy.permission === "read")
        assert.strictEqual(rows.policy.dataset, name)
    }
  })

  it("heeds If-Match where its document says so", () => {
    assert.deepStrictEqual(
      namesWhere(({ policy }) => policy.ifMatch !== null),
      withHeader("If-Match")
    )
  })

  it("has errors in another form, and passes over parameters, only where others define it", () => {
    assert.deepStrictEqual(
      namesWhere(({ policy }) => policy.unknownParameters === "ignored"),
      ["askInflux", "ping", "queryInflux", "writeLines", "writeLinesV1"]
    )
    assert.deepStrictEqual([...INFLUX_PATHS].sort(), ["/api/v2/write", "/query", "/write"])
    assert.isTrue(
      endpoints.every(({ path, policy }) => INFLUX_PATHS.has(path) || policy.errors === "problem")
    )
    assert.deepStrictEqual(
      namesWhere(({ policy }) => policy.alsoPage),
      [
        ...["listAlerts", "listDayFiles", "listFileDays", "listFiles", "listKeys"],
        ...["rejectedMessage", "sensor", "view"]
      ]
    )
  })
})
