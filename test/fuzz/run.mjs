/**
 * Requests and packets that nobody would send, by a seed, to a server of its own: everything is to be answered as the
 * contract says, or refused, and nobody else is to notice.
 *
 *   npm run test:fuzz -- --seed 7 [--requests 20000] [--packets 100000] [--connections 5000] [--seconds 900]
 *   npm run test:fuzz -- --seed 7 --only http:4711     one case again: http, raw or mqtt, with its number
 *
 * A tenth of the requests are raw bytes. It ends when --seconds have passed, whatever is left to do. --latency 2000 lets
 * acknowledgements take so long (ms, at p99; default 250), on a machine that has much else to do. Ends with code 1 where
 * something did not hold, and prints the case.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { fuzzHttp } from "./HttpRun.mjs"
import { fuzzMqtt, storm } from "./MqttRun.mjs"
import { dripSlowly, fuzzRaw } from "./RawRun.mjs"

const own = (name) => fileURLToPath(new URL(name, import.meta.url))
const MAIN = process.env.TIDEMARK_MAIN || own("../../dist/tidemark.cjs")
const FAILURES_MAX = 20
const STORM_MS = 10_000
const DRIPS = 40
const DRIP_MS = 500
/** A whole request may take 30 s to arrive; the rest is the server's turn to look. */
const DRIP_MS_MAX = 36_000
const REST_MS = 10_000
const GROWTH_MIB_MAX = 64
/** From half of the packets to all of them nothing is new: what grows then is a leak. In a short run all is new. */
const LATER_GROWTH_MIB_MAX = 24
const PACKETS_FOR_LATER = 500_000
const ACK_P99_MS_MAX = 250
/** The time for CONNECT; it begins when the server takes the connection. */
const CONNECT_MS = 5_000

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    requests: { type: "string", default: "20000" },
    packets: { type: "string", default: "100000" },
    connections: { type: "string", default: "5000" },
    seconds: { type: "string", default: "900" },
    rest: { type: "string", default: String(REST_MS / 1_000) },
    latency: { type: "string", default: String(ACK_P99_MS_MAX) },
    only: { type: "string" }
  }
})
const [seed, requests, packets, connections, seconds] = [
  ...[options.seed, options.requests, options.packets, options.connections, options.seconds].map(Number)
]
if (
  ![seed, requests, packets, connections, seconds].every((number) => Number.isInteger(number) && number >= 0)
) {
  console.error("--seed, --requests, --packets, --connections and --seconds take whole numbers")
  process.exit(2)
}
const [onlyPart, onlyNumber] = options.only?.split(":") ?? []
const until = performance.now() + seconds * 1_000
/** Where the time is short, packets get their share of it. */
const httpUntil = performance.now() + seconds * 600

const folder = mkdtempSync(join(tmpdir(), "tidemark-fuzz-"))
const server = spawn(process.execPath, ["--max-old-space-size=512", MAIN, "start"], {
  cwd: folder,
  env: {
    PATH: process.env.PATH,
    DATA_DIR: folder,
    HTTP_PORT: "0",
    MQTT_PORT: "0",
    SIMULATE: "false",
    LOG_LEVEL: "info"
  },
  stdio: ["ignore", "pipe", "pipe"]
})
const children = [server]
let log = ""
let ended = null
for (const stream of [server.stdout, server.stderr]) {
  stream.on("data", (chunk) => {
    log = (log + chunk).slice(-200_000)
  })
}
server.once("exit", (code, signal) => {
  ended = `the server ended: ${code ?? signal}`
  console.log(`${ended}; its log ends with\n${log.slice(-4_000)}`)
})
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL")
  rmSync(folder, { recursive: true, force: true })
})

const portsOf = async () => {
  for (let waited = 0; waited < 60_000 && ended === null; waited += 50) {
    const http = /http:\/\/[^\s]+:(\d+)\/health/.exec(log)?.[1]
    const mqtt = /mqtt:\/\/[^\s]+:(\d+) \(/.exec(log)?.[1]
    if (http !== undefined && mqtt !== undefined) return { http: Number(http), mqtt: Number(mqtt) }
    await sleep(50)
  }
  throw new Error(`the server did not start:\n${log}`)
}

/** Of a server that has ended, none. */
const memoryMiB = () =>
  ended === null
    ? Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]) / 1_024
    : 0

/** Something to read. */
const fill = async (port) => {
  const start = Date.UTC(2024, 5, 14)
  for (let sensor = 1; sensor <= 5; sensor++) {
    const readings = Array.from({ length: 500 }, (_, index) => ({
      ...{
        sensor_id: sensor,
        timestamp: new Date(start + index * 1_000).toISOString(),
        value: sensor + index / 10
      },
      ...{ unit: "C", type: "temperature", lat: 52.5, lng: 13.4 }
    }))
    const answer = await fetch(`http://127.0.0.1:${port}/data/`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(readings)
    })
    if (answer.status !== 201) throw new Error(`filling: ${await answer.text()}`)
    await answer.arrayBuffer().catch(() => {})
  }
}

/** Measures acknowledgements until it is stopped. */
const healthyClient = async (port) => {
  const child = spawn(process.execPath, [own("healthy.mjs"), String(port)], {
    stdio: ["pipe", "pipe", "inherit"]
  })
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  await lines.next()
  return async () => {
    child.stdin.end()
    const { value } = await lines.next()
    return JSON.parse(value)
  }
}

const failures = []
const show = ({ case: sent, fault, number, part }) => {
  const again = part === "all" ? "" : ` (again: --seed ${seed} --only ${part}:${number})`
  console.log(`FAILED ${part}${again}: ${fault}\n  ${sent}`)
}
const must = (holds, fault) => {
  if (!holds) failures.push({ part: "all", number: 0, case: "", fault })
}
const say = (name, figures) => console.log(`${name}: ${JSON.stringify(figures)}`)

/** Seconds of the processor that the server and this process have had: what a part costs on a machine of its own. */
const processorSeconds = () => {
  if (ended !== null) return { server: 0, own: 0 }
  const [user, system] = readFileSync(`/proc/${server.pid}/stat`, "utf8")
    .split(") ")[1]
    .split(" ")
    .slice(11, 13)
  const own = process.cpuUsage()
  return { server: (Number(user) + Number(system)) / 100, own: (own.user + own.system) / 1e6 }
}

/** Runs a part, and says what it did and what it took. */
const take = async (name, part) => {
  const [since, before] = [performance.now(), processorSeconds()]
  const { failures: found, ...figures } = await part
  const after = processorSeconds()
  say(name, {
    ...figures,
    seconds: Math.round((performance.now() - since) / 1_000),
    serverSeconds: Math.round(after.server - before.server),
    fuzzerSeconds: Math.round(after.own - before.own)
  })
  failures.push(...found)
  found.forEach(show)
}

const PROGRESS_MS = 10_000
const began = performance.now()
let told = began

/** Says how far a part is, once in a while. */
const tell = (part, made, count) => {
  const now = performance.now()
  if (now - told < PROGRESS_MS) return
  told = now
  console.log(`  ${Math.round((now - began) / 1_000)} s  ${part} ${made} of ${count}`)
}

const http = async ({ http: port }) => {
  const common = { port, seed, until: httpUntil, tell, failuresMax: FAILURES_MAX }
  if (onlyPart === undefined || onlyPart === "raw") {
    await take(
      "raw",
      fuzzRaw({ ...common, count: Math.ceil(requests / 10), only: onlyPart && Number(onlyNumber) })
    )
  }
  if (onlyPart === undefined || onlyPart === "http") {
    await take(
      "http",
      fuzzHttp({
        ...common,
        count: Math.floor((requests * 9) / 10),
        only: onlyPart && Number(onlyNumber)
      })
    )
  }
}

const mqtt = async ({ mqtt: port }) => {
  const common = { port, seed, until, tell, failuresMax: FAILURES_MAX }
  const withinMs = (STORM_MS * connections) / 5_000
  // What is made once and stays is no growth: the first packets and connections warm it up.
  if (onlyPart === undefined) {
    await fuzzMqtt({ ...common, seed: seed + 1, tell: () => {}, count: Math.min(20_000, packets / 5) })
    if (connections > 0) await storm({ port, connections, silentMsMax: 0, withinMs })
    await sleep(Number(options.rest) * 1_000)
  }
  const before = memoryMiB()
  let half = null
  const halving = (part, made, count) => {
    tell(part, made, count)
    if (made >= count / 2) half ??= memoryMiB()
  }
  const stop = await healthyClient(port)
  const only = onlyPart && Number(onlyNumber)
  await take("mqtt", fuzzMqtt({ ...common, tell: halving, count: packets, only }))
  const all = memoryMiB()
  if (onlyPart === undefined && connections > 0) {
    // Node takes one connection in each turn of its loop: how long that takes, the acknowledgements say.
    const silentMsMax = CONNECT_MS + 20 * Number(options.latency)
    const stormed = await storm({ port, connections, silentMsMax, withinMs })
    say("storm", stormed)
    must(
      stormed.silentLeft === 0,
      `${stormed.silentLeft} connections that say nothing live on after ${silentMsMax} ms`
    )
  }
  const healthy = await stop()
  say("healthy", healthy)
  must(
    healthy.acknowledged === healthy.published && healthy.closed === 0,
    "the healthy client was not served"
  )
  must(healthy.p99 <= Number(options.latency), `its acknowledgements took ${healthy.p99} ms at p99`)
  await sleep(Number(options.rest) * 1_000)
  const after = memoryMiB()
  const [beforeMiB, halfMiB, allMiB, afterMiB] = [before, half ?? all, all, after].map(Math.round)
  say("memory", { beforeMiB, halfMiB, allMiB, afterMiB })
  must(
    packets < PACKETS_FOR_LATER || allMiB - halfMiB <= LATER_GROWTH_MIB_MAX,
    `memory grew by ${allMiB - halfMiB} MiB in the second half of the packets`
  )
  must(
    onlyPart !== undefined || after - before <= GROWTH_MIB_MAX,
    `memory grew by ${Math.round(after - before)} MiB`
  )
}

/** None of them may live on when its time is over; a short run can't wait for that. */
const judgeDrips = (drips) => {
  const now = performance.now()
  const late = drips.filter(({ open, started }) => open && now - started > DRIP_MS_MAX)
  must(late.length === 0, `${late.length} slow requests live on after ${DRIP_MS_MAX} ms`)
  say("slow", { connections: drips.length, ended: drips.filter(({ open }) => !open).length })
  for (const { stop } of drips) stop()
}

const ports = await portsOf()
await fill(ports.http)
const drips = onlyPart === undefined ? dripSlowly(ports.http, DRIPS, DRIP_MS) : []
if (onlyPart !== "mqtt") await http(ports)
if (onlyPart === undefined || onlyPart === "mqtt") await mqtt(ports)
judgeDrips(drips)

must(ended === null, ended)
if (ended === null) {
  const health = await (await fetch(`http://127.0.0.1:${ports.http}/health`)).json()
  must(health.status === "ok", `the server is not well: ${JSON.stringify(health)}`)
}
// What the server calls a failure of its own, it logs with a cause.
const defects = log.split("\n").filter((line) => / level=(?:ERROR|FATAL) /.test(line))
must(defects.length === 0, `the log has ${defects.length} errors: ${defects.slice(0, 3).join("\n")}`)

for (const failure of failures.filter(({ part }) => part === "all")) show(failure)
console.log(`seed ${seed}: ${failures.length === 0 ? "all held" : `${failures.length} did not hold`}`)
process.exit(failures.length === 0 ? 0 : 1)
