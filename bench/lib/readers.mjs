// Reads beside a load, until SIGTERM: readers that page, a page a second each, and one export of everything after another.
// Arguments: port, readers. Says that it reads, and at the end {pages, exports}.
import { Agent, request } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"

const [port, readers] = process.argv.slice(2).map(Number)
const FIRST = "/data/?limit=100"
const PERIOD_MS = 1_000
const agent = new Agent({ keepAlive: true, maxSockets: readers + 1 })
const counts = { pages: 0, exports: 0 }

/** Reads an answer to its end; gives the address of the next page, if there is one. */
const ask = (path) =>
  new Promise((resolve, reject) => {
    const asked = request({ port, path, agent, host: "127.0.0.1" }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`${path} was answered ${answer.statusCode}`))
      answer.on("end", () => resolve(/<(.*?)>; *rel="next"/.exec(answer.headers.link ?? "")?.[1]))
      answer.on("error", reject)
      answer.resume()
    })
    asked.on("error", reject)
    asked.end()
  })

const page = async (number) => {
  await sleep((number * PERIOD_MS) / readers)
  let path = FIRST
  for (let due = performance.now(); ; due += PERIOD_MS) {
    await sleep(Math.max(0, due - performance.now()))
    path = (await ask(path)) ?? FIRST
    counts.pages += 1
  }
}

const exportAll = async () => {
  for (;;) {
    await ask("/data.csv")
    counts.exports += 1
  }
}

process.once("SIGTERM", () => {
  console.log(JSON.stringify(counts))
  process.exit(0)
})
console.log("reading")
await Promise.all([exportAll(), ...Array.from({ length: readers }, (_, number) => page(number))])
