// The bare loop of ingest: the same broker, driver, table and durability, and nothing else. It trusts what it gets:
// no check, no key but a hash, no duplicates, one version, positions and sensors counted in memory.
import { createHash } from "node:crypto"
import { createServer } from "node:net"
import { Aedes } from "aedes"
import { openStore, writersOf } from "./batches.mjs"

const [dialect, where] = process.argv.slice(2)
const BATCH_ROWS = 1_000
const writers = writersOf(dialect)
const store = await openStore(dialect, where)
let position = 0

/** The time comes first in a key, so that keys are nearly in order, as Tidemark's are. */
const rowOf = (sensor, timestamp, value) => {
  position += 1
  const time = Date.parse(timestamp).toString(16).padStart(12, "0")
  const hash = createHash("sha256").update(`${sensor}|${timestamp}|${value}`).digest("hex")
  return [position, time + hash.slice(0, 20), sensor, timestamp, value]
}

const sensors = new Map()
const sensorOf = (name) => {
  const number = sensors.get(name) ?? 1_000_000_000 + sensors.size
  sensors.set(name, number)
  return number
}

const rowsOf = (payload) => {
  const { device, sensor_id, timestamp, ...rest } = JSON.parse(payload.toString())
  return device === undefined
    ? [rowOf(Number(sensor_id), timestamp, rest.value)]
    : Object.entries(rest).map(([metric, value]) => rowOf(sensorOf(`${device} ${metric}`), timestamp, value))
}

let waiting = []
let writing = 0

/** Messages whose rows fill a batch. */
const takeBatch = () => {
  let [rows, messages] = [0, 0]
  while (messages < waiting.length && rows < BATCH_ROWS) {
    rows += waiting[messages].rows.length
    messages += 1
  }
  const batch = waiting.slice(0, messages)
  waiting = waiting.slice(messages)
  return batch
}

const drain = async () => {
  writing += 1
  while (waiting.length > 0) {
    const batch = takeBatch()
    await store(batch.flatMap(({ rows }) => rows))
    for (const { done } of batch) done(null)
    // Sockets are read between batches, or a batch would never fill.
    await new Promise(setImmediate)
  }
  writing -= 1
}

const aedes = await Aedes.createBroker({
  concurrency: 0,
  authorizePublish: (client, packet, done) => {
    if (client === null) return done(null)
    waiting.push({ rows: rowsOf(packet.payload), done })
    if (writing < writers) {
      setImmediate(() => {
        if (writing < writers && waiting.length > 0) drain()
      })
    }
  }
})
const server = createServer(aedes.handle)
server.listen(0, "127.0.0.1", () => console.log(`mqtt port ${server.address().port}`))
process.once("SIGTERM", () => process.exit(0))
