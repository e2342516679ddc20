/** Several processes on one database, asked the same: which answers are one, and which say that they are one process'. */
import { connect } from "node:net"
import mqtt from "mqtt"
import { assert } from "vitest"
import type { Server } from "../chaos/kit/server.js"
import { until } from "../support/tidemark.js"

/** Each process tells the others how it does every 5 s; one that was killed is counted for 15 s more. */
const TOLD_MS_MAX = 25_000
/** What only one process knows when it happens, in all of these. */
const TURNS = 6

interface Health {
  readonly position: number
  readonly projections: unknown
  readonly owns: ReadonlyArray<{ readonly name: string }>
  readonly others: ReadonlyArray<{ readonly owns: ReadonlyArray<string> }>
  readonly warnings: ReadonlyArray<string>
}

const textOf = async (server: Server, path: string) => {
  const answer = await fetch(server.http + path)
  assert.strictEqual(answer.status, 200, `${path} of ${server.http}`)
  return answer.text()
}

const jsonOf = async <A>(server: Server, path: string): Promise<A> => JSON.parse(await textOf(server, path))

/** Waits until all answer alike, and so that it holds; gives the answer. */
const alike = async <A>(
  what: string,
  servers: ReadonlyArray<Server>,
  ask: (server: Server) => Promise<A>,
  holds: (answer: A) => boolean = () => true
): Promise<A> => {
  let last: ReadonlyArray<A> = []
  await until(what, TOLD_MS_MAX, async () => {
    last = await Promise.all(servers.map(ask))
    return new Set(last.map((one) => JSON.stringify(one))).size === 1 && last.every(holds)
  }).catch((error) => {
    for (const one of last.slice(1)) assert.deepStrictEqual(one, last[0], what)
    throw new Error(`${error}: all answer ${JSON.stringify(last[0])}`)
  })
  const [answer] = last
  if (answer === undefined) throw new Error("no process is there")
  return answer
}

/** What `/operations` shows, but for the table of parts: there the process that answers comes first. */
const operationsOf = async (server: Server) => {
  // What it says to copy names the process that answers.
  const html = (await textOf(server, "/operations")).replaceAll(server.http, "")
  const words = html.replace(/<section><h2>Parts<\/h2>.*?<\/section>/s, "").replace(/<[^>]+>/g, " ")
  return words.replace(/\s+/g, " ")
}

/** Sends what is no MQTT, and what is no reading: each to one of the processes. */
const misbehave = async (refuses: Server, rejects: Server) => {
  await new Promise<void>((resolve) => {
    const socket = connect(refuses.mqttPort, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\n\r\n"))
    socket.on("close", () => resolve()).on("error", () => undefined)
  })
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${rejects.mqttPort}`)
  await client.publishAsync("sensors/poison", "no reading", { qos: 1 })
  await client.endAsync()
}

let written = 0
const writeReading = async ({ http }: Server, value: number) => {
  written += 1
  const answer = await fetch(`${http}/data/`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      sensor_id: 4_711,
      timestamp: new Date(Date.now() - 60_000 + written * 10).toISOString(),
      value
    })
  })
  assert.strictEqual(answer.status, 201, await answer.clone().text())
}

/** What one process has just stored, each of the others answers at once; a copy that is old by it is known to be. */
const readsWrites = async (servers: ReadonlyArray<Server>) => {
  const newest = ({ http }: Server, etag = "none") =>
    fetch(`${http}/data/4711?limit=1000`, { headers: { "if-none-match": etag } })
  for (let turn = 0; turn < TURNS; turn++) {
    const writer = servers[turn % servers.length] ?? assert.fail("nobody is there")
    await writeReading(writer, turn)
    const [first, ...rest] = await Promise.all(servers.map((server) => newest(server)))
    const rows = (await first?.json()) as ReadonlyArray<{ readonly value: number }>
    assert.strictEqual(rows.at(-1)?.value, turn)
    const etag = first?.headers.get("etag") ?? ""
    for (const answer of rest) {
      assert.deepStrictEqual(await answer.json(), rows)
      assert.strictEqual(answer.headers.get("etag"), etag)
    }
    for (const server of servers) assert.strictEqual((await newest(server, etag)).status, 304)
    await writeReading(servers[(turn + 1) % servers.length] ?? writer, turn + 0.5)
    for (const server of servers) assert.strictEqual((await newest(server, etag)).status, 200)
  }
}

/** The processes are at rest: what differs then, differs by who answers. */
export const answerAlike = async (servers: ReadonlyArray<Server>, owned: ReadonlyArray<string>) => {
  const [first, second, third] = servers
  if (first === undefined || second === undefined || third === undefined) throw new Error("three are needed")
  await misbehave(first, second)
  await readsWrites(servers)
  await alike(
    "health of all",
    servers,
    async (server) => {
      const { others, owns, position, projections, warnings } = await jsonOf<Health>(server, "/health")
      const names = [...owns.map(({ name }) => name), ...others.flatMap((other) => other.owns)].sort()
      return { count: others.length, names, position, projections, warnings }
    },
    ({ count, names, warnings }) =>
      count === servers.length - 1 && names.join() === owned.join() && warnings.length === 0
  )
  const shown = await alike("operations", servers, operationsOf, (text) =>
    text.includes(`those of all ${servers.length} processes`)
  )
  const totals = await Promise.all(servers.map((server) => textOf(server, "/metrics")))
  const messages = totals.map((text) => Number(/^tidemark_messages_total (\d+)/m.exec(text)?.[1] ?? "NaN"))
  const sum = messages.reduce((all, one) => all + one, 0)
  assert.include(shown, `${sum.toLocaleString("en")} since the start`)
  await alike(
    "refused clients",
    servers,
    (server) => jsonOf<ReadonlyArray<unknown>>(server, "/refused_clients/"),
    (clients) => clients.length > 0
  )
  const end = new Date()
  const window = `start_time=${new Date(end.getTime() - 12 * 3_600_000).toISOString()}&end_time=${end.toISOString()}`
  for (const path of [
    ...[
      "/rejected/",
      "/imports/",
      "/sensors/",
      "/metadata/",
      "/alerts/",
      "/annotations/",
      "/events/?limit=100"
    ],
    ...["/data/?limit=1000", `/aggregated_data/range/?${window}&limit=1000`, "/data/data-quality/history/"],
    `/data/data-quality/?${window}`
  ])
    await alike(path, servers, async (server) => {
      const answer = await fetch(server.http + path)
      return { status: answer.status, etag: answer.headers.get("etag"), body: await answer.text() }
    }).then(({ body, status }) => assert.strictEqual(status, 200, `${path}: ${body}`))
}
