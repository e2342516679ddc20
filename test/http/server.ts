/**
 * The server on a real socket over the log in memory, with stand-ins for what others compute.
 */
import * as HttpServer from "@effect/platform/HttpServer"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as KeyBook from "../../src/access/KeyBook.js"
import * as KeyLog from "../../src/access/KeyLog.js"
import * as SqlAlertStore from "../../src/alerts/SqlAlertStore.js"
import { Problem } from "../../src/api/core/Problem.js"
import type { Reading } from "../../src/api/data/ReadingContract.js"
import type { Health } from "../../src/api/system/HealthContract.js"
import { HttpServerLive } from "../../src/app/HttpApp.js"
import * as Audit from "../../src/audit/Audit.js"
import * as AuditLog from "../../src/audit/AuditLog.js"
import { parseTrustedProxies } from "../../src/config/peers/TrustedProxies.js"
import { type Principal, principalOf } from "../../src/domain/access/Principal.js"
import { position } from "../../src/domain/Ids.js"
import { makeReport } from "../../src/domain/quality/QualityReport.js"
import { noTallies } from "../../src/domain/quality/Tally.js"
import { micros } from "../../src/domain/Time.js"
import type * as Answers from "../../src/eventlog/Answers.js"
import type * as CatalogueLog from "../../src/eventlog/CatalogueLog.js"
import { EventLog, LogUnavailable } from "../../src/eventlog/EventLog.js"
import * as MemoryEventLog from "../../src/eventlog/memory/MemoryEventLog.js"
import type * as RejectedReplays from "../../src/eventlog/RejectedReplays.js"
import * as SqlAnswers from "../../src/eventlog/SqlAnswers.js"
import * as SqlCatalogueLog from "../../src/eventlog/SqlCatalogueLog.js"
import * as SqlRejectedReplays from "../../src/eventlog/SqlRejectedReplays.js"
import { ClientTallies, HealthCheck, HttpAuth, MetricsReport, Pages } from "../../src/http/core/Ports.js"
import type { HttpServerOptions } from "../../src/http/Server.js"
import { Catalog } from "../../src/projections/catalogue/Catalogue.js"
import { Aggregates } from "../../src/projections/minutes/Aggregates.js"
import * as MemoryMinuteStore from "../../src/projections/minutes/MemoryMinuteStore.js"
import type { MinuteStore } from "../../src/projections/minutes/MinuteStore.js"
import { ODataRows, type RowSource } from "../../src/projections/odata/ODataRows.js"
import { Quality } from "../../src/projections/quality/Quality.js"
import { QualityRuns } from "../../src/projections/quality/QualityRuns.js"
import * as Suites from "../../src/projections/quality/Suites.js"
import { forReader } from "../../src/web/Pages.js"
import { sqlite } from "../support/databases.js"

export const HEALTHY: Health = {
  status: "ok",
  version: "0.0.0-test",
  position: 0,
  database: { dialect: "sqlite", reachable: true, reason: null, since: "2026-11-28T00:00:00.000000Z" },
  mqtt: { started: true },
  ingest: { status: "ok", reason: null, pending: 0, dropped: 0 }
}

export const READER = "reader-secret"
export const WRITER = "writer-secret"
export const ADMIN = "admin-secret"
const KEYS: ReadonlyMap<string, Principal> = new Map([
  [READER, principalOf("grafana", "reader", "settings")],
  [WRITER, principalOf("importer", "writer", "settings")],
  [ADMIN, principalOf("owner", "admin", "settings")]
])

export const openAuth = Layer.succeed(HttpAuth, { open: () => true, verify: () => Option.none() })
export const keyedAuth = Layer.succeed(HttpAuth, {
  open: () => false,
  verify: (secret) => Option.fromNullable(KEYS.get(secret))
})

export const health = (report: Health) => Layer.succeed(HealthCheck, { report: Effect.succeed(report) })

export const quality = Layer.succeed(Quality, {
  report: ({ end, start }) =>
    Effect.succeed(
      makeReport({
        start: start ?? micros(0),
        end: end ?? micros(0),
        position: 0,
        sensors: [],
        others: noTallies
      })
    ),
  failures: () => Effect.succeed({ rows: [], more: false, position: 0 }),
  gaps: () => Effect.succeed({ rows: [], more: false, position: 0 }),
  touched: () => Effect.succeed({ earliest: Number.POSITIVE_INFINITY, position: 0, plan: 0 }),
  remarks: () => Effect.succeed({ failing: [], more: false, gaps: null }),
  history: () => Effect.succeed([])
})

export const qualityRuns = Layer.effect(
  QualityRuns,
  Effect.map(Quality, ({ report }) => ({
    run: report,
    runs: () => Effect.succeed([])
  }))
).pipe(Layer.provide(quality))

export const catalog = Layer.succeed(Catalog, {
  datasets: () => Effect.succeed([]),
  dataset: () => Effect.succeedNone,
  lastTime: () => Effect.succeedNone,
  sample: () => Effect.succeedNone,
  publish: Effect.void
})

const pageOf = (title: string) =>
  Effect.succeed(`<!doctype html><html lang="en"><title>${title}</title><div class="reader" hidden></div>`)

const answered = (page: Effect.Effect<string>) => Effect.map(page, (html) => ({ html, status: 200 as const }))

export const pages = Layer.succeed(Pages, {
  start: () => answered(pageOf("Now")),
  catalog: ({ search }) => Effect.map(pageOf("Catalogue"), (page) => `${page}${search}<script>1</script>`),
  dataset: (name, { form, origin }) =>
    name === "nothing"
      ? Effect.succeedNone
      : Effect.asSome(pageOf(`${name} at ${origin} ${form?.errors.map(({ field }) => field).join() ?? ""}`)),
  catalogue: ({ query }) =>
    answered(Effect.map(pageOf("Catalogue"), (page) => `${page}${query.get("search")}<script>1</script>`)),
  explore: ({ query }) => answered(pageOf(`Explore ${query.get("sensor")}`)),
  explain: () => answered(pageOf("Explain")),
  quality: () => answered(pageOf("Quality")),
  sensor: (id, { form }) =>
    id === 404
      ? Effect.succeedNone
      : Effect.asSome(pageOf(`Sensor ${id} ${form?.errors.map(({ field }) => field).join() ?? ""}`)),
  alerts: ({ form }) => answered(pageOf(`Alerts ${form?.message ?? ""}`)),
  operations: () => answered(pageOf("Operations")),
  rejected: (id, { form, mayWrite }) =>
    Effect.asSome(pageOf(`Rejected ${id} ${mayWrite} ${form?.message ?? ""}`)),
  keys: ({ created = "" }) => `<!doctype html><html lang="en"><title>Keys</title>${created}`,
  folder: (path, entries) =>
    `<!doctype html><html lang="en"><title>${path}</title>${entries.map(({ href }) => `<a href="${href}">`).join("")}`,
  problem: ({ detail }) =>
    `<!doctype html><html lang="en"><title>${detail}</title><div class="reader" hidden></div>`,
  inZone: (html) => html,
  forReader,
  asset: (name) =>
    name === "tidemark.css"
      ? Option.some({ contentType: "text/css", text: "body { margin: 0 }" })
      : Option.none()
})

/** Of a stand-in for aggregates that has folded nothing. */
export const standing = Effect.succeed({ position: position(0), finalBefore: micros(0), latenessMicros: 0 })

/** Of a stand-in that has no minutes to shape. */
export const unshaped = { shaped: () => Effect.succeed({ asOf: position(0), rows: [] }) }

export const aggregates = Layer.succeed(Aggregates, {
  ...unshaped,
  aggregates: () => Effect.succeed({ asOf: position(0), rows: [] }),
  standing
})

const noRows: RowSource = {
  page: () => Effect.succeed({ asOf: position(0), rows: [] }),
  count: () => Effect.succeed(0),
  groups: () => Effect.succeed({ asOf: position(0), rows: [] }),
  one: () => Effect.succeedNone
}
export const odataRows = Layer.succeed(ODataRows, {
  readings: noRows,
  aggregates: noRows,
  aggregates_1h: noRows,
  aggregates_1d: noRows,
  sensors: noRows,
  annotations: noRows,
  datasets: noRows
})

export const tallies = Layer.succeed(ClientTallies, {
  tally: (clientId) =>
    clientId === "device-7"
      ? { messages: 3, stored: 4, repeated: 1, rejected: 2 }
      : { messages: 0, stored: 0, repeated: 0, rejected: 0 }
})

const away = new LogUnavailable({ reason: "connect ECONNREFUSED 10.0.0.7:3306 password=hunter2" })
export const gone = Effect.fail(away)

/** A log whose database can't be reached. */
export const awayLog = Layer.succeed(EventLog, {
  append: () => gone,
  record: () => gone,
  replace: () => gone,
  remove: () => gone,
  removeAll: () => gone,
  describe: () => gone,
  derive: () => gone,
  derivations: gone,
  retire: () => gone,
  head: gone,
  tail: () => gone,
  reading: () => gone,
  history: () => gone,
  readings: () => gone,
  readingsNow: () => gone,
  countReadings: () => gone,
  inForce: () => gone,
  metadata: () => gone,
  sensors: () => gone,
  sensor: () => gone,
  sensorsNamed: () => gone,
  sensorsAsOf: () => gone,
  lastReadings: () => gone,
  beginImport: () => gone,
  imports: () => gone,
  importUndone: () => gone,
  rejected: () => gone,
  rejectedTotals: gone,
  committed: () => Effect.never
})

/** The keys' log of a database that can't be reached. */
export const awayKeys = Layer.succeed(KeyLog.KeyLog, {
  create: () => gone,
  revoke: () => gone,
  after: () => gone
})

interface Parts {
  readonly keys?: Layer.Layer<KeyLog.KeyLog>
  readonly auth?: Layer.Layer<HttpAuth>
  readonly health?: Layer.Layer<HealthCheck>
  readonly log?: Layer.Layer<EventLog>
  readonly answers?: Layer.Layer<Answers.Answers>
  readonly minutes?: Layer.Layer<MinuteStore>
  readonly aggregates?: Layer.Layer<Aggregates>
  readonly odataRows?: Layer.Layer<ODataRows>
  readonly replays?: Layer.Layer<RejectedReplays.RejectedReplays>
  readonly words?: Layer.Layer<Catalog | CatalogueLog.CatalogueLog>
  readonly quality?: Layer.Layer<Quality>
}

/** All that the server asks of others; each can be replaced. */
export const parts = (given: Parts) => Layer.provideMerge(Suites.layer, others(given))

const others = (given: Parts) => {
  const log = given.log ?? MemoryEventLog.layer()
  const database = Layer.orDie(Layer.fresh(sqlite.layer))
  return Layer.mergeAll(
    given.auth ?? openAuth,
    Layer.provide(KeyBook.layer, given.keys ?? Layer.provide(KeyLog.layer, database)),
    Layer.provideMerge(Audit.layer, AuditLog.layer).pipe(Layer.provide(database)),
    given.health ?? health(HEALTHY),
    log,
    given.replays ?? Layer.provide(SqlRejectedReplays.layer, database),
    given.minutes ?? Layer.provide(MemoryMinuteStore.layer, log),
    given.aggregates ?? aggregates,
    given.quality ?? quality,
    qualityRuns,
    Layer.provide(SqlAlertStore.layer, database),
    pages,
    given.odataRows ?? odataRows,
    tallies,
    Layer.succeed(MetricsReport, { families: Effect.succeed([]) }),
    given.words ?? Layer.merge(catalog, Layer.provide(SqlCatalogueLog.layer, database)),
    given.answers ?? Layer.provide(SqlAnswers.layer, database)
  )
}

/** The server on a free port. */
export const serverLayer = ({
  corsOrigins,
  limits,
  requests,
  tls,
  trustedProxies,
  ...given
}: Parts & Pick<HttpServerOptions, "corsOrigins" | "limits" | "requests" | "tls" | "trustedProxies">) =>
  HttpServerLive({ host: "127.0.0.1", port: 0, corsOrigins, limits, requests, tls, trustedProxies }).pipe(
    Layer.provideMerge(parts(given))
  )

/** Whoever connects to it on this machine is a trusted proxy. */
export const ON_LOOPBACK = Either.getOrThrow(parseTrustedProxies("127.0.0.0/8, ::1"))

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: unknown
}

// A connection that was kept may end just as it is used again: a read is then asked once more, as browsers do.
const fetchOnce = (url: string, init: RequestInit): Promise<Response> =>
  fetch(url, init).catch((error: unknown) => {
    if (init.method === undefined && error instanceof TypeError) return fetch(url, init)
    throw error
  })

/** Asks the server; `path` begins with "/". */
export const ask = (path: string, init: RequestInit = {}) =>
  Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    const port = address._tag === "TcpAddress" ? address.port : 0
    return yield* Effect.promise(async (signal): Promise<Answer> => {
      const url = `http://127.0.0.1:${port}${path}`
      const response = await fetchOnce(url, { ...init, signal, redirect: "manual" })
      const text = await response.text()
      const isJson = response.headers.get("content-type")?.includes("json") ?? false
      return {
        status: response.status,
        headers: response.headers,
        text,
        json: isJson && text !== "" ? JSON.parse(text) : undefined
      }
    })
  })

const send = (method: string) => (path: string, body: unknown) =>
  ask(path, {
    method,
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "content-type": "application/json" }
  })
export const post = send("POST")
export const put = send("PUT")

/** Decodes by schema, or fails with what is wrong. */
export const shaped = <A, I>(schema: Schema.Schema<A, I>, input: unknown): A => {
  const result = Schema.decodeUnknownEither(schema, { errors: "all", onExcessProperty: "error" })(input)
  if (result._tag === "Left") throw new Error(ParseResult.TreeFormatter.formatErrorSync(result.left))
  return result.right
}

/** Asserts a whole problem of this status, and gives the fields that it names, in order. */
export const problemFields = (answer: Answer, status: number): ReadonlyArray<string> => {
  assert.strictEqual(answer.status, status, answer.text)
  assert.strictEqual(answer.headers.get("content-type"), "application/problem+json")
  const problem = shaped(Problem, answer.json)
  assert.strictEqual(problem.status, status)
  assert.notMatch(answer.text, /\bat .*\.(ts|js):\d+|node_modules|hunter2/)
  return problem.errors.map(({ field }) => field)
}

/** Asserts an error in OData's form, and gives it. */
export const odataErrorOf = (answer: Answer, status: number) => {
  assert.strictEqual(answer.status, status, answer.text)
  assert.strictEqual(answer.headers.get("content-type"), "application/json;odata.metadata=minimal")
  assert.strictEqual(answer.headers.get("odata-version"), "4.0")
  const { error } = shaped(ODataErrorBody, answer.json)
  assert.isNotEmpty(error.message)
  assert.notMatch(answer.text, /\bat .*\.(ts|js):\d+|node_modules|hunter2/)
  return error
}
const ODataDetail = {
  code: Schema.NonEmptyString,
  message: Schema.String,
  target: Schema.optional(Schema.String)
}
const ODataErrorBody = Schema.Struct({
  error: Schema.Struct({ ...ODataDetail, details: Schema.Array(Schema.Struct(ODataDetail)) })
})

export const START = Date.UTC(2024, 5, 14, 18, 0, 0)

/** A reading as a client sends it: `second` seconds after START. */
export const input = (sensor: number, second: number, value = 20): Partial<Reading> => ({
  sensor_id: sensor,
  timestamp: new Date(START + second * 1_000).toISOString(),
  value,
  lat: 10,
  lng: 10,
  unit: "C",
  type: "temperature",
  description: "Main Entrance"
})
