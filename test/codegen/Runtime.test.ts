/** What a generated client does with answers, without a server: `fetch` is the test's. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, afterEach, assert, beforeAll, describe, it, vi } from "@effect/vitest"
import { clientText } from "../../src/cli/ClientCommand.js"
import { stripped } from "./compile.js"

type Method = (...args: ReadonlyArray<unknown>) => unknown
interface Module {
  readonly TidemarkClient: new (options: object) => Record<string, Method>
  readonly ndjsonRows: (response: Response) => AsyncIterable<unknown>
  readonly rowsOf: (pages: unknown) => AsyncIterable<unknown>
}

const own = mkdtempSync(join(tmpdir(), "tidemark-client-"))
let module: Module
beforeAll(async () => {
  writeFileSync(join(own, "client.ts"), clientText())
  writeFileSync(join(own, "client.mjs"), stripped(join(own, "client.ts")))
  module = await import(pathToFileURL(join(own, "client.mjs")).href)
})
afterAll(() => rmSync(own, { recursive: true, force: true }))
afterEach(() => vi.useRealTimers())

interface Asked {
  readonly url: string
  readonly headers: Headers
  readonly body: unknown
}

/** A client whose requests get these answers, in their order. */
const answered = (answers: ReadonlyArray<Response | Error>, options: object = {}) => {
  const asked: Array<Asked> = []
  const client = new module.TidemarkClient({
    baseUrl: "https://example.org/tide/",
    ...options,
    fetch: async (url: string, init: RequestInit) => {
      const answer = answers[asked.length]
      asked.push({ url, headers: new Headers(init.headers), body: init.body })
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error("nobody answers")
      return answer
    }
  })
  const call = (name: string, ...args: ReadonlyArray<unknown>): unknown => client[name]?.(...args)
  return { asked, call }
}

const json = (value: unknown, headers: Record<string, string> = {}, status = 200) =>
  new Response(JSON.stringify(value), { status, headers: { "content-type": "application/json", ...headers } })
const streamed = (bytes: Uint8Array, size: number) =>
  new Response(
    new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size))
        controller.close()
      }
    })
  )
const encoded = (text: string) => new TextEncoder().encode(text)
const collect = async <A>(all: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const found: Array<A> = []
  for await (const one of all) found.push(one)
  return found
}
const failure = (promise: unknown): Promise<unknown> =>
  (promise as Promise<unknown>).then(
    () => assert.fail("it should fail"),
    (error: unknown) => error
  )

describe("a generated client", () => {
  it("puts parameters, headers, body and key where they belong, behind a prefix too", async () => {
    const { asked, call } = answered([json([]), json({}), json({})], { key: "secret" })
    await call("listReadings", { sensor_id: [1, 2], type: undefined, start_time: "-24h" })
    await call("clientTally", { client_id: "a/b c" })
    await call("replaceReading", { data_id: 5, reason: "a&b", "If-Match": '"4"', body: { value: 1 } })
    assert.deepStrictEqual(
      asked.map(({ url }) => url.replace("https://example.org/tide", "")),
      ["/data?sensor_id=1&sensor_id=2&start_time=-24h", "/clients/a%2Fb%20c", "/data/5?reason=a%26b"]
    )
    for (const { headers } of asked) assert.strictEqual(headers.get("authorization"), "Bearer secret")
    assert.strictEqual(asked[2]?.headers.get("if-match"), '"4"')
    assert.strictEqual(asked[2]?.headers.get("content-type"), "application/json")
    assert.strictEqual(asked[2]?.body, '{"value":1}')
  })

  it("follows the links of pages below its own prefix, and stops where there is none", async () => {
    const link = { link: '</data/?start_time=2024&cursor=a%2Bb>; rel="next"' }
    const { asked, call } = answered([json([1, 2], link), json([3])])
    const rows = await collect(module.rowsOf(call("listReadingsPages", { start_time: "-24h", limit: 2 })))
    assert.deepStrictEqual(rows, [1, 2, 3])
    assert.strictEqual(asked[1]?.url, "https://example.org/tide/data?start_time=2024&cursor=a%2Bb")
  })

  it("tells a problem with its fields, another body as it is, and the network's failure untouched", async () => {
    const problem = {
      type: "urn:tidemark:problem:overloaded",
      title: "",
      status: 503,
      detail: "too much",
      errors: []
    }
    const headers = { "content-type": "application/problem+json", "retry-after": "7" }
    const gone = new TypeError("fetch failed")
    const page = new Response("<html>", { status: 502, statusText: "Bad Gateway" })
    const { call } = answered([json(problem, headers, 503), page, gone])
    const refused = await failure(call("listReadings"))
    assert.deepInclude(refused as object, { name: "TidemarkError", status: 503, problem, retryAfter: 7 })
    assert.strictEqual(String(refused), "TidemarkError: Data.listReadings: 503 too much")
    assert.deepInclude((await failure(call("health"))) as object, {
      status: 502,
      problem: undefined,
      body: undefined
    })
    assert.strictEqual(await failure(call("ping")), gone)
  })

  it("reads NDJSON whole, wherever the bytes are parted", async () => {
    const bytes = encoded('{"a":"°"}\n\n{"a":"€"}\r\n{"a":3}')
    for (const size of [1, 2, 3, 100]) {
      const rows = await collect(module.ndjsonRows(streamed(bytes, size)))
      assert.deepStrictEqual(rows, [{ a: "°" }, { a: "€" }, { a: 3 }])
    }
  })

  it("goes on behind the last event when a stream breaks off, and ends when it is refused", async () => {
    vi.useFakeTimers()
    const first = encoded(
      ': hello\nevent: recorded\nid: 4\ndata: {"id":\ndata: 1}\n\nevent: recorded\nid: 5\ndata: {'
    )
    const second = encoded('event: deleted\nid: 6\ndata: {"id":2}\n\n')
    const { asked, call } = answered([
      streamed(first, 5),
      new TypeError("fetch failed"),
      streamed(second, 100),
      json({}, {}, 401)
    ])
    const events: Array<unknown> = []
    const reading = failure(
      (async () => {
        for await (const event of call("streamReadings") as AsyncIterable<unknown>) events.push(event)
      })()
    )
    await vi.advanceTimersByTimeAsync(10_000)
    assert.deepInclude((await reading) as object, { status: 401 })
    assert.deepStrictEqual(events, [
      { event: "recorded", id: "4", data: { id: 1 } },
      { event: "deleted", id: "6", data: { id: 2 } }
    ])
    assert.deepStrictEqual(
      asked.map(({ headers }) => headers.get("last-event-id")),
      [null, "4", "4", "6"]
    )
  })

  it("gives up at once where the first connection fails", async () => {
    const { asked, call } = answered([new TypeError("fetch failed")])
    await failure(collect(call("streamReadings") as AsyncIterable<unknown>))
    assert.lengthOf(asked, 1)
  })
})
