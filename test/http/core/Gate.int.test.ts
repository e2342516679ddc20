/**
 * What holds for every route: keys, methods, representations, trailing slashes, headers, and a database that is away.
 */
import { assert, describe, layer } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { InfluxError } from "../../../src/api/data/Influx.js"
import { Health, Readiness } from "../../../src/api/system/HealthContract.js"
import { ROUTES } from "../../../src/app/HttpApp.js"
import { readinessOf } from "../../../src/http/system/Readiness.js"
import { Aggregates } from "../../../src/projections/minutes/Aggregates.js"
import { Quality, type QualityQuestion } from "../../../src/projections/quality/Quality.js"
import {
  ADMIN,
  type Answer,
  ask,
  awayKeys,
  awayLog,
  gone,
  HEALTHY,
  health,
  input,
  keyedAuth,
  odataErrorOf,
  post,
  problemFields,
  put,
  quality,
  READER,
  serverLayer,
  shaped,
  standing,
  unshaped,
  WRITER
} from "../server.js"

const real = { excludeTestServices: true } as const
// The first reading of a log follows the event that registers its sensor.
const concrete = (path: string): string =>
  path
    .replace("/files/:dataset_name", "/files/sensor_data")
    .replace(":data_id", "2")
    .replace(":file", "tidemark.css")
    .replace(":rejected_id", "0".repeat(32))
    .replace(":key_id", "0".repeat(12))
    .replace(/:\w+/g, "1")
/** What lies below the one route of OData. */
const ODATA = [
  ...["/odata/", "/odata/$metadata", "/odata/readings", "/odata/readings/$count"],
  ...["/odata/aggregates", "/odata/sensors", "/odata/datasets"]
].map((path) => ({ method: "GET", name: `GET ${path}`, path }))
/** A stream never ends, and people sign in where a provider is set: both have tests of their own. */
const ENDING = [
  ...ROUTES.filter(
    ({ name, path }) => name !== "streamReadings" && !path.endsWith("*") && !path.startsWith("/sign-")
  ),
  ...ODATA
]
/** With what each route needs, so that it gets as far as its handler. */
const question = (path: string): string =>
  path.endsWith("/range/")
    ? `${concrete(path)}?start_time=0&end_time=1`
    : path.endsWith("/groups/")
      ? `${concrete(path)}?group_by=site`
      : path.endsWith("/failures/")
        ? `${concrete(path)}?check=received`
        : path === "/query"
          ? "/query?q=CREATE%20DATABASE%20telegraf"
          : concrete(path)

/** Of those that take no reading, by their path. */
const BODIES: Readonly<Record<string, unknown>> = {
  "/data/delete": { filter: { sensor_id: [1] } },
  "/keys/": { name: "made by a test", role: "reader" },
  "/imports/": { source: "greenhouse.csv" }
}

const request = (method: string, headers: Record<string, string> = {}, path = ""): RequestInit =>
  method === "POST" || method === "PUT"
    ? {
        method,
        body: JSON.stringify(BODIES[path] ?? input(1, 0)),
        headers: { "content-type": "application/json", ...headers }
      }
    : { method, headers }

/** Below `/odata` what is refused has OData's form. */
const refused = (path: string, answer: Answer, status: number) =>
  path.startsWith("/odata/") ? odataErrorOf(answer, status).details : problemFields(answer, status)

const isSafe = (answer: Answer) => {
  assert.strictEqual(answer.headers.get("x-content-type-options"), "nosniff")
  // Pages have forms: without it a browser would not say that they are ours.
  const isPage = answer.headers.get("content-type") === "text/html"
  assert.strictEqual(answer.headers.get("referrer-policy"), isPage ? "same-origin" : "no-referrer")
  assert.include(answer.headers.get("content-security-policy"), "default-src 'none'")
}

/** What a reader may not read. */
const ADMINS = ["listKeys", "listAudit", "verifyAudit", "GET /operations/audit"]

layer(serverLayer({ auth: keyedAuth }), real)("with keys set", (it) => {
  const wrong: ReadonlyArray<Record<string, string>> = [
    {},
    { authorization: "" },
    { authorization: "Bearer " },
    { authorization: `Basic ${WRITER}` },
    { authorization: WRITER },
    { authorization: `Bearer ${WRITER}x` },
    { authorization: `Bearer ${WRITER} ${WRITER}` },
    { "x-api-key": "nobody" },
    { "x-api-key": "" },
    { cookie: `key=${WRITER}` }
  ]
  for (const { method, name, path } of ENDING) {
    it.effect(`${method} ${path}`, () =>
      Effect.gen(function* () {
        if (["health", "live", "ready"].includes(name)) {
          const bare = yield* ask(path)
          assert.deepStrictEqual([bare.status, bare.json], [200, { status: "ok" }])
          const told = yield* ask(path, { headers: { "x-api-key": READER } })
          if (name === "health") assert.deepStrictEqual(told.json, HEALTHY)
          if (name === "ready") assert.deepStrictEqual(told.json, readinessOf(HEALTHY))
          return
        }
        for (const headers of wrong) {
          const answer = yield* ask(question(path), request(method, headers))
          assert.deepStrictEqual(refused(path, answer, 401), [])
          assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer/)
          isSafe(answer)
        }
        // What only explains a message, or asks for a model, changes nothing.
        const reads =
          method === "GET" ? !ADMINS.includes(name) : ["explainMessage", "POST /mcp"].includes(name)
        const reader = yield* ask(question(path), request(method, { "x-api-key": READER }))
        if (!reads) problemFields(reader, 403)
        else assert.notInclude([401, 403], reader.status)
        const basic = `Basic ${Buffer.from(`anybody:${ADMIN}`).toString("base64")}`
        const right = [{ authorization: `bearer ${ADMIN}` }, { "x-api-key": ADMIN }, { authorization: basic }]
        for (const headers of right) {
          const admin = yield* ask(question(path), request(method, headers, path))
          assert.notInclude([401, 403, 500], admin.status, admin.text)
        }
      })
    )
  }

  it.effect("paths that don't exist don't tell so without a key", () =>
    Effect.gen(function* () {
      problemFields(yield* ask("/nothing"), 401)
      problemFields(yield* ask("/data/", { method: "PATCH" }), 401)
      problemFields(yield* ask("/nothing", { headers: { "x-api-key": READER } }), 404)
    })
  )
})

/** Of one thing by its name: the stand-ins have none, and the tests of the words and of what was rejected ask them. */
const OF_SOMETHING = new Set([
  "listDayFiles",
  "dayManifest",
  "dayFile",
  "dataset",
  "datasetHistory",
  "term",
  "termHistory",
  "annotation",
  "annotationHistory",
  "view",
  "alertRule",
  "alertRuleHistory",
  "derived",
  "derivedHistory",
  "datasetJsonLd",
  "rejectedMessage"
])

layer(serverLayer({}), real)("every route", (it) => {
  it.effect("unknown paths are 404, other methods 405 with Allow", () =>
    Effect.gen(function* () {
      for (const path of ["/nothing", "/data/1/2", "/datas", "/data/summary/x", "/%E0%A4%A"]) {
        isSafe(yield* ask(path))
        problemFields(yield* ask(path), 404)
      }
      const allowed = [
        ["/data/", "GET, HEAD, POST"],
        ["/data/1", "DELETE, GET, HEAD, PUT"],
        ["/sensors", "GET, HEAD"],
        ["/openapi.json", "GET, HEAD"],
        ["/docs/", "GET, HEAD"]
      ] as const
      for (const [path, allow] of allowed) {
        for (const method of ["PATCH", "OPTIONS", "PROPFIND"]) {
          const answer = yield* ask(path, { method })
          problemFields(answer, 405)
          assert.strictEqual(answer.headers.get("allow"), allow)
        }
      }
      problemFields(yield* ask("/data/", { method: "PUT" }), 405)
      problemFields(yield* ask("/sensors/", { method: "POST" }), 405)
    })
  )

  it.effect("answers with and without the trailing slash, and HEAD without a body", () =>
    Effect.gen(function* () {
      yield* post("/data/", input(1, 0))
      yield* put("/sensors/1/tags", { tags: { site: "berlin" } })
      for (const { method, name, path } of ENDING) {
        if (method !== "GET" || name === "ping" || OF_SOMETHING.has(name)) continue
        const [bare, query = ""] = question(path).split(/(?=\?)/)
        const trimmed = bare?.replace(/\/$/, "") ?? ""
        const [a, b] = [yield* ask(`${trimmed}${query}`), yield* ask(`${trimmed}/${query}`)]
        assert.strictEqual(a.status, 200, `${path}: ${a.text}`)
        assert.strictEqual(b.status, 200, `${path}/: ${b.text}`)
        // To read the audit is in it.
        if (!ADMINS.includes(name)) assert.strictEqual(a.text, b.text)
        isSafe(a)
        const head = yield* ask(`${trimmed}${query}`, { method: "HEAD" })
        assert.deepStrictEqual([head.status, head.text], [200, ""])
        assert.strictEqual(head.headers.get("content-type"), a.headers.get("content-type"))
      }
    })
  )

  it.effect("answers what it has alone", () =>
    Effect.gen(function* () {
      const ok = [
        "*/*",
        "application/json",
        "application/*;q=0.1",
        "text/html, */*;q=0.8",
        "text/html,application/JSON"
      ]
      for (const accept of ok) assert.strictEqual((yield* ask("/data/", { headers: { accept } })).status, 200)
      for (const accept of ["image/png", "text/html", "application/json;q=0", "*/*;q=0"]) {
        const answer = yield* ask("/data/", { headers: { accept } })
        if (accept !== "text/html") problemFields(answer, 406)
        else assert.deepStrictEqual([answer.status, answer.headers.get("content-type")], [406, accept])
      }
      const elsewhere = yield* ask("/data/catalog/", { headers: { accept: "application/json" } })
      problemFields(elsewhere, 406)
      assert.include(elsewhere.text, "/metadata/ as JSON")
      assert.strictEqual((yield* ask("/data/catalog/", { headers: { accept: "text/html" } })).status, 200)
    })
  )

  it.effect("a page may run the scripts that it holds, and no other", () =>
    Effect.gen(function* () {
      const page = yield* ask("/data/catalog/?search=water")
      assert.include(page.text, "water")
      const policy = page.headers.get("content-security-policy") ?? ""
      // The SHA-256 of "1", which is the stand-in page's script.
      assert.include(policy, "'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='")
      assert.notInclude(policy, "script-src 'self' 'unsafe-inline'")
      const docs = yield* ask("/docs/")
      assert.notMatch(docs.text, /(src|href)="https?:\/\//)
      // In the dark it is dark, by the reader's choice too.
      assert.include(docs.text, "@media (prefers-color-scheme: dark)")
      const dark = yield* ask("/docs/", { headers: { cookie: "theme=dark" } })
      assert.include(dark.text.slice(0, 100), '<html lang="en" data-theme="dark">')
    })
  )
})

layer(
  serverLayer({
    log: awayLog,
    keys: awayKeys,
    health: health({ status: "unavailable", version: "1" }),
    aggregates: Layer.succeed(Aggregates, { ...unshaped, aggregates: () => gone, standing: gone })
  }),
  real
)("with the database away", (it) => {
  for (const { method, name, path } of ENDING) {
    if (
      // Beside the contract.
      name.includes(" ") ||
      [
        "ping",
        "verifyAudit",
        "askInflux",
        "queryInflux",
        "openapi",
        "clientTally",
        "metadata",
        "catalog",
        "dataQuality",
        "qualityFailures",
        "qualityGaps",
        "qualityHistory",
        "qualityRuns",
        "runQuality",
        "runSuite",
        // Of what needs no database, or of stand-ins that are not away.
        "lineage",
        "dataset",
        "describeDataset",
        "datasetHistory",
        "glossary",
        "term",
        "defineTerm",
        "removeTerm",
        "termHistory",
        "annotate",
        "annotation",
        "changeAnnotation",
        "withdrawAnnotation",
        "annotationHistory",
        "listViews",
        "view",
        "saveView",
        "removeView",
        "listAlertRules",
        "alertRule",
        "setAlertRule",
        "removeAlertRule",
        "alertRuleHistory",
        "listSilences",
        "silenceAlerts",
        "endSilence",
        "listAlerts",
        "acknowledgeAlert",
        "listNotices",
        "sendNoticeAgain",
        "listDerived",
        "derived",
        "derive",
        "derivedHistory",
        "catalogJsonLd",
        "datasetJsonLd",
        "dataPackage",
        "dataContract",
        "listFiles",
        "listFileDays",
        "filesManifest",
        "listDayFiles",
        "dayManifest",
        "dayFile",
        "rejectedMessage",
        "replayRejected",
        "explainMessage",
        // The process lives.
        "live",
        // It answers in its own form: a tool says that the database is away.
        "POST /mcp"
      ].includes(name)
    )
      continue
    it.effect(`${method} ${path} is 503`, () =>
      Effect.gen(function* () {
        const answer = yield* ask(question(path), request(method, {}, path))
        assert.strictEqual(answer.status, 503)
        assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/)
        if (name === "health") assert.strictEqual(shaped(Health, answer.json).status, "unavailable")
        else if (name === "ready") assert.strictEqual(shaped(Readiness, answer.json).status, "unavailable")
        else if (name.startsWith("writeLines")) shaped(InfluxError, answer.json)
        else problemFields(answer, 503)
      })
    )
  }
})

describe("defects", () => {
  layer(
    serverLayer({
      aggregates: Layer.succeed(Aggregates, {
        ...unshaped,
        aggregates: () => Effect.dieMessage("at x.ts:1 hunter2"),
        standing
      })
    }).pipe(Layer.provide(Logger.remove(Logger.defaultLogger))),
    real
  )((it) => {
    it.effect("are 500 without their stack, and the server goes on", () =>
      Effect.gen(function* () {
        problemFields(yield* ask("/aggregated_data/"), 500)
        problemFields(yield* ask("/aggregated_data/1"), 500)
        assert.strictEqual((yield* ask("/data/")).status, 200)
      })
    )
  })

  const lines: Array<string> = []
  const broken = Layer.effect(
    Quality,
    Effect.map(Quality, (service) => ({
      ...service,
      report: (question: QualityQuestion) =>
        Effect.map(service.report(question), (report) => ({ ...report, position: 1.5 }))
    }))
  ).pipe(Layer.provide(quality))
  layer(
    serverLayer({ quality: broken }).pipe(
      Layer.provide(
        Logger.replace(
          Logger.defaultLogger,
          Logger.make(({ cause, message }) => void lines.push(`${String(message)} ${Cause.pretty(cause)}`))
        )
      )
    ),
    real
  )((it) => {
    it.effect("an answer that breaks the contract is one: it is told in the log, and not sent", () =>
      Effect.gen(function* () {
        const answer = yield* ask("/data/data-quality/")
        problemFields(answer, 500)
        assert.notInclude(answer.text, "1.5")
        assert.isTrue(
          lines.some((line) => line.includes("GET /data/data-quality/ failed") && line.includes("position")),
          lines.join("\n")
        )
      })
    )
  })
})
