/**
 * The generated client: it compiles under strict options, its types refuse what the contract does not have, and it
 * calls every endpoint of the contract against the whole program, whose answers are what the document says.
 */
import { createHash } from "node:crypto"
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import * as OpenApi from "@effect/platform/OpenApi"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Ajv2020 } from "ajv/dist/2020.js"
import * as Effect from "effect/Effect"
import { TidemarkApi } from "../../src/api/TidemarkApi.js"
import { clientText } from "../../src/cli/ClientCommand.js"
import { folder, startTidemark, until } from "../support/tidemark.js"
import { BROWSER, diagnose, type Found, NODE, snippets, stripped } from "./compile.js"

type Json = Readonly<Record<string, unknown>>
const isJson = (input: unknown): input is Json =>
  typeof input === "object" && input !== null && !Array.isArray(input)

const spec: Json = { ...OpenApi.fromApi(TidemarkApi) }
const USES = fileURLToPath(new URL("uses/", import.meta.url))

/** The client in a folder of its own, beside what uses it. */
const write = (own: string) => {
  writeFileSync(join(own, "package.json"), '{"type":"module"}')
  writeFileSync(join(own, "client.ts"), clientText())
  for (const file of ["calls.ts", "wrong.ts"]) copyFileSync(join(USES, file), join(own, file))
  writeFileSync(join(own, "docs.ts"), snippets("docs/clients.md")[0] ?? "")
}

interface Operation {
  readonly id: string
  readonly method: string
  /** As the document has it. */
  readonly template: string
  readonly path: RegExp
  readonly responses: Json
}

/** The operations of the document, names before parameters, as the server finds them. */
const operations: ReadonlyArray<Operation> = Object.entries(spec.paths as Record<string, Json>)
  .sort(([a], [b]) => Number(a.includes("{")) - Number(b.includes("{")))
  .flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, operation]) =>
      isJson(operation) && isJson(operation.responses)
        ? [
            {
              id: String(operation.operationId),
              method: method.toUpperCase(),
              template: path,
              path: new RegExp(`^${path.replace(/\{[^}]+\}/g, "[^/]+")}$`),
              responses: operation.responses
            }
          ]
        : []
    )
  )

/** Closed schemas: a field that the document does not have is found. */
const closed = (input: unknown): unknown => {
  if (Array.isArray(input)) return input.map(closed)
  if (!isJson(input)) return input
  const all = Object.fromEntries(Object.entries(input).map(([key, value]) => [key, closed(value)]))
  return isJson(input.properties) && input.type === "object" ? { ...all, additionalProperties: false } : all
}
const SPEC = "https://tidemark.example/openapi.json"
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
ajv.addSchema({ $id: SPEC, ...(closed(spec) as object) })

const pointer = (parts: ReadonlyArray<string>) =>
  parts.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")

interface Seen {
  readonly id: string
  readonly status: number
}

/** Holds an answer to the document, and says which operation it is of. */
const judged = async (init: RequestInit | undefined, url: string, response: Response): Promise<Seen> => {
  const { pathname } = new URL(url)
  const method = init?.method ?? "GET"
  const operation = operations.find((one) => one.method === method && one.path.test(pathname))
  if (operation === undefined) throw new Error(`the document has no ${method} ${pathname}`)
  const { status } = response
  const said = operation.responses[String(status)]
  if (!isJson(said)) throw new Error(`${operation.id}: the document has no ${status}`)
  const type = response.headers.get("content-type")?.split(";")[0] ?? ""
  const content = isJson(said.content) ? said.content : {}
  if (type !== "") assert.include(Object.keys(content), type, `${operation.id} ${status}`)
  if (operation.id === "System.openapi") {
    assert.deepStrictEqual(await response.clone().json(), JSON.parse(JSON.stringify(spec)))
  } else if (type.endsWith("json") && type !== "application/x-ndjson") {
    const within = ["responses", String(status), "content", type, "schema"]
    const at = ["paths", operation.template, method.toLowerCase(), ...within]
    const valid = ajv.validate({ $ref: `${SPEC}#/${pointer(at)}` }, await response.clone().json())
    assert.isTrue(valid, `${operation.id} ${status}: ${ajv.errorsText()}`)
  }
  return { id: operation.id, status }
}

type Rows = AsyncIterable<ReadonlyArray<unknown>>
type Client = Record<string, (...args: ReadonlyArray<unknown>) => unknown>
interface Modules {
  readonly client: {
    readonly TidemarkClient: new (options: object) => Client
    readonly TidemarkError: new (...args: ReadonlyArray<unknown>) => Error
    readonly ndjsonRows: (response: unknown) => AsyncIterable<unknown>
    readonly rowsOf: (pages: unknown) => AsyncIterable<unknown>
  }
  readonly calls: {
    readonly calls: Readonly<Record<string, (client: Client, state: object) => Promise<unknown>>>
    readonly NEEDED: Readonly<Record<string, object>>
  }
}

const imported = (own: string) =>
  Effect.promise(async (): Promise<Modules> => {
    for (const name of ["client", "calls"]) {
      writeFileSync(join(own, `${name}.js`), stripped(join(own, `${name}.ts`)))
    }
    const load = (name: string) => import(pathToFileURL(join(own, name)).href)
    return { client: await load("client.js"), calls: await load("calls.js") }
  })

const count = async (rows: AsyncIterable<unknown>): Promise<number> => {
  let n = 0
  for await (const _ of rows) n++
  return n
}

/** One of its calls makes a key: from then on nobody comes in without. */
const KEY = "secret-of-this-test"
const API_KEYS = `owner:admin:${createHash("sha256").update(KEY).digest("hex")}`
const headers = { "x-api-key": KEY }

const running = Effect.flatMap(folder, (data) =>
  Effect.flatMap(
    startTidemark({ DATA_DIR: data, API_KEYS, SIMULATE: "false", ALERT_WEBHOOK_URL: "http://127.0.0.1:9/" }),
    (server) => Effect.promise(() => server.started())
  )
)

describe("the generated client", () => {
  const own = mkdtempSync(join(tmpdir(), "tidemark-client-"))
  let compiled: ReadonlyArray<Found> = []
  beforeAll(() => {
    write(own)
    compiled = diagnose(own, ["client.ts", "calls.ts", "docs.ts", "wrong.ts"], BROWSER)
  })
  afterAll(() => rmSync(own, { recursive: true, force: true }))

  it("compiles under strict options, for browsers and for Node, and so do its users", () => {
    assert.deepStrictEqual(
      compiled.filter(({ file }) => file !== "wrong.ts"),
      []
    )
    assert.deepStrictEqual(diagnose(own, ["client.ts"], NODE), [])
    assert.notMatch(clientText(), /^import|\bfrom "|: any\b|<any>|\bas any\b|ts-ignore|ts-expect/m)
  })

  it("refuses a wrong field when it is compiled", () => {
    const expected = readFileSync(join(own, "wrong.ts"), "utf8")
      .split("\n")
      .flatMap((text, i) => (/\/\/ (TS\d+)$/.exec(text) ?? []).slice(1).map((code) => `${i + 1} ${code}`))
    const wrong = compiled.filter(({ file }) => file === "wrong.ts")
    assert.isAbove(expected.length, 10)
    assert.deepStrictEqual(
      wrong.map(({ code, line }) => `${line} ${code}`),
      expected
    )
    const messages = wrong.map(({ message }) => message).join("\n")
    assert.include(messages, "'temperature' does not exist on type 'Reading'")
    assert.include(messages, "'colour' does not exist in type 'ReplacementInput'")
  })

  it.scoped("calls every endpoint of the contract, and each answer is what the document says", () =>
    Effect.gen(function* () {
      const { calls, client } = yield* imported(own)
      const server = yield* running
      const seen: Array<Seen> = []
      const fetching = async (url: string, init?: RequestInit) => {
        const response = await fetch(url, init)
        seen.push(await judged(init, url, response))
        return response
      }
      const asked = new client.TidemarkClient({ baseUrl: `${server.http}/`, headers, fetch: fetching })
      assert.sameMembers(
        Object.keys(calls.calls),
        operations.map(({ id }) => id),
        "test/codegen/uses/calls.ts calls each endpoint"
      )
      yield* Effect.promise(async () => {
        const state = {}
        for (const [id, call] of Object.entries(calls.calls)) {
          const before = seen.length
          await call(asked, state)
          const own = seen.slice(before).filter((one) => one.id === id)
          assert.isTrue(
            own.some(({ status }) => status < 300),
            `${id} succeeded`
          )
          if (id === "Data.recordReadings") {
            await until("the minutes to be folded", 20_000, async () => {
              const response = await fetch(`${server.http}/aggregated_data/`, { headers })
              return ((await response.json()) as ReadonlyArray<unknown>).length > 0
            })
          }
        }
        await everyList(asked, client, calls.NEEDED)
      })
    })
  )
})

/** Each list by its pages and as NDJSON: the same rows. */
const everyList = async (asked: Client, client: Modules["client"], needed: Modules["calls"]["NEEDED"]) => {
  const lists = Object.getOwnPropertyNames(Object.getPrototypeOf(asked)).filter((name) => /Pages$/.test(name))
  assert.isAbove(lists.length, 10)
  for (const list of lists) {
    const name = list.replace(/Pages$/, "")
    const ask = needed[name] ?? {}
    const pages = await count(client.rowsOf(asked[list]?.({ ...ask, limit: 2 }) as Rows))
    const lines = await count(client.ndjsonRows(await asked[`${name}As`]?.({ ...ask, format: "ndjson" })))
    assert.strictEqual(pages, lines, name)
  }
  for (const format of ["csv", "parquet", "arrow"]) {
    const response = (await asked.listReadingsAs?.({ format })) as Response
    assert.isAbove((await response.arrayBuffer()).byteLength, 100, format)
  }
}
