// Publishes at an even rate until its time is over, QoS 1, and measures each acknowledgement from when its message was
// due. Its argument is JSON: {port, rate, seconds, connections, sensors}. Prints {acknowledged, minutes: [{p50, p99}]}.
import { connectClient, idOf, publishPacket } from "../../bench/lib/mqtt.mjs"
import { Latencies } from "./Latencies.mjs"

const { connections, port, rate, seconds, sensors } = JSON.parse(process.argv[2])
const TICK_MS = 5
const total = rate * seconds
const clients = await Promise.all(
  Array.from({ length: connections }, (_, c) => connectClient(port, `soak-${process.pid}-${c}`))
)
const latencies = new Latencies()
const start = Date.now()
const started = performance.now()
const dueAt = (n) => (n * 1_000) / rate

/** The micros of when a message is due are its device time: no sensor has two of one time. */
const messageOf = (n) => {
  const sensor = 1 + (n % sensors)
  const micros = Math.round(dueAt(n) * 1_000)
  const time = new Date(start + Math.floor(micros / 1_000)).toISOString().slice(0, 23)
  return {
    topic: `sensors/${sensor}`,
    payload: JSON.stringify({
      sensor_id: String(sensor),
      timestamp: `${time}${String(micros % 1_000).padStart(3, "0")}Z`,
      value: Math.round((20 + Math.sin(n / 5_000) + (n % 7) / 10) * 100) / 100,
      metadata: { unit: "C", type: "temperature", description: `Soak ${sensor}` }
    })
  }
}

await new Promise((resolve, reject) => {
  let [next, acknowledged] = [0, 0]
  for (const client of clients) {
    client.waiting = new Map()
    client.onAck = (id) => {
      const n = client.waiting.get(id)
      client.waiting.delete(id)
      const now = performance.now() - started
      latencies.add(now, now - dueAt(n))
      acknowledged += 1
      if (acknowledged === total) resolve()
    }
    client.onClose = (error) => reject(new Error(`after ${acknowledged} of ${total}: ${error.message}`))
  }
  const tick = () => {
    const now = performance.now() - started
    const due = clients.map(() => [])
    for (; next < total && dueAt(next) <= now; next++) {
      const c = next % connections
      const ofConnection = Math.floor(next / connections)
      clients[c].waiting.set(idOf(ofConnection), next)
      due[c].push(publishPacket(messageOf(next), ofConnection))
    }
    for (const [c, packets] of due.entries()) if (packets.length > 0) clients[c].send(packets)
    if (next < total) setTimeout(tick, TICK_MS)
  }
  tick()
})
for (const client of clients) client.close()
console.log(JSON.stringify({ acknowledged: total, minutes: latencies.minutes() }))
