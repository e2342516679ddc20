/**
 * The real program asked by clients of the Model Context Protocol: the SDK's, over both transports, and Python's, which
 * shares no code with it. TEST_PYTHON names a Python that has the package `mcp`.
 */
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, it } from "@effect/vitest"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import * as Effect from "effect/Effect"
import { describeDatabases, type TestDatabase } from "../support/databases.js"
import { PYTHON, pythonHas } from "../support/python.js"
import { folder, MAIN, startTidemark, type Tidemark } from "../support/tidemark.js"

const hasPython = pythonHas("mcp")

const SECRETS = { reader: "reads-9f1c", writer: "writes-77aa" } as const
const API_KEYS = Object.entries(SECRETS)
  .map(([role, secret]) => `${role}:${role}:${createHash("sha256").update(secret).digest("hex")}`)
  .join(",")

interface Question {
  readonly tool: string
  readonly arguments: Record<string, unknown>
}
interface Answer extends Record<string, unknown> {
  readonly position: number
  readonly as_of: string
  readonly repeat: Question
  readonly next?: Question
  readonly rows?: ReadonlyArray<Record<string, unknown>>
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const T = Math.floor(Date.now() / HOUR) * HOUR - 3 * HOUR
const time = (ms: number) => new Date(ms).toISOString()

const reading = (sensor_id: number, at: number, value: number) => ({
  sensor_id,
  timestamp: time(at),
  value,
  unit: "C",
  type: "temperature",
  description: sensor_id === 1 ? "Main Entrance" : "Kitchen"
})

const ICE_BATH = { unit: "C", segments: [{ scale: 2, offset: 1 }] }

/** Two sensors, a reading each 10 s of two hours: one has a gap, the other shows 0 from its second hour on. */
const readings = [
  ...Array.from({ length: 720 }, (_, i) => reading(1, T + i * 10_000, 20 + (i % 7))).filter(
    (_, i) => i < 200 || i >= 260
  ),
  ...Array.from({ length: 720 }, (_, i) => reading(2, T + i * 10_000, i < 360 ? 20 + (i % 9) : 0))
]

const send = async (tidemark: Tidemark, method: string, path: string, body?: unknown) => {
  const response = await fetch(tidemark.http + path, {
    method,
    headers: { authorization: `Bearer ${SECRETS.writer}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  assert.isBelow(response.status, 300, `${method} ${path}: ${await response.clone().text()}`)
  return response.json() as Promise<{ id: number }>
}

const sendAll = async (tidemark: Tidemark, rows: ReadonlyArray<unknown>) => {
  for (let from = 0; from < rows.length; from += 1_000)
    await send(tidemark, "POST", "/data/", rows.slice(from, from + 1_000))
}

const started = (database: TestDatabase) =>
  Effect.gen(function* () {
    const tidemark = yield* startTidemark({
      DATA_DIR: yield* folder,
      DATABASE_URL: yield* database.url,
      SIMULATE: "false",
      LOG_LEVEL: "none",
      API_KEYS
    })
    yield* Effect.promise(async () => {
      await tidemark.started()
      await sendAll(tidemark, readings)
      for (const id of [1, 2]) await send(tidemark, "PATCH", `/sensors/${id}`, { interval_ms: 10_000 })
      await send(tidemark, "PUT", "/sensors/1/calibration", ICE_BATH)
      await send(tidemark, "PUT", "/sensors/1/tags", { tags: { site: "berlin" } })
      await send(tidemark, "PUT", "/sensors/2/tags", { tags: { site: "paris" } })
    })
    return tidemark
  })

const stdio = (tidemark: Tidemark) => ({
  command: process.execPath,
  args: [MAIN, "mcp", "--http", tidemark.http],
  env: { PATH: process.env.PATH ?? "", TIDEMARK_API_KEY: SECRETS.reader }
})

const overHttp = ({ http }: Tidemark) =>
  new StreamableHTTPClientTransport(new URL(`${http}/mcp`), {
    requestInit: { headers: { authorization: `Bearer ${SECRETS.reader}` } }
  })

const connected = (transport: StreamableHTTPClientTransport | StdioClientTransport) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const client = new Client({ name: "test", version: "1" })
      await client.connect(transport)
      return client
    }),
    (client) => Effect.promise(() => client.close())
  )

const textOf = (content: unknown): string =>
  (content as ReadonlyArray<{ readonly text: string }>)[0]?.text ?? ""

const asking =
  (client: Client) =>
  async (question: Question): Promise<Answer> => {
    const { content, isError, structuredContent } = await client.callTool({
      name: question.tool,
      arguments: question.arguments
    })
    assert.notStrictEqual(isError, true, textOf(content))
    const answer = JSON.parse(textOf(content))
    assert.deepStrictEqual(structuredContent, answer)
    return answer
  }

const TOOLS = [
  ...["search_catalogue", "describe_data_set", "query_readings", "query_aggregates"],
  ...["check_quality", "find_gaps"]
]

const WINDOW = { start_time: time(T), end_time: time(T + 2 * HOUR) }
const QUESTIONS: ReadonlyArray<Question> = [
  { tool: "search_catalogue", arguments: { search: "temperature kitchen" } },
  { tool: "describe_data_set", arguments: { data_set: "sensor_data" } },
  { tool: "query_readings", arguments: { sensor_id: [1], start_time: "-24h", limit: 5, order: "desc" } },
  { tool: "query_aggregates", arguments: { ...WINDOW, interval: "1h" } },
  { tool: "check_quality", arguments: WINDOW },
  { tool: "check_quality", arguments: { sensor_id: 2 } },
  { tool: "find_gaps", arguments: WINDOW },
  {
    tool: "query_readings",
    arguments: { tag: "site:berlin", calibrated: "true", convert_to: "°F", order: "desc", limit: 1 }
  },
  {
    tool: "query_aggregates",
    arguments: { ...WINDOW, interval: "1h", tag: ["site:berlin"], calibrated: true, fields: "sensor_id,max" }
  },
  { tool: "query_aggregates", arguments: { ...WINDOW, interval: "1h", group_by: "site" } },
  { tool: "search_catalogue", arguments: { tag: "site:paris" } }
]

/** All that may change what was: late, corrected, deleted and new readings, another sensor, other words. */
const change = async (tidemark: Tidemark, ids: ReadonlyArray<number>) => {
  const [corrected = 0, deleted = 0] = ids
  await sendAll(tidemark, [
    ...Array.from({ length: 30 }, (_, i) => reading(1, T + (200 + i) * 10_000, 99)),
    ...Array.from({ length: 60 }, (_, i) => reading(2, T - i * 10_000, -5)),
    reading(2, Date.now(), 30),
    { ...reading(3, T + 5_000, 50), description: "Kitchen cellar" }
  ])
  await send(tidemark, "PUT", `/data/${corrected}`, reading(1, T + 719 * 10_000, 1_000))
  await send(tidemark, "DELETE", `/data/${deleted}`)
  await send(tidemark, "PATCH", "/sensors/2", { interval_ms: 1_000, type: "power", description: "Cooker" })
  await send(tidemark, "PUT", "/sensors/1/calibration", { segments: [] })
  await send(tidemark, "PUT", "/sensors/2/tags", { tags: { site: "berlin" } })
  await send(tidemark, "DELETE", "/sensors/1")
  await send(tidemark, "PUT", "/metadata/sensor_data", { owner: "Anna", description: "Other words." })
}

const post = (tidemark: Tidemark, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${tidemark.http}/mcp`, {
    method: "POST",
    headers: {
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      authorization: `Bearer ${SECRETS.reader}`,
      ...headers
    },
    body: JSON.stringify(body)
  })
const PING = { jsonrpc: "2.0", id: 1, method: "ping" }

describeDatabases("the Model Context Protocol", (database) => {
  it.scoped(
    "answers alike over HTTP and standard input, and the same again after all has changed",
    () =>
      Effect.gen(function* () {
        const tidemark = yield* started(database)
        const clients = [
          yield* connected(overHttp(tidemark)),
          yield* connected(new StdioClientTransport(stdio(tidemark)))
        ] as const
        const [http, spawned] = clients.map(asking) as [
          (question: Question) => Promise<Answer>,
          (question: Question) => Promise<Answer>
        ]
        yield* Effect.promise(async () => {
          for (const client of clients) {
            const { tools } = await client.listTools()
            assert.deepStrictEqual(
              tools.map(({ name }) => name),
              TOOLS
            )
            for (const { annotations, description, inputSchema } of tools) {
              assert.isTrue(annotations?.readOnlyHint)
              assert.isAbove(description?.length ?? 0, 100)
              for (const [name, schema] of Object.entries(inputSchema.properties ?? {})) {
                assert.property(schema, "type", name)
                assert.property(schema, "description", name)
              }
            }
          }
          const before: Array<Answer> = []
          for (const question of QUESTIONS) {
            const answer = await http(question)
            assert.strictEqual(answer.as_of, String(answer.position))
            assert.strictEqual(answer.repeat.tool, question.tool)
            before.push(answer)
          }
          const [found, described, latest, hours, scores, own, gaps, shaped, tagged, groups, paris] = before
          assert.deepInclude(found, { sensors_total: 1 })
          assert.deepInclude(described, {
            owner: null,
            start_time: time(T).replace("Z", "000Z"),
            end_time: time(T + 719 * 10_000).replace("Z", "000Z")
          })
          assert.deepStrictEqual(
            latest?.rows?.map(({ value }) => value),
            [719, 718, 717, 716, 715].map((i) => 20 + (i % 7))
          )
          assert.strictEqual(
            hours?.rows?.reduce((sum, { count }) => sum + Number(count), 0),
            readings.length
          )
          const checks = (answer: Answer | undefined) =>
            new Map(
              ((answer?.checks ?? []) as ReadonlyArray<{ check: string; failed: number }>).map((one) => [
                one.check,
                one.failed
              ])
            )
          assert.strictEqual(checks(scores).get("received"), 60)
          assert.strictEqual(checks(own).get("not_stuck"), 360)
          assert.isFalse(checks(scores).has("minutes_match"))
          assert.deepStrictEqual(
            gaps?.rows?.map(({ missing, sensor_id }) => [sensor_id, missing]),
            [[1, 60]]
          )
          assert.deepInclude(gaps, { interval_unknown: [], interval_unknown_total: 0 })
          assert.deepInclude(shaped?.rows?.[0], { sensor_id: 1, value: 123.8, unit: "°F", calibration: 1 })
          assert.deepStrictEqual(
            new Set(tagged?.rows?.map(({ max, sensor_id }) => [sensor_id, max].join())),
            new Set(["1,53"])
          )
          assert.deepStrictEqual(
            new Set(groups?.rows?.map(({ group, sensors }) => [group, sensors].join())),
            new Set(["berlin,1", "paris,1"])
          )
          assert.deepInclude(paris, { sensors_total: 1 })

          const ids = (latest?.rows ?? []).map(({ id }) => Number(id))
          await change(tidemark, ids)
          for (const answer of before) {
            assert.deepStrictEqual(await http(answer.repeat), answer)
            assert.deepStrictEqual(await spawned(answer.repeat), answer)
            const now = await spawned({
              tool: answer.repeat.tool,
              arguments: QUESTIONS[before.indexOf(answer)]?.arguments ?? {}
            })
            assert.isAbove(now.position, answer.position)
            const [then, later] = [answer, now].map(({ as_of, position, repeat, next, ...rest }) => rest)
            assert.notDeepEqual(later, then, answer.repeat.tool)
          }
          const later = await http({ tool: "find_gaps", arguments: WINDOW })
          assert.deepInclude(later, { interval_unknown_total: 1 })
          assert.deepStrictEqual(
            (later.interval_unknown as ReadonlyArray<{ sensor_id: number }>).map(
              ({ sensor_id }) => sensor_id
            ),
            [3]
          )
          const ofOne = await http({ tool: "find_gaps", arguments: { ...WINDOW, sensor_id: 2 } })
          assert.deepInclude(ofOne, { interval_unknown_total: 0 })
        })
      }),
    120_000
  )

  it.scoped(
    "bounds each answer, says how to go on, and why it refuses",
    () =>
      Effect.gen(function* () {
        const tidemark = yield* started(database)
        const client = yield* connected(overHttp(tidemark))
        const ask = asking(client)
        yield* Effect.promise(async () => {
          const pages: Array<Answer> = []
          for (
            let question: Question | undefined = {
              tool: "query_readings",
              arguments: { limit: 200, fields: "id" }
            };
            question !== undefined;
            question = pages.at(-1)?.next
          ) {
            pages.push(await ask(question))
          }
          assert.strictEqual(
            new Set(pages.flatMap(({ rows = [] }) => rows.map(({ id }) => id))).size,
            readings.length
          )
          assert.deepStrictEqual([...new Set(pages.map(({ as_of }) => as_of))].length, 1)

          for (const [tool, given, why] of [
            ["query_readings", { limit: 201 }, /limit must be an integer from 1 to 200/],
            ["query_readings", { sensors: [1] }, /no argument sensors. It has sensor_id/],
            ["query_readings", { start_time: "yesterday" }, /400: start_time/],
            ["query_readings", { as_of: "99999999" }, /beyond the last position/],
            ["query_aggregates", { interval: "7x" }, /400: interval/],
            ["query_aggregates", { group_by: "site", order: "desc" }, /400: .*order/],
            ["query_readings", { convert_to: "furlong" }, /400: convert_to/],
            ["check_quality", { sensor_id: 77 }, /404: There is no sensor 77/],
            ["describe_data_set", {}, /needs data_set/],
            ["describe_data_set", { data_set: "secrets" }, /There is no data set secrets/],
            ["drop_table", {}, /There is no tool drop_table/]
          ] as const) {
            const { content, isError } = await client.callTool({ name: tool, arguments: given })
            assert.isTrue(isError)
            assert.match(textOf(content), why)
          }
        })
      }),
    120_000
  )

  it.scoped.skipIf(!hasPython)(
    "is spoken with Python's client (skipped where it is not installed; MCP_PYTHON names a Python)",
    () =>
      Effect.gen(function* () {
        const tidemark = yield* started(database)
        const ask = asking(yield* connected(overHttp(tidemark)))
        yield* Effect.promise(async () => {
          const answers: Array<Answer> = []
          for (const question of QUESTIONS) answers.push(await ask(question))
          const questions = answers.map(({ repeat }) => repeat)
          const { args, command, env } = stdio(tidemark)
          for (const how of [
            { url: `${tidemark.http}/mcp`, key: SECRETS.reader },
            { command: [command, ...args], env }
          ]) {
            const script = fileURLToPath(new URL("ask.py", import.meta.url))
            const { stdout } = await promisify(execFile)(PYTHON, [
              script,
              JSON.stringify({ ...how, questions })
            ])
            assert.deepStrictEqual(JSON.parse(stdout), { tools: TOOLS, answers })
          }
        })
      }),
    120_000
  )
})

it.scoped(
  "/mcp asks for a key, refuses pages of other sites and batches, and takes POST alone",
  () =>
    Effect.gen(function* () {
      const env = { SIMULATE: "false", LOG_LEVEL: "none", TRUSTED_PROXIES: "127.0.0.1" }
      const keyed = yield* startTidemark({ ...env, DATA_DIR: yield* folder, API_KEYS })
      const open = yield* startTidemark({ ...env, DATA_DIR: yield* folder })
      yield* Effect.promise(async () => {
        await Promise.all([keyed.started(), open.started()])
        const statusOf = async (tidemark: Tidemark, headers: Record<string, string>, body: unknown = PING) =>
          (await post(tidemark, body, headers)).status
        assert.strictEqual(await statusOf(keyed, { authorization: "" }), 401)
        assert.strictEqual(await statusOf(keyed, { authorization: "Bearer wrong" }), 401)
        assert.deepStrictEqual(await (await post(keyed, PING)).json(), { jsonrpc: "2.0", id: 1, result: {} })
        assert.strictEqual(await statusOf(keyed, {}, [PING, PING]), 400)
        assert.strictEqual(await statusOf(keyed, { "content-type": "text/plain" }), 415)
        assert.strictEqual(await statusOf(keyed, {}, { ...PING, more: "x".repeat(2_000_000) }), 413)
        const get = await fetch(`${keyed.http}/mcp`, {
          headers: { authorization: `Bearer ${SECRETS.reader}` }
        })
        assert.deepStrictEqual([get.status, get.headers.get("allow")], [405, "POST"])

        assert.strictEqual(await statusOf(open, { origin: open.http }), 200)
        assert.strictEqual(await statusOf(open, { origin: "http://elsewhere.example" }), 403)
        assert.strictEqual(await statusOf(open, { origin: "null" }), 403)
        assert.strictEqual(await statusOf(open, { origin: "http://127.0.0.1:1" }), 403)
        // A name of somebody else's that leads here: its page sends a Host and an Origin that agree.
        const led = { origin: "http://led.example:8000", "x-forwarded-host": "led.example:8000" }
        assert.strictEqual(await statusOf(open, led), 403)
        assert.strictEqual(await statusOf(keyed, led), 200)
      })
    }),
  60_000
)
