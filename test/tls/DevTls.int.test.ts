/** `tidemark start --dev-tls` and the commands that ask a server with TLS, as a person runs them. */
import { readFileSync, statSync } from "node:fs"
import { request } from "node:https"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { connectClient, publish } from "../broker/support.js"
import { folder, startTidemark, Tidemark } from "../support/tidemark.js"

const health = (env: Readonly<Record<string, string>>, ...args: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const command = Tidemark.run(["health", ...args], env)
    return { code: (await command.ended).code, output: command.output }
  })

const statusAt = (url: string, ca: string) =>
  Effect.async<number | undefined>((resume) => {
    request(url, { ca, agent: false }, (answer) => {
      answer.resume().on("end", () => resume(Effect.succeed(answer.statusCode)))
    }).end()
  })

describe("tidemark start --dev-tls", () => {
  it.scopedLive(
    "makes a certificate once, and is asked by it",
    () =>
      Effect.gen(function* () {
        const DATA_DIR = yield* folder
        const env = { DATA_DIR, MQTT_TLS_PORT: "0", MQTT_TLS_ONLY: "false" }
        const cert = join(DATA_DIR, "dev-tls", "cert.pem")
        const first = yield* startTidemark(env, ["start", "--dev-tls"])
        yield* Effect.promise(() => first.started())
        assert.match(first.output, /SHA-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}\n/)
        assert.strictEqual(statSync(join(DATA_DIR, "dev-tls", "key.pem")).mode & 0o777, 0o600)
        const ca = readFileSync(cert, "utf8")
        const { port } = new URL(first.http)
        assert.strictEqual(yield* statusAt(`https://localhost:${port}/health/live`, ca), 200)
        const mqtts = Number(/also mqtts:\/\/\S+:(\d+)\)/.exec(first.output)?.[1])
        const client = yield* connectClient(mqtts, { protocol: "mqtts", host: "localhost", port: mqtts, ca })
        yield* publish(client, "sensors/shed", "21.5")

        const unknown = yield* health({ DATA_DIR }, "--http", `https://localhost:${port}`)
        assert.strictEqual(unknown.code, 1)
        assert.match(unknown.output, /is not trusted: self-signed certificate.*NODE_EXTRA_CA_CERTS/)
        const told = yield* health(
          { DATA_DIR, NODE_EXTRA_CA_CERTS: cert },
          "--http",
          `https://localhost:${port}`
        )
        assert.match(told.output, /"status":"ok"/)
        // With the settings of the server its certificate is known, whatever name it is for.
        const own = { DATA_DIR, HTTP_PORT: port, HTTP_TLS_CERT: cert, HTTP_TLS_KEY: cert }
        assert.match((yield* health(own)).output, /"status":"ok"/)

        yield* Effect.promise(() => first.kill("SIGTERM"))
        const second = yield* startTidemark(env, ["start", "--dev-tls"])
        yield* Effect.promise(() => second.started())
        assert.strictEqual(readFileSync(cert, "utf8"), ca)
        const other = { ...own, HTTP_PORT: new URL(second.http).port }
        assert.match((yield* health(other)).output, /"status":"ok"/)
      }),
    120_000
  )
})
