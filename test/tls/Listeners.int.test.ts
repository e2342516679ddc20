/** TLS of both listeners, as the clients that people have meet it, and the change of a certificate under them. */
import { execFile } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { Agent, request } from "node:https"
import { connect, type TLSSocket } from "node:tls"
import { promisify } from "node:util"
import * as HttpServer from "@effect/platform/HttpServer"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { connectClient, publish, startBroker, TestSink, until } from "../broker/support.js"
import { serverLayer } from "../http/server.js"
import { authority, hasOpenssl } from "../support/certificates.js"
import { folder } from "../support/tidemark.js"

const run = promisify(execFile)

/** What a command prints, whether it ends well or not. */
const output = (command: string, ...args: ReadonlyArray<string>) =>
  Effect.promise(() => {
    const running = run(command, [...args], { timeout: 30_000 })
    running.child.stdin?.end()
    return running.then(
      ({ stderr, stdout }) => stdout + stderr,
      (error: { readonly stdout: string; readonly stderr: string }) => error.stdout + error.stderr
    )
  })

const localhost = Effect.map(folder, (path) => {
  const ca = authority(path)
  return { ca, ...ca.certify("server", "first", ["DNS:localhost", "IP:127.0.0.1"]) }
})

const httpsPort = (files: { readonly cert: string; readonly key: string }, hstsSeconds = 60) =>
  Effect.map(Layer.build(serverLayer({ tls: { files, hstsSeconds } })), (context) => {
    const { address } = Context.get(context, HttpServer.HttpServer)
    return address._tag === "TcpAddress" ? address.port : 0
  })

const mqttsPort = (files: { readonly cert: string; readonly key: string }, sink?: TestSink) =>
  Effect.map(startBroker({ tls: { files, port: 0, only: true } }, sink), ({ broker }) => broker.tlsPort ?? 0)

/** The subject of the certificate that a new connection is shown. */
const subjectAt = (port: number, ca: string) =>
  Effect.async<string>((resume) => {
    const socket: TLSSocket = connect({ host: "127.0.0.1", port, ca }, () => {
      const { subject } = socket.getPeerCertificate()
      socket.destroy()
      resume(Effect.succeed(subject.CN))
    })
  })

describe.skipIf(!hasOpenssl())("TLS (openssl, curl, mosquitto)", () => {
  it.scopedLive("answers HTTPS from 1.2 on, and tells browsers to stay with it", () =>
    Effect.gen(function* () {
      const { ca, ...files } = yield* localhost
      const port = yield* httpsPort(files)
      const curl = (...args: ReadonlyArray<string>) =>
        output("curl", "-sS", "-D", "-", ...args, `https://localhost:${port}/health`)
      const answer = yield* curl("--cacert", ca.file)
      assert.match(answer, /^HTTP\/1\.1 200 /)
      assert.match(answer, /^strict-transport-security: max-age=60\r$/im)
      assert.match(answer, /"status":"ok"/)
      assert.match(yield* curl(), /certificate/)
      assert.match(yield* curl("--cacert", ca.file, "--tls-max", "1.1"), /curl: \(35\)/)
      assert.match(yield* curl("--cacert", ca.file, "--tls-max", "1.2"), /^HTTP\/1\.1 200 /)
      const plain = yield* output("curl", "-sS", `http://localhost:${port}/health`)
      assert.match(plain, /curl: \(\d+\)/)
      const shown = yield* output(
        "openssl",
        ...["s_client", "-connect", `localhost:${port}`, "-CAfile", ca.file],
        ...["-verify_return_error", "-verify_hostname", "localhost", "-brief"]
      )
      assert.match(shown, /Verification: OK/)
      assert.match(shown, /Protocol version: TLSv1\.3/)
    })
  )

  it.scopedLive("names https in the addresses that it makes", () =>
    Effect.gen(function* () {
      const { ca, ...files } = yield* localhost
      const port = yield* httpsPort(files)
      const pbids = yield* output("curl", "-sS", "--cacert", ca.file, `https://localhost:${port}/odata.pbids`)
      assert.include(pbids, `"https://localhost:${port}/odata/"`)
    })
  )

  it.scopedLive("takes messages by MQTT, and sends them on", () =>
    Effect.gen(function* () {
      const { ca, ...files } = yield* localhost
      const sink = new TestSink()
      sink.open = true
      const port = yield* mqttsPort(files, sink)
      const at = (...more: ReadonlyArray<string>) => ["-h", "localhost", "-p", String(port), ...more]
      const trusting = at("--cafile", ca.file, "-t", "sensors/shed")
      const listening = yield* Effect.fork(output("mosquitto_sub", ...trusting, "-C", "1", "-W", "20", "-d"))
      const publishing = output("mosquitto_pub", ...trusting, "-q", "1", "-m", "21.5", "-d")
      const heard = Effect.repeat(publishing, { until: () => listening.unsafePoll() !== null })
      assert.match(yield* heard, /received PUBACK/)
      assert.match(yield* listening, /21\.5/)
      assert.isAtLeast(sink.messages.length, 1)
      // Without the authority it is no server of theirs.
      assert.match(
        yield* output("mosquitto_pub", ...at("-t", "a", "-m", "b", "--capath", "/var/empty")),
        /error/i
      )
      assert.match(yield* output("mosquitto_pub", ...at("-t", "a", "-m", "b")), /error/i)
    })
  )

  it.scopedLive("takes a new certificate while connections go on, and no bad one", () =>
    Effect.gen(function* () {
      const { ca, ...files } = yield* localhost
      const lines: Array<string> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ message }) => {
          lines.push(String(message))
        })
      )
      const { https, mqtts } = yield* Effect.all({
        https: httpsPort(files),
        mqtts: mqttsPort(files, Object.assign(new TestSink(), { open: true }))
      }).pipe(Effect.provide(logger))
      const agent = yield* Effect.acquireRelease(
        Effect.sync(() => new Agent({ keepAlive: true, ca: ca.pem, maxSockets: 1 })),
        (made) => Effect.sync(() => made.destroy())
      )
      /** Whether a request used the connection of the one before. */
      const isReused = Effect.async<boolean>((resume) => {
        const asked = request({ agent, host: "127.0.0.1", port: https, path: "/health/live" }, (answer) => {
          answer.resume().on("end", () => resume(Effect.succeed(asked.reusedSocket)))
        })
        asked.end()
      })
      const client = yield* connectClient(mqtts, {
        protocol: "mqtts",
        host: "127.0.0.1",
        port: mqtts,
        ca: ca.pem
      })
      assert.isFalse(yield* isReused)
      yield* publish(client, "sensors/shed", "1")

      const hangup = Effect.sync(() => process.emit("SIGHUP"))
      const subjects = Effect.all([subjectAt(https, ca.pem), subjectAt(mqtts, ca.pem)])
      assert.deepStrictEqual(yield* subjects, ["first", "first"])
      ca.certify("server", "second", ["DNS:localhost", "IP:127.0.0.1"])
      yield* hangup
      yield* until(
        "both have it",
        () => lines.filter((line) => line.includes("new certificate")).length === 2
      )
      assert.deepStrictEqual(yield* subjects, ["second", "second"])
      assert.isTrue(yield* isReused)
      yield* publish(client, "sensors/shed", "2")

      // Of another key.
      const key = readFileSync(files.key)
      ca.certify("server", "third")
      writeFileSync(files.key, key)
      yield* hangup
      yield* until("both refuse it", () => lines.filter((line) => line.includes("no pair")).length === 2)
      assert.match(
        lines.at(-1) ?? "",
        /server\.pem and .*server\.key are no pair.*the former certificate stays/
      )
      assert.deepStrictEqual(yield* subjects, ["second", "second"])
      assert.isTrue(yield* isReused)
    })
  )

  it.scopedLive("knows a device by its certificate, and what it may publish by that", () =>
    Effect.gen(function* () {
      const { ca, cert, key } = yield* localhost
      const path = yield* folder
      const devices = authority(path, "devices")
      const shed = devices.certify("shed", "shed-7")
      const stranger = authority(yield* folder, "stranger").certify("forged", "shed-7")
      const sink = Object.assign(new TestSink(), { open: true })
      const { broker } = yield* startBroker(
        {
          tls: { files: { cert, key, clientCa: devices.file }, port: 0, only: true },
          logins: { isOpen: () => false, verify: () => null }
        },
        sink
      )
      const send = (own: ReadonlyArray<string>, topic: string) =>
        output(
          "mosquitto_pub",
          ...["-h", "localhost", "-p", String(broker.tlsPort), "--cafile", ca.file, ...own],
          ...["-q", "1", "-t", topic, "-m", "21.5", "-d"]
        )
      const own = ["--cert", shed.cert, "--key", shed.key]
      assert.match(yield* send(own, "sensors/shed-7"), /received PUBACK/)
      assert.notMatch(yield* send(own, "sensors/other"), /received PUBACK/)
      assert.match(yield* send([], "sensors/shed-7"), /not authori|bad user name/i)
      const forged = yield* send(["--cert", stranger.cert, "--key", stranger.key], "sensors/shed-7")
      assert.notMatch(forged, /received PUBACK/)
      assert.deepStrictEqual(
        sink.messages.map(({ topic }) => topic),
        ["sensors/shed-7"]
      )
    })
  )
})
