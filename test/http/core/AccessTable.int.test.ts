/**
 * Every endpoint, asked by everybody: what is answered follows from what the endpoint says of itself, by the small oracle
 * below. An endpoint that says nothing does not compile.
 */
import * as HttpServer from "@effect/platform/HttpServer"
import { assert, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import { KeyBook, layer as keyBookLayer } from "../../../src/access/KeyBook.js"
import * as KeyLog from "../../../src/access/KeyLog.js"
import type { Policy } from "../../../src/api/core/Access.js"
import type { KeyFacts } from "../../../src/api/system/KeysGroup.js"
import { ROUTES } from "../../../src/app/HttpApp.js"
import type { KeyCreation } from "../../../src/domain/access/Key.js"
import { EVERYTHING, parseSensorScope, type Scope } from "../../../src/domain/access/Scope.js"
import { micros } from "../../../src/domain/Time.js"
import { HttpAuth } from "../../../src/http/core/Ports.js"
import type { Route } from "../../../src/http/core/Routes.js"
import * as SignIn from "../../../src/http/signin/SignIn.js"
import { sqlite } from "../../support/databases.js"
import { folded, realServer } from "../realServer.js"
import { ask } from "../server.js"
import { startProvider, tampered } from "../signin/provider.js"
import { settingsFor } from "../signin/settings.js"

const book = keyBookLayer.pipe(
  Layer.provide(KeyLog.layer),
  Layer.provide(Layer.orDie(Layer.fresh(sqlite.layer)))
)
const auth = Layer.provide(
  Layer.effect(
    HttpAuth,
    Effect.map(KeyBook, ({ verify }) => ({ open: () => false, verify }))
  ),
  book
)

/** A provider of OpenID Connect, whose bearer tokens are taken beside keys. */
class Provider extends Context.Tag("test/Provider")<
  Provider,
  Effect.Effect.Success<ReturnType<typeof startProvider>>
>() {}
const provider = Layer.scoped(Provider, startProvider())
const tokens = Layer.unwrapEffect(
  Effect.map(Provider, ({ issuer }) => SignIn.layer({ ...settingsFor(issuer), client: null }))
)

/** What each role may do, said once more and in other words than the program has it. */
const MAY = {
  device: ["publish"],
  reader: ["read"],
  writer: ["publish", "read", "write"],
  admin: ["publish", "read", "write", "administer"]
}

interface Asker {
  readonly headers: Record<string, string>
  /** Null: none that lets anybody in. */
  readonly role: keyof typeof MAY | null
  /** What who is not let in is told; absent: 401. */
  readonly refusal?: 401 | 403
  /** The one sensor that it reaches; null: all. */
  readonly sensor: number | null
}

const sensors = (...texts: ReadonlyArray<string>): Scope => ({
  ...EVERYTHING,
  sensors: Either.getOrThrow(parseSensorScope(texts))
})

const key = (role: KeyCreation["role"], scope = EVERYTHING, expiresAt: KeyCreation["expiresAt"] = null) =>
  Effect.flatMap(KeyBook, ({ create }) => create({ name: `a ${role}`, role, scope, expiresAt }, null))

/** Those who bring a token of the provider's, or one that is nearly so; which ones are not is tried beside its verifier. */
const tokenHolders = Effect.gen(function* () {
  const { sign } = yield* Provider
  const hour = Math.floor(Date.now() / 1_000) + 3_600
  const of = (token: string, role: Asker["role"]): Asker => ({
    headers: { authorization: `Bearer ${token}` },
    role,
    sensor: null
  })
  const signed = (more: object) => sign({ exp: hour, ...more })
  const reader = yield* signed({})
  return {
    "a reader's token": of(reader, "reader"),
    "an admin's token": of(yield* signed({ groups: ["ops"] }), "admin"),
    "a tampered token": of(tampered(reader, { groups: ["ops"] }), null),
    "a token without a role": { ...of(yield* signed({ groups: ["guests"] }), null), refusal: 403 }
  } satisfies Record<string, Asker>
})

/** Everybody, by what they are called. */
const askers = Effect.gen(function* () {
  const bearer = ({ secret }: { readonly secret: string }) => ({ authorization: `Bearer ${secret}` })
  const nobody = (headers: Record<string, string>): Asker => ({ headers, role: null, sensor: null })
  const admin = yield* key("admin")
  const revoked = yield* key("admin")
  yield* Effect.flatMap(KeyBook, ({ revoke }) => revoke(revoked.key.id, null))
  const of = (role: keyof typeof MAY, sensor: number | null) =>
    Effect.map(
      key(role, sensor === null ? EVERYTHING : sensors(`${sensor}`)),
      (made): Asker => ({
        headers: bearer(made),
        role,
        sensor
      })
    )
  return {
    anonymous: nobody({}),
    "an empty token": nobody({ authorization: "Bearer " }),
    "a wrong scheme": nobody({ authorization: `Digest ${admin.secret}` }),
    "a key with another secret": nobody({ authorization: `Bearer ${admin.secret.slice(0, -3)}AAA` }),
    expired: nobody(bearer(yield* key("admin", EVERYTHING, micros(1)))),
    revoked: nobody(bearer(revoked)),
    device: yield* of("device", 1),
    "another device": yield* of("device", 2),
    reader: yield* of("reader", null),
    writer: yield* of("writer", null),
    admin: yield* of("admin", null),
    "a reader of one sensor": yield* of("reader", 1),
    "a writer of one sensor": yield* of("writer", 1),
    "out of scope": yield* of("writer", 3),
    ...(yield* tokenHolders),
    "by X-API-Key": { ...(yield* of("admin", null)), headers: { "x-api-key": admin.secret } }
  } satisfies Record<string, Asker>
})

type Verdict = "allowed" | 401 | 403 | 404

/** What a request about this sensor, or its reading, comes to. */
const oracle = (
  { permission, reach }: Policy,
  { refusal = 401, role, sensor }: Asker,
  subject: number
): Verdict => {
  if (permission === "public") return "allowed"
  if (role === null) return refusal
  if (!MAY[role].includes(permission)) return 403
  if (sensor === null || reach === "nothing" || reach === "own") return "allowed"
  if (reach === "everything" || reach === "dataset") return 403
  return sensor === subject ? "allowed" : 404
}

/** Where the handler itself narrows what it is asked for: by the parameters or the body that name the sensor. */
const narrowed = (name: string, asker: Asker, subject: number, before: Verdict): Verdict => {
  const strange = before === "allowed" && asker.sensor !== null && asker.sensor !== subject
  if (strange && name === "recordReadings") return 403
  return strange && /^(dataQuality|runQuality|quality(Failures|Gaps|History))$/.test(name) ? 404 : before
}

const question = ({ name, path }: Route, subject: number, reading: number): string => {
  const concrete = path
    .replace("/*", "/readings")
    .replace(":sensor_id", `${subject}`)
    .replace(":data_id", `${reading}`)
    .replace(":dataset_name", "sensor_data")
    .replace(":key_id", "0".repeat(12))
    .replace(":rejected_id", "0".repeat(32))
    .replace(":file_name", "nothing.parquet")
    .replace(":file", "tidemark.css")
    .replace(/:\w+/g, "1")
  if (path.endsWith("/range/")) return `${concrete}?start_time=0&end_time=1`
  if (path.endsWith("/groups/")) return `${concrete}?group_by=site`
  if (name === "qualityFailures") return `${concrete}?check=received&sensor_id=${subject}`
  if (/^(dataQuality|runQuality|quality(Gaps|History))$/.test(name)) return `${concrete}?sensor_id=${subject}`
  return path === "/query" ? "/query?q=CREATE%20DATABASE%20telegraf" : concrete
}

const input = (sensor: number) => ({ sensor_id: sensor, timestamp: "2026-01-01T00:00:30Z", value: sensor })

/** So that what is there stays there: bodies that are refused after the gate, conditions that do not hold. */
const request = (route: Route, subject: number, headers: Record<string, string>): RequestInit => {
  const method = route.method === "*" ? "PUT" : route.method
  if (method === "GET" || method === "OPTIONS") return { method, headers }
  if (method === "DELETE") return { method, headers: { ...headers, "if-match": '"999999"' } }
  const body = route.name === "recordReadings" ? JSON.stringify(input(subject)) : "{}"
  return { method, body, headers: { ...headers, "content-type": "application/json" } }
}

/** The status alone: a stream never ends. */
const statusOf = (path: string, init: RequestInit) =>
  Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    const port = address._tag === "TcpAddress" ? address.port : 0
    return yield* Effect.promise(async () => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, redirect: "manual" })
      await response.body?.cancel()
      return response.status
    })
  })

const verdictOf = (status: number): Verdict =>
  status === 401 || status === 403 || status === 404 ? status : "allowed"

/** What is named by its path and is not there, whoever asks, and signing in where nobody can: the handler's own 404. */
const mayBeAbsent = ({ path, policy: { reach } }: Route): boolean =>
  (path.includes(":") || path.endsWith("*") || path.startsWith("/sign-in")) &&
  reach !== "sensor" &&
  reach !== "reading"

const real = { excludeTestServices: true, timeout: 300_000 } as const

const server = realServer(sqlite, { auth }).pipe(Layer.provide(tokens), Layer.provideMerge(provider))

layer(Layer.merge(server, book), real)("access", (it) => {
  const stored = Effect.gen(function* () {
    const { headers } = (yield* askers).admin
    const init = (sensor: number) => ({
      method: "POST",
      body: JSON.stringify(input(sensor)),
      headers: { ...headers, "content-type": "application/json" }
    })
    const ids: Array<number> = []
    for (const sensor of [1, 2]) {
      const { json } = yield* ask("/data/", init(sensor))
      ids.push((json as { readonly id: number }).id)
    }
    yield* folded
    return ids
  })

  it.effect(
    "of every endpoint, by everybody, to each's own and another's, is what the endpoint says",
    () =>
      Effect.gen(function* () {
        const readings = yield* stored
        const everybody = Object.entries(yield* askers)
        const cases = ROUTES.flatMap((route) =>
          everybody.flatMap(([who, asker]) => [1, 2].map((subject) => ({ asker, route, subject, who })))
        )
        const judged = yield* Effect.forEach(
          cases,
          ({ asker, route, subject, who }) =>
            Effect.gen(function* () {
              const path = question(route, subject, readings[subject - 1] ?? 0)
              const status = yield* statusOf(path, request(route, subject, asker.headers))
              const expected = narrowed(route.name, asker, subject, oracle(route.policy, asker, subject))
              const verdict = verdictOf(status)
              const isAbsent = verdict === 404 && expected === "allowed" && mayBeAbsent(route)
              return status < 500 && (verdict === expected || isAbsent)
                ? []
                : [`${who}: ${route.method} ${path}: ${status}, not ${expected}`]
            }),
          { concurrency: 8 }
        )
        assert.deepStrictEqual(judged.flat(), [])
        assert.isAbove(cases.length, 2_000)
      }),
    300_000
  )

  it.effect("to one sensor gives that one's rows alone, and never tells what else there is", () =>
    Effect.gen(function* () {
      const [, other = 0] = yield* stored
      const { headers } = (yield* askers)["a reader of one sensor"]
      for (const path of ["/data/", "/data/?sensor_id=1,2", "/aggregated_data/", "/sensors/"]) {
        const rows = (yield* ask(path, { headers })).json as ReadonlyArray<{ readonly sensor_id: number }>
        assert.deepStrictEqual([...new Set(rows.map(({ sensor_id }) => sensor_id))], [1], path)
      }
      const none = yield* ask("/data/?sensor_id=2", { headers })
      assert.deepStrictEqual([none.status, none.json], [200, []])
      const refusal = (path: string, id: string | number) =>
        Effect.map(ask(path.replace("#", `${id}`), { headers }), ({ json, status, text }) => {
          assert.strictEqual(status, 404, text)
          const { detail, ...others } = json as { readonly detail: string }
          return { ...others, detail: detail.replace(`${id}`, "#") }
        })
      for (const path of ["/sensors/#", "/data/#", "/aggregated_data/#", "/data/data-quality/?sensor_id=#"]) {
        assert.deepStrictEqual(yield* refusal(path, 2), yield* refusal(path, 77))
      }
      const history = "/data/#/history"
      assert.deepStrictEqual(yield* refusal(history, other), yield* refusal(history, 77_777))
    })
  )

  it.effect("goes on from page to page though other sensors come", () =>
    Effect.gen(function* () {
      const everybody = yield* askers
      yield* stored
      const send = (sensor: number, second: number) =>
        ask("/data/", {
          method: "POST",
          body: JSON.stringify({ ...input(sensor), timestamp: `2026-01-02T00:00:0${second}Z` }),
          headers: { ...everybody.admin.headers, "content-type": "application/json" }
        })
      yield* send(1, 1)
      const { headers } = everybody["a reader of one sensor"]
      const first = yield* ask("/data/?limit=1", { headers })
      yield* send(9, 1)
      const next = /<([^>]+)>/.exec(first.headers.get("link") ?? "")?.[1] ?? ""
      assert.strictEqual((yield* ask(next, { headers })).status, 200)
      // Another key's cursor is another filter's.
      const stranger = yield* ask(next, { headers: everybody["out of scope"].headers })
      assert.strictEqual(stranger.status, 400, stranger.text)
    })
  )

  it.effect("by a page: its forms make a key, show it once, and revoke it", () =>
    Effect.gen(function* () {
      const { admin, writer } = yield* askers
      const send = (path: string, fields: Record<string, string>, headers = admin.headers) =>
        ask(path, {
          method: "POST",
          body: new URLSearchParams(fields).toString(),
          headers: {
            ...headers,
            accept: "text/html",
            "content-type": "application/x-www-form-urlencoded",
            "sec-fetch-site": "same-origin"
          }
        })
      const made = yield* send("/keys/new", { name: "by a page", role: "reader", sensors: "1-3, x/*" })
      const [, id = ""] = /tm_([0-9a-f]{12})_[\w-]{43}/.exec(made.text) ?? []
      assert.deepStrictEqual([made.status, made.headers.get("cache-control")], [200, "no-store"], made.text)
      const listed = Effect.map(ask("/keys/", { headers: admin.headers }), ({ json }) =>
        (json as ReadonlyArray<KeyFacts>).find((key) => key.id === id)
      )
      assert.deepInclude(yield* listed, { name: "by a page", sensors: ["1-3", "x/*"], state: "active" })
      assert.strictEqual((yield* send("/keys/new", { name: "a:b", role: "reader" })).status, 400)
      assert.strictEqual(
        (yield* send("/keys/new", { name: "x", role: "reader" }, writer.headers)).status,
        403
      )
      assert.strictEqual((yield* send(`/keys/${id}/revoke`, {})).status, 303)
      assert.deepInclude(yield* listed, { state: "revoked", revoked_by: "a admin" })
    })
  )
})
