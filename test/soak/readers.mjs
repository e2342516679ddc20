// Readers that page through the log from its beginning, and again, until their time is over. Its argument is JSON:
// {port, seconds, readers, pauseMs}. Prints {pages, minutes: [{p50, p99}]}.
import { Agent, get } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { Latencies } from "./Latencies.mjs"

const { pauseMs, port, readers, seconds } = JSON.parse(process.argv[2])
const FIRST = "/data/?limit=100"
const agent = new Agent({ keepAlive: true, maxSockets: readers })
const latencies = new Latencies()
const started = performance.now()
let pages = 0

/** Reads one page; answers the address of the next one. */
const page = (path) =>
  new Promise((resolve, reject) => {
    get({ agent, host: "127.0.0.1", port, path }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`${path} was answered with ${answer.statusCode}`))
      answer.on("data", () => {})
      answer.on("end", () => resolve(/<(.*)>; rel="next"/.exec(answer.headers.link ?? "")?.[1]))
      answer.on("aborted", () => reject(new Error(`${path} was broken off`)))
    }).on("error", reject)
  })

const read = async () => {
  let path = FIRST
  while (performance.now() - started < seconds * 1_000) {
    const asked = performance.now()
    path = (await page(path)) ?? FIRST
    const now = performance.now()
    latencies.add(now - started, now - asked)
    pages += 1
    await sleep(pauseMs)
  }
}

await Promise.all(Array.from({ length: readers }, read))
console.log(JSON.stringify({ pages, minutes: latencies.minutes() }))
process.exit()
