/** Connections that never say who they are, or say it without end, are closed in time: on every listener. */
import { connect, createServer, type Server, type Socket } from "node:net"
import { connect as connectSecurely } from "node:tls"
import * as HttpServer from "@effect/platform/HttpServer"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { SERVER_LIMITS } from "../../src/http/core/Limits.js"
import { startBroker } from "../broker/support.js"
import { serverLayer } from "../http/server.js"
import { authority, hasOpenssl } from "../support/certificates.js"
import { folder } from "../support/tidemark.js"

const EACH = 20
const CONNECT_MILLIS = 2_000
/** How long the end may take when its time has come, ms. HTTP looks at its connections once in a second. */
const GRACE_MILLIS = { mqtt: 1_000, http: 2_000 }
/** By when one that is still open is open for ever, ms. */
const EVER_MILLIS = 45_000
const DRIP_MILLIS = 500

/** A client that keeps its own half open, whatever the server does, and says a byte now and then. */
const drip = (socket: Socket, bytes: Buffer) => {
  let at = 0
  const timer = setInterval(() => {
    socket.write(bytes.subarray(at, at + 1))
    at = (at + 1) % bytes.length
  }, DRIP_MILLIS)
  socket.once("close", () => clearInterval(timer))
}

const SILENT = Buffer.alloc(0)
/** The first bytes of packets and requests that never come to an end. */
const CONNECT_HEAD = Buffer.from([0x10, 0xff, 0x7f, 0, 4, 0x4d])
const REQUEST_HEAD = Buffer.from(
  "GET / HTTP/1.1\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
)
const HELLO_HEAD = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 3, 3, 1, 1, 1, 1, 1])

/** How long each of some connections lives from its first moment on, ms. */
const lives = (open: () => Socket, ready: "connect" | "secureConnect", said: Buffer) =>
  Effect.forEach(
    Array.from({ length: EACH }),
    () =>
      Effect.acquireUseRelease(
        Effect.sync(open),
        (socket) =>
          Effect.async<number>((resume) => {
            const unready = (error: Error) => resume(Effect.die(error))
            socket.once("error", unready).once(ready, () => {
              socket.off("error", unready).on("error", () => {})
              const since = performance.now()
              const ended = () => resume(Effect.succeed(performance.now() - since))
              // The server has ended its half, or all of it.
              socket.once("end", ended).once("close", ended)
              socket.resume()
              if (said.length > 0) drip(socket, said)
            })
          }),
        (socket) => Effect.sync(() => socket.destroy())
      ),
    { concurrency: "unbounded" }
  )

/** A bare server that closes each connection after so long; gives its port. */
const closingAfter = (millis: number) =>
  Effect.acquireRelease(
    Effect.async<Server>((resume) => {
      const server = createServer((socket) => {
        socket.on("error", () => {})
        setTimeout(() => socket.destroy(), millis)
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  ).pipe(
    Effect.map((server) => {
      const address = server.address()
      return typeof address === "object" && address !== null ? address.port : 0
    })
  )

describe.skipIf(!hasOpenssl())("a connection that never says who it is (openssl)", () => {
  it.scopedLive(
    "is closed when its time is over, by MQTT and HTTP, with TLS and without",
    () =>
      Effect.gen(function* () {
        const ca = authority(yield* folder)
        const files = ca.certify("server", "server", ["IP:127.0.0.1"])
        const { broker, port: mqtt } = yield* startBroker({
          connectMillisMax: CONNECT_MILLIS,
          tls: { files, port: 0, only: false }
        })
        const mqtts = broker.tlsPort ?? 0
        const httpPort = (tls?: { readonly files: typeof files; readonly hstsSeconds: number }) =>
          Effect.map(Layer.build(serverLayer({ tls })), (context) => {
            const { address } = Context.get(context, HttpServer.HttpServer)
            return address._tag === "TcpAddress" ? address.port : 0
          })
        const [http, https] = [yield* httpPort(), yield* httpPort({ files, hstsSeconds: 0 })]

        const plain = (port: number) => () => connect({ port, host: "127.0.0.1", allowHalfOpen: true })
        const secure = (port: number) => () =>
          connectSecurely({ socket: plain(port)(), host: "127.0.0.1", ca: ca.pem })
        const bounds = {
          mqtt: CONNECT_MILLIS + GRACE_MILLIS.mqtt,
          http: SERVER_LIMITS.headersTimeout + GRACE_MILLIS.http
        }
        const cases = {
          "MQTT, silent": [bounds.mqtt, lives(plain(mqtt), "connect", SILENT)],
          "MQTT, without end": [bounds.mqtt, lives(plain(mqtt), "connect", CONNECT_HEAD)],
          "MQTT with TLS, silent": [bounds.mqtt, lives(plain(mqtts), "connect", SILENT)],
          "MQTT with TLS, without end": [bounds.mqtt, lives(plain(mqtts), "connect", HELLO_HEAD)],
          "MQTT with TLS, silent behind it": [bounds.mqtt, lives(secure(mqtts), "secureConnect", SILENT)],
          "HTTP, silent": [bounds.http, lives(plain(http), "connect", SILENT)],
          "HTTP, without end": [bounds.http, lives(plain(http), "connect", REQUEST_HEAD)],
          "HTTPS, silent": [bounds.http, lives(plain(https), "connect", SILENT)],
          "HTTPS, without end": [bounds.http, lives(plain(https), "connect", HELLO_HEAD)],
          "HTTPS, silent behind it": [bounds.http, lives(secure(https), "secureConnect", SILENT)],
          "HTTPS, without end behind it": [bounds.http, lives(secure(https), "secureConnect", REQUEST_HEAD)]
        } as const
        const control = yield* closingAfter(CONNECT_MILLIS)
        const onTime = Effect.map(lives(plain(control), "connect", SILENT), (all) => Math.max(...all))
        // A machine that has much else to do is late with a bare server, too.
        const lateness = yield* Effect.fork(Effect.map(onTime, (millis) => millis - CONNECT_MILLIS))
        const late = yield* Effect.forEach(
          Object.entries(cases),
          ([name, [bound, lived]]) =>
            Effect.gen(function* () {
              const longest = Option.match(yield* Effect.timeoutOption(lived, EVER_MILLIS), {
                onNone: () => Number.POSITIVE_INFINITY,
                onSome: (all) => Math.max(...all)
              })
              const excuse = 4 * (yield* Fiber.join(lateness))
              return longest <= bound + excuse ? [] : [`${name}: ${longest} ms, excused ${excuse} ms`]
            }),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(late.flat(), [])
        assert.strictEqual(yield* broker.connections, 0)
      }),
    120_000
  )
})
