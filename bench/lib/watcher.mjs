// How soon a message can be seen. Publishes messages a second by one connection, reads the live stream, and asks GET /data/
// again and again for all that it has not seen yet. Arguments: MQTT port, HTTP port, messages, a second.
// Prints {page: {p50, p99}, stream: {p50, p99}} in ms, from when a message was due until an answer with it has come.
import { Agent, request } from "node:http"
import { connectClient, publishPacket } from "./mqtt.mjs"
import { KINDS } from "./payloads.mjs"
import { quantile } from "./results.mjs"

const [mqttPort, httpPort, messages, rate] = process.argv.slice(2).map(Number)
const STEP_MS = 1_000 / rate
/** The last message has been seen, or it never will be. */
const WAIT_MS_MAX = 30_000

/** A message is known by its time: they are a millisecond apart. */
const from = Date.now()
const made = Array.from({ length: messages }, (_, n) => KINDS.reading.message(0, n, from))
const packets = made.map(publishPacket)
const times = made.map(({ payload }) => JSON.parse(payload).timestamp)
const numbers = new Map(times.map((time, n) => [time, n]))

let started = Number.POSITIVE_INFINITY
const makeSight = () => ({ millis: new Float64Array(messages).fill(Number.NaN), first: 0, count: 0 })
const sights = { page: makeSight(), stream: makeSight() }

const see = (sight, time) => {
  const n = numbers.get(time)
  if (n === undefined || !Number.isNaN(sight.millis[n])) return
  sight.millis[n] = performance.now() - started - n * STEP_MS
  sight.count += 1
  while (sight.first < messages && !Number.isNaN(sight.millis[sight.first])) sight.first += 1
}

const agent = new Agent({ keepAlive: true })
const get = (path, onAnswer) =>
  new Promise((resolve, reject) => {
    const asked = request({ port: httpPort, path, agent, host: "127.0.0.1" }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`${path} was answered ${answer.statusCode}`))
      onAnswer(answer, resolve)
    })
    asked.on("error", reject)
    asked.end()
  })

const whole = (answer, resolve) => {
  const chunks = []
  answer.on("data", (chunk) => chunks.push(chunk))
  answer.on("end", () => resolve(JSON.parse(Buffer.concat(chunks).toString())))
}

/** Whole events are read; what is left of a chunk waits for the next. */
const events = (answer, resolve) => {
  resolve()
  let rest = ""
  answer.setEncoding("utf8").on("data", (text) => {
    const lines = (rest + text).split("\n")
    rest = lines.pop()
    for (const line of lines)
      if (line.startsWith("data: ")) see(sights.stream, JSON.parse(line.slice(6)).timestamp)
  })
}

const poll = async () => {
  const sight = sights.page
  while (sight.count < messages) {
    const rows = await get(`/data/?limit=1000&start_time=${times[sight.first]}`, whole)
    for (const { timestamp } of rows) see(sight, timestamp)
  }
}

const client = await connectClient(mqttPort, `bench-${process.pid}`)
client.onClose = (error) => {
  throw error
}
const timer = setTimeout(
  () => {
    const { page, stream } = sights
    throw new Error(
      `of ${messages} messages ${page.count} were seen by GET, and ${stream.count} in the stream`
    )
  },
  (messages * 1_000) / rate + WAIT_MS_MAX
)

await get("/data/stream/", events)
started = performance.now()
let next = 0
const publish = () => {
  const due = []
  for (; next < messages && next * STEP_MS <= performance.now() - started; next++) due.push(packets[next])
  if (due.length > 0) client.send(due)
  if (next < messages) setTimeout(publish, 1)
}
publish()
await poll()
while (sights.stream.count < messages) await new Promise(setImmediate)
clearTimeout(timer)
const quantiles = ({ millis }) => ({ p50: quantile(millis, 0.5), p99: quantile(millis, 0.99) })
console.log(JSON.stringify({ page: quantiles(sights.page), stream: quantiles(sights.stream) }))
process.exit()
