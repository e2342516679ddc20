/**
 * A client as it should be, in its own process: publishes at QoS 1 at an even rate, and measures until each
 * acknowledgement. It ends when its input does, and prints what it saw.
 */
import mqtt from "mqtt"

const EVERY_MS = 20
const [, , port] = process.argv

const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
  clientId: "healthy",
  reconnectPeriod: 100
})
let closed = 0
client.on("close", () => {
  closed += 1
})
client.on("error", () => {})

const latencies = []
let published = 0
let failed = 0
const timer = setInterval(() => {
  const started = performance.now()
  published += 1
  client.publish("sensors/healthy", JSON.stringify({ value: published }), { qos: 1 }, (error) => {
    if (error) failed += 1
    else latencies.push(performance.now() - started)
  })
}, EVERY_MS)
console.log("ready")

process.stdin.resume()
process.stdin.once("end", async () => {
  clearInterval(timer)
  const end = performance.now() + 5_000
  while (latencies.length + failed < published && performance.now() < end)
    await new Promise((done) => setTimeout(done, 20))
  const dropped = closed
  client.end(true)
  latencies.sort((a, b) => a - b)
  const at = (share) => Math.round(latencies[Math.floor((latencies.length - 1) * share)] ?? -1)
  console.log(
    JSON.stringify({
      published,
      acknowledged: latencies.length,
      closed: dropped,
      p50: at(0.5),
      p99: at(0.99),
      max: at(1)
    })
  )
  process.exit(0)
})
