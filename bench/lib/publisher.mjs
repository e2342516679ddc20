// Publishes readings over raw sockets, QoS 1, from packets encoded beforehand, so that the server is the limit.
// Arguments: port, connections, messages, messages in flight a connection, seconds since 2024 of the first reading.
// Prints {seconds}: from the first packet to the last acknowledgement.
import { connect } from "node:net"

const [port, connections, messages, window, offset] = process.argv.slice(2).map(Number)
const SENSORS_PER_CONNECTION = 10
const START = Date.UTC(2024, 0, 1)

const field = (text) => {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}

const packet = (type, body) => {
  const length = []
  for (let rest = body.length; rest > 0 || length.length === 0; rest >>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest)
  }
  return Buffer.concat([Buffer.from([type, ...length]), body])
}

const publishPacket = (sensor, n) => {
  const timestamp = `${new Date(START + offset * 1_000 + n).toISOString().slice(0, 23)}${String(sensor % 1_000).padStart(3, "0")}Z`
  const payload = JSON.stringify({
    sensor_id: String(sensor),
    timestamp,
    value: 20 + (n % 1_000) / 100,
    metadata: { location: { lat: 10, lng: 10 }, unit: "C", type: "temperature", description: "Main Entrance" }
  })
  const id = (n % 65_535) + 1
  const body = [field(`sensors/${sensor}`), Buffer.from([id >> 8, id & 255]), Buffer.from(payload)]
  return packet(0x32, Buffer.concat(body))
}

/** One connection, its packets encoded: `run` sends them all, and ends when all are acknowledged. */
const makeClient = async (number, count) => {
  const packets = Array.from({ length: count }, (_, n) =>
    publishPacket(number * SENSORS_PER_CONNECTION + (n % SENSORS_PER_CONNECTION) + 1, n)
  )
  const socket = connect({ port, host: "127.0.0.1", noDelay: true })
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject))
  const hello = [field("MQTT"), Buffer.from([4, 2, 0, 0]), field(`bench-${process.pid}-${number}`)]
  socket.write(packet(0x10, Buffer.concat(hello)))
  const [answer] = await new Promise((resolve) => socket.once("data", (chunk) => resolve([chunk])))
  if (answer[0] !== 0x20 || answer[3] !== 0) throw new Error("the broker refused the connection")
  const run = () =>
    new Promise((resolve, reject) => {
      let sent = 0
      let acknowledged = 0
      let odd = 0
      const send = () => {
        const until = Math.min(count, acknowledged + window)
        if (until <= sent) return
        socket.write(Buffer.concat(packets.slice(sent, until)))
        sent = until
      }
      socket.on("data", (chunk) => {
        // Each acknowledgement is four bytes, and nothing else comes.
        odd += chunk.length
        acknowledged += Math.floor(odd / 4)
        odd %= 4
        if (acknowledged === count) resolve()
        else if (sent - acknowledged <= window / 2) send()
      })
      socket.once("close", () => reject(new Error(`closed after ${acknowledged} of ${count}`)))
      send()
    })
  return { run, close: () => socket.removeAllListeners("close").destroy() }
}

const each = Math.floor(messages / connections)
const clients = await Promise.all(Array.from({ length: connections }, (_, n) => makeClient(n, each)))
const started = performance.now()
await Promise.all(clients.map((client) => client.run()))
const seconds = (performance.now() - started) / 1_000
for (const client of clients) client.close()
console.log(JSON.stringify({ seconds, messages: each * connections }))
