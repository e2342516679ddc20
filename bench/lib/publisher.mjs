// Publishes messages over raw sockets, QoS 1. Its argument is JSON:
//   port, kind (of payloads.mjs), messages, connections, from (time of the first reading, in ms since 1970)
//   window    each connection has at most so many in flight; or
//   rate      so many a second in all, whatever is acknowledged; or
//   gap       one at a time, this many ms after the acknowledgement before
//   startAt   when it begins, in ms since 1970, so that several do at once; without it as soon as it is connected
// Prints {messages, rows, seconds}, from the first packet to the last acknowledgement. With `rate` and `gap` {p50, p99} too:
// how long acknowledgements took, in ms. With `rate` that counts from when a message was due, not from when it was sent,
// so that one that the server holds up does not hide what others wait.
import { setTimeout as sleep } from "node:timers/promises"
import { connectClient, idOf, publishPacket } from "./mqtt.mjs"
import { KINDS } from "./payloads.mjs"
import { quantile } from "./results.mjs"

const { connections, from, gap, kind, messages, port, rate, startAt, window } = JSON.parse(process.argv[2])
const each = Math.floor(messages / connections)
const { message, rows } = KINDS[kind]
const packetsOf = (c) => Array.from({ length: each }, (_, n) => publishPacket(message(c, n, from), n))

/** All packets of one connection, a new piece as soon as half of what is in flight is acknowledged. */
const inWindow = (client, packets) =>
  new Promise((resolve, reject) => {
    let [sent, acknowledged] = [0, 0]
    const send = () => {
      const until = Math.min(packets.length, acknowledged + window)
      if (until <= sent) return
      client.send(packets.slice(sent, until))
      sent = until
    }
    client.onAck = () => {
      acknowledged += 1
      if (acknowledged === packets.length) resolve()
      else if (sent - acknowledged === Math.floor(window / 2)) send()
    }
    client.onClose = (error) =>
      reject(new Error(`after ${acknowledged} of ${packets.length}: ${error.message}`))
    send()
  })

const closed = async (clients, packets) => {
  await Promise.all(clients.map((client, c) => inWindow(client, packets[c])))
  return []
}

/** The `i`th message goes by connection `i % connections`, and is due at `i / rate` seconds. */
const open = (clients, packets) =>
  new Promise((resolve, reject) => {
    const total = each * connections
    const millis = new Float64Array(total)
    const waiting = clients.map(() => new Map())
    const started = performance.now()
    const dueAt = (i) => (i * 1_000) / rate
    let [next, acknowledged] = [0, 0]
    for (const [c, client] of clients.entries()) {
      client.onAck = (id) => {
        const i = waiting[c].get(id)
        millis[i] = performance.now() - started - dueAt(i)
        acknowledged += 1
        if (acknowledged === total) resolve(millis)
      }
      client.onClose = (error) => reject(new Error(`after ${acknowledged} of ${total}: ${error.message}`))
    }
    const tick = () => {
      const now = performance.now() - started
      const due = clients.map(() => [])
      for (; next < total && dueAt(next) <= now; next++) {
        const [c, n] = [next % connections, Math.floor(next / connections)]
        waiting[c].set(idOf(n), next)
        due[c].push(packets[c][n])
      }
      for (const [c, list] of due.entries()) if (list.length > 0) clients[c].send(list)
      if (next < total) setTimeout(tick, 1)
    }
    tick()
  })

const single = async ([client], [packets]) => {
  const millis = []
  for (const one of packets) {
    await sleep(gap)
    const sent = performance.now()
    await new Promise((resolve, reject) => {
      client.onAck = resolve
      client.onClose = reject
      client.send([one])
    })
    millis.push(performance.now() - sent)
  }
  return millis
}

const packets = Array.from({ length: connections }, (_, c) => packetsOf(c))
const clients = await Promise.all(
  Array.from({ length: connections }, (_, c) => connectClient(port, `bench-${process.pid}-${c}`))
)
if (startAt !== undefined) await sleep(startAt - Date.now())
const publish = rate !== undefined ? open : gap !== undefined ? single : closed
const started = performance.now()
const millis = await publish(clients, packets)
const seconds = (performance.now() - started) / 1_000
for (const client of clients) client.close()
const times = millis.length === 0 ? {} : { p50: quantile(millis, 0.5), p99: quantile(millis, 0.99) }
console.log(
  JSON.stringify({ messages: each * connections, rows: connections * rows(each), seconds, ...times })
)
