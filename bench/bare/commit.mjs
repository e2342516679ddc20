// One row and one commit of the driver after another, on an idle database. Arguments: dialect, where, commits, ms between
// them. Prints {p50} in ms.
import { setTimeout as sleep } from "node:timers/promises"
import { quantile } from "../lib/results.mjs"
import { openStore } from "./batches.mjs"

const [dialect, where, commits, gap] = process.argv.slice(2)
const store = await openStore(dialect, where)
const millis = []
for (let position = 1; position <= Number(commits); position++) {
  await sleep(Number(gap))
  const time = new Date(Date.UTC(2024, 0, 1) + position).toISOString().replace("Z", "000Z")
  const key = `${Date.parse(time).toString(16).padStart(12, "0")}${position.toString(16).padStart(20, "0")}`
  const started = performance.now()
  await store([[position, key, 1, time, 21]])
  millis.push(performance.now() - started)
}
console.log(JSON.stringify({ p50: quantile(millis, 0.5) }))
process.exit()
