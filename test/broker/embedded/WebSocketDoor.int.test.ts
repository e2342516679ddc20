/** MQTT over WebSocket on an HTTP server's port, beside what that server answers itself. */
import { createServer } from "node:http"
import { connect } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import mqtt from "mqtt"
import WebSocket from "ws"
import { loginsOf } from "../../../src/broker/embedded/MqttLogins.js"
import type { MqttSettings } from "../../../src/broker/embedded/MqttSettings.js"
import { divertUpgrades, MqttUpgrade, type UpgradeSlot } from "../../../src/broker/MqttUpgrade.js"
import { hashSecret, parseCredentials } from "../../../src/config/Credentials.js"
import { recognizing } from "../../../src/http/Server.js"
import { publish, startBroker, TestSink, until } from "../support.js"

/** An HTTP server that answers 404 to every upgrade of its own, and a broker beside it. */
const start = (settings: Partial<MqttSettings> = {}, isOpen = true) =>
  Effect.gen(function* () {
    const slot: UpgradeSlot = { take: null }
    const port = yield* Effect.acquireRelease(
      Effect.async<{ port: number; close: () => void }>((resume) => {
        const server = createServer()
        divertUpgrades(
          server,
          slot,
          recognizing(new Set(["known.example"]), () => isOpen)
        )
        server.on("upgrade", (_, socket) => socket.end("HTTP/1.1 404 Not Found\r\n\r\n"))
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          const port = typeof address === "object" && address !== null ? address.port : 0
          resume(Effect.succeed({ port, close: () => server.close() }))
        })
      }),
      ({ close }) => Effect.sync(close)
    ).pipe(Effect.map(({ port }) => port))
    const sink = new TestSink()
    const { broker } = yield* startBroker(settings, sink).pipe(Effect.provideService(MqttUpgrade, slot))
    return { broker, port, sink, slot }
  })

const connectOver = (port: number, protocolVersion: 4 | 5) =>
  Effect.acquireRelease(
    Effect.promise(() =>
      mqtt.connectAsync(`ws://127.0.0.1:${port}/mqtt`, { reconnectPeriod: 0, protocolVersion }, false)
    ),
    (client) => Effect.promise(() => client.endAsync(true))
  )

/** How an attempt ends: "open", or the status that refuses it. */
const attempt = (url: string, protocols: Array<string>, origin?: string, host?: string) =>
  Effect.async<string>((resume) => {
    const socket = new WebSocket(url, protocols, {
      ...(origin === undefined ? {} : { origin }),
      ...(host === undefined ? {} : { headers: { host } })
    })
    const end = (how: string) => {
      socket.terminate()
      resume(Effect.succeed(how))
    }
    socket.on("error", () => {})
    socket.on("open", () => end("open"))
    socket.on("unexpected-response", (_, response) => end(String(response.statusCode)))
  })

describe("MQTT over WebSocket", () => {
  it.scopedLive("closes what it refuses, though the client does not, and bears a reset", () =>
    Effect.gen(function* () {
      const { port } = yield* start()
      const asked = "GET /mqtt HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
      const refused = yield* Effect.async<string>((resume) => {
        // Half open: it would never end by itself.
        const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true })
        let text = ""
        socket.on("data", (chunk) => {
          text += chunk
        })
        socket.once("end", () => socket.write("still here", () => setTimeout(() => socket.write("?"), 20)))
        socket.on("error", ({ message }) => resume(Effect.succeed(`${text.split("\r\n")[0]}; ${message}`)))
        socket.write(asked)
      })
      assert.match(refused, /^HTTP\/1\.1 400 Bad Request; .*(EPIPE|ECONNRESET)/)
      for (let index = 0; index < 5; index++)
        yield* Effect.async<void>((resume) => {
          const socket = connect(port, "127.0.0.1", () => {
            socket.write(asked)
            setTimeout(() => socket.resetAndDestroy(), index)
          })
          socket.once("close", () => resume(Effect.void))
        })
      assert.strictEqual(yield* attempt(`ws://127.0.0.1:${port}/mqtt`, ["mqtt"]), "open")
    })
  )

  it.scopedLive("is MQTT as over a socket: acknowledged after it is stored, and sent on", () =>
    Effect.gen(function* () {
      const { broker, port, sink } = yield* start()
      for (const version of [4, 5] as const) {
        const client = yield* connectOver(port, version)
        const seen: Array<string> = []
        client.on("message", (topic) => seen.push(topic))
        yield* Effect.promise(() => client.subscribeAsync("sensors/#"))
        let isAcknowledged = false
        const before = sink.messages.length
        const publishing = yield* publish(client, `sensors/${version}`, "x".repeat(200_000)).pipe(
          Effect.tap(() => {
            isAcknowledged = true
          }),
          Effect.fork
        )
        yield* until("it is there", () => sink.messages.length === before + 1)
        assert.isFalse(isAcknowledged)
        sink.settle()
        yield* publishing.await
        yield* until("it is sent on", () => seen.length === 1)
      }
      assert.isAtLeast(yield* broker.connections, 1)
    })
  )

  it.scopedLive("is held while the sink is overloaded, and goes on after", () =>
    Effect.gen(function* () {
      const { port, sink } = yield* start()
      sink.open = true
      const client = yield* connectOver(port, 4)
      sink.full = true
      const publishing = yield* Effect.fork(publish(client, "sensors/1", "x"))
      yield* Effect.sleep("50 millis")
      assert.lengthOf(sink.messages, 0)
      sink.drain()
      yield* publishing.await
      assert.lengthOf(sink.messages, 1)
    })
  )

  it.scopedLive("takes who asks for it, on its path, and leaves the rest to the server", () =>
    Effect.gen(function* () {
      const { port, slot } = yield* start()
      const url = `ws://127.0.0.1:${port}/mqtt`
      assert.strictEqual(yield* attempt(url, ["mqtt"]), "open")
      assert.strictEqual(yield* attempt(`${url}/?x=1`, ["mqttv3.1"]), "open")
      assert.strictEqual(yield* attempt(url, []), "400")
      assert.strictEqual(yield* attempt(`ws://127.0.0.1:${port}/other`, ["mqtt"]), "404")
      slot.take = null
      assert.strictEqual(yield* attempt(url, ["mqtt"]), "404")
    })
  )

  it.scopedLive("is closed to pages of other servers where nobody must log in", () =>
    Effect.gen(function* () {
      const { port } = yield* start()
      const url = `ws://127.0.0.1:${port}/mqtt`
      assert.strictEqual(yield* attempt(url, ["mqtt"], `http://127.0.0.1:${port}`), "open")
      assert.strictEqual(yield* attempt(url, ["mqtt"], "https://evil.example"), "403")
      assert.strictEqual(yield* attempt(url, ["mqtt"], "null"), "403")
      // A name of somebody else's that leads here.
      assert.strictEqual(yield* attempt(url, ["mqtt"], "http://led.example", "led.example"), "403")
      assert.strictEqual(yield* attempt(url, ["mqtt"], "http://known.example", "known.example"), "open")
      // No page sends it: a browser says where it is from.
      assert.strictEqual(yield* attempt(url, ["mqtt"], undefined, "led.example"), "open")
    })
  )

  it.scopedLive("is closed where HTTP needs a key and MQTT no login", () =>
    Effect.gen(function* () {
      const { port } = yield* start({}, false)
      assert.strictEqual(yield* attempt(`ws://127.0.0.1:${port}/mqtt`, ["mqtt"]), "403")
      const users = Either.getOrThrow(parseCredentials(`ann:device:${hashSecret("a")}`))
      const asking = yield* start({ logins: loginsOf(users) }, false)
      assert.strictEqual(yield* attempt(`ws://127.0.0.1:${asking.port}/mqtt`, ["mqtt"]), "open")
    })
  )

  it.scopedLive("is bounded in connections with the others", () =>
    Effect.gen(function* () {
      const { port } = yield* start({ connectionsMax: 1 })
      yield* connectOver(port, 4)
      assert.strictEqual(yield* attempt(`ws://127.0.0.1:${port}/mqtt`, ["mqtt"]), "503")
    })
  )
})
