/** What users of the broker may do to each other over real sockets: nothing that their role and scope do not say. */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { IConnectPacket, Packet } from "mqtt-packet"
import { type Login, loginsOf, type MqttLogins } from "../../../src/broker/embedded/MqttLogins.js"
import { RefusedClients, RefusedList } from "../../../src/broker/embedded/RefusedClients.js"
import { hashSecret, parseCredentials } from "../../../src/config/Credentials.js"
import { connectClient, publish, startBroker, TestSink, until } from "../support.js"
import { publishPacket, talk } from "./wire.js"

const user = (name: string, role: string, sensors = "") =>
  `${name}:${role}:${hashSecret(`of ${name}`)}${sensors === "" ? "" : `:${sensors}`}`
const users = loginsOf(
  Either.getOrThrow(
    parseCredentials(
      [
        user("press", "device"),
        user("pump", "device", "pump/*;42"),
        user("ann", "reader"),
        user("bob", "writer"),
        user("root", "admin")
      ].join()
    )
  )
)

const open = () => {
  const sink = new TestSink()
  sink.open = true
  return sink
}
const broker = (logins: MqttLogins = users) => startBroker({ logins }, open())
const login = (name: string) => ({ username: name, password: Buffer.from(`of ${name}`) })
const as = (name: string, clientId = name) => ({ ...login(name), clientId })
const V5 = { protocolVersion: 5 } as const
const codesOf = (packets: ReadonlyArray<Packet>) =>
  packets.map((packet) => [
    packet.cmd,
    "reasonCode" in packet ? packet.reasonCode : "granted" in packet ? packet.granted : undefined
  ])
const will = (topic: string) => ({ topic, payload: Buffer.from("gone"), qos: 1, retain: false }) as const
const topicsOf = (sink: TestSink) => sink.messages.map(({ topic }) => topic)

describe("a message that its client may not publish", () => {
  it.scopedLive("is refused by 0x87 in MQTT 5, counted, and never reaches the log", () => {
    const refused = new RefusedList()
    return Effect.gen(function* () {
      const { port, sink } = yield* broker()
      const { next, send } = yield* talk(port, { ...V5, ...as("press") })
      send(
        publishPacket("sensors/press", "1", 1),
        publishPacket("sensors/pump", "2", 1, { messageId: 2 }),
        publishPacket("sensors/pump", "3", 1, { messageId: 3, retain: true }),
        publishPacket("sensors/pump", "4", 2, { messageId: 4 }),
        publishPacket("sensors/pump", "5", 0),
        publishPacket("sensors/press/a", "6", 1, { messageId: 6, retain: true })
      )
      const answers = yield* next(5)
      const codes = new Map(answers.map((packet, i) => [packet.messageId, codesOf(answers)[i]]))
      assert.deepStrictEqual(
        [codes.get(1), codes.get(6)],
        [
          ["puback", 0],
          ["puback", 0]
        ]
      )
      for (const id of [2, 3]) assert.deepStrictEqual(codes.get(id), ["puback", 0x87])
      assert.deepStrictEqual(codes.get(4), ["pubrec", 0x87])
      assert.deepStrictEqual(topicsOf(sink), ["sensors/press", "sensors/press/a"])
      assert.strictEqual(refused.total, 4)
      assert.deepInclude(refused.last[0], { reason: 'it may not publish to "sensors/pump"', times: 4 })
    }).pipe(Effect.provideService(RefusedClients, refused))
  })

  it.scopedLive("ends the connection in MQTT 3.1.1, which has no word for it, and is not acknowledged", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* broker()
      const { raw, received, send } = yield* talk(port, as("press"))
      send(publishPacket("sensors/pump", "1", 1))
      yield* until("the end", () => raw.closed)
      assert.deepStrictEqual(
        received().map(({ cmd }) => cmd),
        ["connack"]
      )
      assert.lengthOf(sink.messages, 0)
    })
  )

  it.scopedLive(
    "is another's by its words alone where the topic is its own: the sink is told whose it may say",
    () =>
      Effect.gen(function* () {
        const { port, sink } = yield* broker()
        const client = yield* connectClient(port, as("pump"))
        yield* publish(client, "sensors/pump", '{"sensor_id": 7, "value": 1}')
        assert.deepStrictEqual(sink.messages[0]?.scope?.sensors, {
          ranges: [{ first: 42, last: 42 }],
          names: ["pump/*"]
        })
      })
  )
})

describe("a will", () => {
  it.scopedLive("for what its client may not publish is refused with its CONNECT", () =>
    Effect.gen(function* () {
      const { port } = yield* broker()
      const connect = (more: Partial<IConnectPacket>) => talk(port, { ...as("press"), ...more })
      const first = yield* connect({ will: will("sensors/pump") })
      assert.deepInclude(first.connack, { cmd: "connack", returnCode: 5 })
      const second = yield* connect({ ...V5, will: will("sensors/pump") })
      assert.deepInclude(second.connack, { cmd: "connack", reasonCode: 0x87 })
      const third = yield* talk(port, { ...as("ann"), will: will("sensors/press") })
      assert.deepInclude(third.connack, { returnCode: 5 })
    })
  )

  it.scopedLive("of its own is sent", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* broker()
      const client = yield* talk(port, { ...as("press"), will: will("sensors/press/state") })
      client.raw.socket.destroy()
      yield* until("the will", () => sink.messages.length === 1)
      assert.deepStrictEqual(topicsOf(sink), ["sensors/press/state"])
    })
  )
})

const SUBSCRIBE: Packet = {
  cmd: "subscribe",
  messageId: 9,
  subscriptions: [
    { topic: "sensors/press/#", qos: 1 },
    { topic: "#", qos: 1 },
    { topic: "sensors/+", qos: 1 },
    { topic: "$SYS/#", qos: 1 },
    { topic: "$share/g/sensors/#", qos: 1 },
    { topic: "$share/g/sensors/press", qos: 1 }
  ]
}

describe("a subscription", () => {
  it.scopedLive("that is refused has its code, and the others of its packet are granted", () =>
    Effect.gen(function* () {
      const { port } = yield* broker()
      const granted = (code: number): ReturnType<typeof codesOf> => [
        ["suback", [1, code, code, code, code, 1]]
      ]
      const old = yield* talk(port, as("press", "old"))
      old.send(SUBSCRIBE)
      assert.deepStrictEqual(codesOf(yield* old.next(1)), granted(0x80))
      const five = yield* talk(port, { ...V5, ...as("press", "five") })
      five.send(SUBSCRIBE)
      assert.deepStrictEqual(codesOf(yield* five.next(1)), granted(0x87))
    })
  )

  it.scopedLive("that is refused is not kept with the session either", () =>
    Effect.gen(function* () {
      const { port } = yield* broker()
      const lasting = { ...as("press"), clean: false }
      const first = yield* talk(port, lasting)
      first.send(SUBSCRIBE)
      yield* first.next(1)
      first.raw.socket.destroy()
      const writer = yield* connectClient(port, as("bob"))
      for (const topic of ["sensors/pump", "sensors/press/a"]) yield* publish(writer, topic, topic)
      const second = yield* talk(port, lasting)
      for (const topic of ["sensors/pump", "sensors/press/b"]) yield* publish(writer, topic, topic)
      const received = yield* second.next(2)
      assert.deepStrictEqual(
        received.map((packet) => ("topic" in packet ? packet.topic : packet.cmd)),
        ["sensors/press/a", "sensors/press/b"]
      )
    })
  )

  it.scopedLive("to what the broker says to itself is an admin's alone", () =>
    Effect.gen(function* () {
      const { port } = yield* broker()
      const admin = yield* connectClient(port, as("root"))
      const heard: Array<string> = []
      admin.on("message", (topic) => heard.push(topic))
      yield* Effect.promise(() => admin.subscribeAsync("$SYS/#"))
      const reader = yield* talk(port, as("ann"))
      reader.send({
        cmd: "subscribe",
        messageId: 1,
        subscriptions: [{ topic: "$SYS/+/new/clients", qos: 0 }]
      })
      assert.deepStrictEqual(codesOf(yield* reader.next(1)), [["suback", [0x80]]])
      yield* until("the admin hears of it", () => heard.some((topic) => topic.startsWith("$SYS/")))
    })
  )
})

describe("a client id", () => {
  it.scopedLive("is taken over by its owner alone", () =>
    Effect.gen(function* () {
      const { port } = yield* broker()
      const first = yield* talk(port, { ...V5, ...as("press", "x") })
      const other = yield* talk(port, { ...V5, ...as("pump", "x") })
      assert.deepInclude(other.connack, { cmd: "connack", reasonCode: 0x85 })
      const old = yield* talk(port, as("bob", "x"))
      assert.deepInclude(old.connack, { returnCode: 2 })
      assert.isFalse(first.raw.closed)
      const again = yield* talk(port, { ...V5, ...as("press", "x") })
      assert.deepInclude(again.connack, { reasonCode: 0 })
      assert.deepStrictEqual(codesOf(yield* first.next(1)), [["disconnect", 0x8e]])
      again.send({ cmd: "disconnect" })
      yield* until("it has left", () => again.raw.closed)
      const later = yield* talk(port, { ...V5, ...as("pump", "x") })
      assert.deepInclude(later.connack, { reasonCode: 0 })
    })
  )

  it.scopedLive("with a session is its owner's while the client is away, a clean start notwithstanding", () =>
    Effect.gen(function* () {
      const { port } = yield* broker()
      const first = yield* talk(port, { ...as("press", "x"), clean: false })
      first.send({ cmd: "disconnect" })
      yield* until("it has left", () => first.raw.closed)
      for (const clean of [true, false]) {
        const other = yield* talk(port, { ...as("pump", "x"), clean })
        assert.deepInclude(other.connack, { returnCode: 2 })
      }
      const again = yield* talk(port, { ...as("press", "x"), clean: false })
      assert.deepInclude(again.connack, { returnCode: 0, sessionPresent: true })
    })
  )
})

describe("a login that holds no more", () => {
  /** Logins that can be revoked by name. */
  const revocable = () => {
    const revoked = new Set<string>()
    const verify: MqttLogins["verify"] = (name, password) => {
      const found = revoked.has(name) ? null : users.verify(name, password)
      return found === null ? null : ({ ...found, holds: () => !revoked.has(name) } satisfies Login)
    }
    return { revoked, logins: { isOpen: () => false, verify } satisfies MqttLogins }
  }

  it.scopedLive("ends its connections within 1 s, its sessions with them, and leaves no will", () =>
    Effect.gen(function* () {
      const { logins, revoked } = revocable()
      const { port, sink } = yield* broker(logins)
      const left = yield* talk(port, { ...as("press", "away"), clean: false })
      left.send({ cmd: "disconnect" })
      yield* until("it has left", () => left.raw.closed)
      const five = yield* talk(port, { ...V5, ...as("press", "five"), will: will("sensors/press") })
      const old = yield* talk(port, { ...as("press", "old"), will: will("sensors/press") })
      const other = yield* connectClient(port, as("bob"))
      const [took] = yield* Effect.timed(
        Effect.suspend(() => {
          revoked.add("press")
          return until("both are closed", () => old.raw.closed && five.received().length > 1)
        })
      )
      assert.isBelow(Duration.toMillis(took), 1_000)
      assert.deepStrictEqual(codesOf(yield* five.next(1)), [["disconnect", 0x87]])
      yield* until("it is closed", () => five.raw.closed)
      const next = yield* talk(port, as("pump", "away"))
      assert.deepInclude(next.connack, { returnCode: 0 })
      const again = yield* talk(port, as("press"))
      assert.deepInclude(again.connack, { returnCode: 4 })
      yield* publish(other, "sensors/1", "still here")
      assert.deepStrictEqual(topicsOf(sink), ["sensors/1"])
    })
  )

  it.scopedLive("is everybody's, as soon as there is a user", () =>
    Effect.gen(function* () {
      let isOpen = true
      const { port } = yield* broker({ isOpen: () => isOpen, verify: users.verify })
      const nobody = yield* talk(port)
      const early = yield* talk(port, as("press"))
      isOpen = false
      yield* until("both are closed", () => nobody.raw.closed && early.raw.closed)
      assert.deepInclude((yield* talk(port)).connack, { returnCode: 4 })
      assert.deepInclude((yield* talk(port, as("press"))).connack, { returnCode: 0 })
    })
  )
})

const run = promisify(execFile)
const MOSQUITTO_PUB = "/usr/bin/mosquitto_pub"

describe.skipIf(!existsSync(MOSQUITTO_PUB))("Mosquitto's own clients", () => {
  /** What a program says and ends with, whichever it is. */
  const say = (program: string, port: number, name: string, ...args: ReadonlyArray<string>) =>
    Effect.promise(() =>
      run(program, ["-p", `${port}`, "-u", name, "-P", `of ${name}`, ...args]).then(
        ({ stderr, stdout }) => stdout + stderr,
        (error: unknown) => String(error)
      )
    )

  it.scopedLive("publish what they may, and are told what they may not", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* broker()
      const pub = (name: string, topic: string, ...more: ReadonlyArray<string>) =>
        say(MOSQUITTO_PUB, port, name, "-q", "1", "-t", topic, "-m", "1", ...more)
      assert.strictEqual(yield* pub("press", "sensors/press"), "")
      assert.match(yield* pub("press", "sensors/pump", "-V", "5"), /Not authorized/i)
      assert.match(yield* pub("press", "sensors/press", "--will-topic", "sensors/pump"), /not authori[sz]ed/i)
      assert.match(yield* pub("ann", "sensors/press", "-V", "5"), /Not authorized/i)
      assert.match(yield* pub("nobody", "sensors/press"), /bad user ?name or password/i)
      assert.deepStrictEqual(topicsOf(sink), ["sensors/press"])
    })
  )

  it.scopedLive("subscribe to what they may, and are told of the rest", () =>
    Effect.gen(function* () {
      const { port } = yield* broker()
      const writer = yield* connectClient(port, as("bob"))
      yield* Effect.promise(() => writer.publishAsync("sensors/press", "kept", { qos: 1, retain: true }))
      const sub = (name: string, filter: string) =>
        say("/usr/bin/mosquitto_sub", port, name, "-t", filter, "-C", "1", "-W", "2", "-v")
      assert.strictEqual(yield* sub("ann", "#"), "sensors/press kept\n")
      assert.strictEqual(yield* sub("press", "sensors/press/#"), "sensors/press kept\n")
      assert.match(yield* sub("press", "#"), /denied|refused/i)
      assert.match(yield* sub("ann", "$SYS/#"), /denied|refused/i)
    })
  )
})
