/**
 * A process that publishes the numbered messages of a plan at QoS 1, as real devices do: over several connections,
 * each with a window of messages in flight; what is not acknowledged when a connection ends is sent again, in order,
 * on the next one. It speaks MQTT 3.1.1 by itself, so that nothing of what is tested helps in the test.
 *
 * Settings: one JSON argument (see Publisher.ts). The ledger, append-only, a line a fact, times in µs of the
 * machine's monotonic clock:
 *   A n   message n was acknowledged
 *   F t   the first acknowledgement of a new connection came at t
 * Commands by IPC: { do: "status" | "pause" | "resume" | "stop" }; `stop` answers when all is acknowledged.
 */
import { openSync, writeSync } from "node:fs"
import { createConnection } from "node:net"
import { payloadOf } from "./plan.mjs"

const options = JSON.parse(process.argv[2])
const ledger = openSync(options.ledger, "a")

const TICK_MS = 5
const RECONNECT_MS = 25
const CONNECT_TIMEOUT_MS = 5_000
/** Bytes that may wait in a socket before more is written to it. */
const WRITE_BUFFER_MAX = 262_144
const PACKET_IDS = 65_535

const CONNACK = 0x20
const PUBACK = 0x40

const monotonicMicros = () => Number(process.hrtime.bigint() / 1_000n)

const text = (value) => {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}

const packet = (type, body) => {
  const length = []
  for (let rest = body.length; length.length === 0 || rest > 0; rest = Math.floor(rest / 128)) {
    length.push((rest % 128) + (rest >= 128 ? 128 : 0))
  }
  return Buffer.concat([Buffer.from([type, ...length]), body])
}

const connectPacket = (clientId) =>
  packet(0x10, Buffer.concat([text("MQTT"), Buffer.from([4, 2, 0, 0]), text(clientId)]))

const publishPacket = (n, packetId, again) =>
  packet(
    again ? 0x3a : 0x32,
    Buffer.concat([
      text(options.topic),
      Buffer.from([packetId >> 8, packetId & 255]),
      Buffer.from(payloadOf(options.plan, numberOf(n)))
    ])
  )

/** Of several publishers each has its share of the plan's numbers. */
const { index: shareIndex, of: shares } = options.share
const numberOf = (n) => n * shares + shareIndex

const totals = { produced: 0, sent: 0, resent: 0, acked: 0, connects: 0, unexpected: 0, firstAt: 0 }
let paused = false
let stopping = false

/** One device: its messages are those whose number has its rest. */
class Connection {
  inFlight = new Map()
  again = []
  next
  packetId = 0
  socket = null
  accepted = false
  fresh = false
  rest = Buffer.alloc(0)

  constructor(index) {
    this.index = index
    this.next = index
    this.connect()
  }

  connect() {
    const socket = createConnection({ host: "127.0.0.1", port: options.port, noDelay: true })
    this.socket = socket
    this.rest = Buffer.alloc(0)
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => this.accepted || socket.destroy())
    socket.on("connect", () => socket.write(connectPacket(`${options.name}-${this.index}`)))
    socket.on("data", (chunk) => this.receive(chunk))
    socket.on("drain", () => this.pump())
    socket.on("error", () => {})
    socket.on("close", () => this.lost())
  }

  lost() {
    this.accepted = false
    this.again = [...this.inFlight.values(), ...this.again]
    this.inFlight.clear()
    setTimeout(() => this.connect(), RECONNECT_MS)
  }

  receive(chunk) {
    let bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    const lines = []
    while (bytes.length >= 2 && bytes.length >= 2 + bytes[1]) {
      // Nothing that comes here is longer than 127 bytes.
      const type = bytes[0] & 0xf0
      if (type === CONNACK) this.opened(bytes[3])
      if (type === PUBACK) this.acknowledged(bytes.readUInt16BE(2), lines)
      bytes = bytes.subarray(2 + bytes[1])
    }
    this.rest = bytes
    if (lines.length > 0) writeSync(ledger, lines.join(""))
    this.pump()
  }

  opened(code) {
    if (code !== 0) return this.socket.destroy()
    this.accepted = true
    this.fresh = true
    totals.connects += 1
  }

  acknowledged(packetId, lines) {
    const n = this.inFlight.get(packetId)
    if (n === undefined) {
      totals.unexpected += 1
      return
    }
    this.inFlight.delete(packetId)
    totals.acked += 1
    lines.push(`A ${numberOf(n)}\n`)
    if (!this.fresh) return
    this.fresh = false
    totals.firstAt = monotonicMicros()
    lines.push(`F ${totals.firstAt}\n`)
  }

  freeId() {
    do this.packetId = (this.packetId % PACKET_IDS) + 1
    while (this.inFlight.has(this.packetId))
    return this.packetId
  }

  pump() {
    if (!this.accepted) return
    this.socket.cork()
    while (this.inFlight.size < options.window && this.socket.writableLength < WRITE_BUFFER_MAX) {
      const again = this.again.length > 0
      if (!again && this.next >= totals.produced) break
      const n = again ? this.again.shift() : this.next
      if (!again) this.next += options.connections
      const packetId = this.freeId()
      this.inFlight.set(packetId, n)
      this.socket.write(publishPacket(n, packetId, again))
      if (again) totals.resent += 1
      else totals.sent += 1
    }
    this.socket.uncork()
  }
}

const connections = Array.from({ length: options.connections }, (_, index) => new Connection(index))
const status = () => ({ ...totals, produced: totals.produced * shares })

let credit = 0
let last = performance.now()
setInterval(() => {
  const now = performance.now()
  if (!paused && !stopping) credit += ((now - last) * options.rate) / 1_000
  last = now
  totals.produced = Math.min(options.count, Math.floor(credit))
  for (const connection of connections) connection.pump()
  if (stopping && totals.acked === totals.produced) process.send({ id: stopping, status: status() }, end)
}, TICK_MS)

const end = () => process.exit(0)
process.on("disconnect", end)
process.on("message", (command) => {
  if (command.do === "pause") paused = true
  if (command.do === "resume") paused = false
  if (command.do === "stop") stopping = command.id
  else process.send({ id: command.id, status: status() })
})
