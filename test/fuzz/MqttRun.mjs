/** Mutated packets over many connections, and a storm of connections of which half say nothing. */
import { connect } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { generate } from "mqtt-packet"
import { chanceOf, mutate } from "./Seed.mjs"

const AT_ONCE = 64
const PACKETS_MAX = 40
/** What a connection may take to end when its client sends nothing more, ms. */
const END_MS_MAX = 30_000
/** How long the answers to the last packets are waited for, ms. */
const LINGER_MS = 20

const TOPICS = ["sensors/1", "fuzz/a", "fuzz/b/c", "a/b/c/d/e", "$SYS/x", "ä/漢", "x".repeat(2_000)]
const FILTERS = [
  "#",
  "+/a",
  "fuzz/#",
  "$share/g/fuzz/#",
  "$SYS/#",
  "sensors/+",
  "a//b",
  "$share//x",
  "+",
  "x".repeat(3_000)
]
const PAYLOADS = ["21.5", '{"value":21.5}', "{", "", "\u0000", JSON.stringify({ sensor_id: 3, value: 1 })]

const propertiesOf = (chance, names) => {
  const all = {
    topicAlias: () => chance.pick([0, 1, 16, 17, 65_535]),
    messageExpiryInterval: () => chance.pick([0, 1, 4_294_967_295]),
    payloadFormatIndicator: () => chance.may(0.5),
    responseTopic: () => chance.pick(["r", "r/#"]),
    correlationData: () => Buffer.from("c"),
    userProperties: () => ({ a: "b", c: ["d", "e"] }),
    contentType: () => "text/plain",
    subscriptionIdentifier: () => chance.pick([1, 0, 268_435_455]),
    sessionExpiryInterval: () => chance.pick([0, 1, 60]),
    receiveMaximum: () => chance.pick([1, 10, 65_535]),
    maximumPacketSize: () => chance.pick([20, 1_000, 268_435_455]),
    topicAliasMaximum: () => chance.pick([0, 10])
  }
  return Object.fromEntries(names.filter(() => chance.may(0.25)).map((name) => [name, all[name]()]))
}

const connectOf = (chance, version, id) => ({
  cmd: "connect",
  protocolId: version === 3 ? "MQIsdp" : "MQTT",
  protocolVersion: version,
  clean: chance.may(0.8),
  clientId: chance.may(0.9) ? id : chance.pick(["", "shared", "x".repeat(300)]),
  keepalive: chance.pick([0, 1, 10, 60, 65_535]),
  ...(chance.may(0.1) ? { username: "u", password: Buffer.from("p") } : {}),
  ...(chance.may(0.1)
    ? {
        will: {
          topic: chance.pick(TOPICS),
          payload: Buffer.from("w"),
          qos: chance.below(3),
          retain: chance.may(0.5)
        }
      }
    : {}),
  ...(version === 5
    ? {
        properties: propertiesOf(chance, [
          "sessionExpiryInterval",
          "receiveMaximum",
          "maximumPacketSize",
          "topicAliasMaximum",
          "userProperties"
        ])
      }
    : {})
})

const packetOf = (chance, version) => {
  const messageId = chance.may(0.95) ? chance.whole(1, 100) : chance.pick([0, 65_535])
  const of5 = (names) => (version === 5 ? { properties: propertiesOf(chance, names) } : {})
  const makers = [
    () => ({
      ...{ cmd: "publish", topic: chance.pick(TOPICS), payload: chance.pick(PAYLOADS), qos: chance.below(3) },
      ...{ dup: chance.may(0.1), retain: chance.may(0.1), messageId },
      ...of5([
        "topicAlias",
        "messageExpiryInterval",
        "payloadFormatIndicator",
        "responseTopic",
        "correlationData",
        "userProperties",
        "contentType"
      ])
    }),
    () => ({
      ...{
        cmd: "subscribe",
        messageId,
        subscriptions: [{ topic: chance.pick(FILTERS), qos: chance.below(3), nl: false, rap: false, rh: 0 }]
      },
      ...of5(["subscriptionIdentifier", "userProperties"])
    }),
    () => ({
      cmd: "unsubscribe",
      messageId,
      unsubscriptions: [chance.pick(FILTERS)],
      ...of5(["userProperties"])
    }),
    () => ({ cmd: chance.pick(["puback", "pubrec", "pubrel", "pubcomp"]), messageId }),
    () => ({ cmd: "pingreq" }),
    () => ({ cmd: chance.may(0.2) ? "disconnect" : "pingreq" })
  ]
  return (chance.may(0.6) ? makers[0] : chance.pick(makers))()
}

const bytesOf = (packet, protocolVersion) => {
  try {
    return generate(packet, { protocolVersion })
  } catch {
    // mqtt-packet itself refuses it: something else instead.
    return Buffer.from([0xc0, 0])
  }
}

/** What a connection of a number sends: CONNECT, then packets, most of them with faults. */
const scriptOf = (chance, number) => {
  const version = chance.pick([3, 4, 4, 5, 5])
  const hello = bytesOf(connectOf(chance, version, `fuzz-${number}`), version)
  const packets = Array.from({ length: chance.whole(1, PACKETS_MAX) }, () => {
    const bytes = bytesOf(packetOf(chance, version), version)
    return chance.may(0.25) ? mutate(chance, bytes) : bytes
  })
  return [chance.may(0.1) ? mutate(chance, hello) : hello, ...packets]
}

/** Sends it in random pieces, ends, and waits for the end: gives how many packets were sent, or what was wrong. */
const play = (port, chance, script) =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    let sent = 0
    let fault = null
    const timer = setTimeout(() => {
      fault = `no end for ${END_MS_MAX} ms`
      socket.destroy()
    }, END_MS_MAX)
    socket.on("error", () => {})
    socket.resume()
    socket.on("close", () => {
      clearTimeout(timer)
      resolve({ sent, fault })
    })
    socket.on("connect", async () => {
      // The answer to CONNECT first: else a client that is refused sends all the rest to nobody.
      socket.write(script[0])
      sent += 1
      if (chance.may(0.9))
        await new Promise((answered) => {
          socket.once("data", answered)
          socket.once("close", answered)
          setTimeout(answered, 200)
        })
      for (const bytes of script.slice(1)) {
        if (socket.destroyed) return
        sent += 1
        if (!socket.write(bytes))
          await new Promise((drained) => {
            socket.once("drain", drained)
            socket.once("close", drained)
          })
      }
      await sleep(LINGER_MS)
      if (chance.may(0.5)) socket.destroy()
      else socket.end()
    })
  })

export const fuzzMqtt = async ({ count, failuresMax, only, port, seed, tell, until }) => {
  const failures = []
  let packets = 0
  let connections = 0
  let number = only ?? 0
  const isOver = () => (only === undefined ? packets >= count || performance.now() >= until : number > only)
  const work = async () => {
    while (!isOver() && failures.length < failuresMax) {
      const own = number
      number += 1
      const chance = chanceOf(seed, own)
      const script = scriptOf(chance, own)
      const { fault, sent } = await play(port, chance, script)
      packets += sent
      connections += 1
      tell("mqtt", packets, count)
      if (fault !== null) {
        failures.push({
          part: "mqtt",
          number: own,
          case: script.map((bytes) => bytes.subarray(0, 60).toString("hex")).join(" "),
          fault
        })
      }
    }
  }
  await Promise.all(Array.from({ length: only === undefined ? AT_ONCE : 1 }, work))
  return { made: packets, connections, failures }
}

/**
 * Opens connections evenly over a time; every second one says nothing, and may live for so long from the last one on. Gives
 * how they ended, once all have.
 */
export const storm = async ({ connections, port, silentMsMax, withinMs }) => {
  const hello = generate({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: true,
    clientId: "",
    keepalive: 30
  })
  const counts = { opened: 0, answered: 0, refused: 0, silentMs: 0 }
  const sockets = []
  const started = performance.now()
  for (let index = 0; index < connections; index++) {
    const due = started + (index * withinMs) / connections
    if (due > performance.now() + 2) await sleep(due - performance.now())
    const socket = connect(port, "127.0.0.1")
    sockets.push(socket)
    socket.on("error", () => {
      counts.refused += 1
    })
    socket.once("connect", () => {
      counts.opened += 1
      if (index % 2 === 1) {
        socket.write(hello)
        return
      }
      const since = performance.now()
      socket.once("close", () => {
        counts.silentMs = Math.max(counts.silentMs, Math.round(performance.now() - since))
      })
    })
    socket.once("data", () => {
      counts.answered += 1
    })
    socket.resume()
  }
  const tookMs = performance.now() - started
  // Those that say nothing are closed by the broker, the others by us.
  const isOpen = (index) => !sockets[index].destroyed
  for (
    let waited = 0;
    waited < silentMsMax && sockets.some((_, index) => index % 2 === 0 && isOpen(index));
    waited += 100
  )
    await sleep(100)
  const silent = sockets.filter((socket, index) => index % 2 === 0 && !socket.destroyed).length
  const ended = { ...counts }
  for (const socket of sockets) socket.destroy()
  return { ...ended, tookMs: Math.round(tookMs), silentLeft: silent }
}
