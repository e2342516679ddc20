/** The ways out, against real receivers: HTTP, SMTP and MQTT. */
import { createServer, type IncomingHttpHeaders } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import mqtt from "mqtt"
import { SMTPServer } from "smtp-server"
import { email } from "../../src/alerts/Email.js"
import { mqttNotices, topicOf } from "../../src/alerts/MqttNotices.js"
import { signatureOf, webhook } from "../../src/alerts/Webhook.js"
import * as MqttBroker from "../../src/broker/embedded/MqttBroker.js"
import { MessageSink } from "../../src/broker/MessageSink.js"
import type { AlertNotice } from "../../src/domain/alert/Alert.js"
import { micros } from "../../src/domain/Time.js"

const ID = "5f0c1d5f3d7f0a2a9b0e3c1d2e4f5a6b"
const notice: AlertNotice = {
  id: `${ID}-raised-webhook`,
  alertId: ID,
  channel: "webhook",
  thread: ID,
  createdAt: micros(0),
  body: {
    id: `${ID}-raised-webhook`,
    alert_id: ID,
    event: "raised",
    rule: "hot",
    kind: "range",
    severity: "critical",
    target: "hall/bo+iler",
    sensor_ids: [1],
    summary: "hall/bo+iler: temp 95, above 80\r\nBcc: thief@example.com",
    description: "Close the valve",
    raised_at: "2026-11-30T10:00:05.000000Z",
    resolved_at: null
  }
}

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const receiver = (status: number, received: Array<Received>) =>
  Effect.acquireRelease(
    Effect.promise(
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer((request, response) => {
            let body = ""
            request.on("data", (chunk) => {
              body += chunk
            })
            request.on("end", () => {
              received.push({ headers: request.headers, body })
              response.writeHead(status, { location: "/elsewhere" }).end("ok")
            })
          }).listen(0, "127.0.0.1", () => resolve(server))
        })
    ),
    (server) => Effect.sync(() => server.close())
  ).pipe(Effect.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=abc`))

describe("a webhook", () => {
  it.scopedLive("gets JSON that is signed, with the id of the notice", () =>
    Effect.gen(function* () {
      const received: Array<Received> = []
      const url = Redacted.make(yield* receiver(204, received))
      yield* webhook(url, Redacted.make("s3cret")).send(notice)
      const [{ body = "", headers = {} } = {}] = received
      assert.deepStrictEqual(JSON.parse(body), notice.body)
      assert.strictEqual(headers["idempotency-key"], notice.id)
      assert.match(headers["content-type"] ?? "", /^application\/json/)
      const timestamp = String(headers["tidemark-timestamp"])
      assert.strictEqual(headers["tidemark-signature"], signatureOf("s3cret", timestamp, body))
      assert.notStrictEqual(headers["tidemark-signature"], signatureOf("other", timestamp, body))
      yield* webhook(url, undefined).send(notice)
      assert.isUndefined(received[1]?.headers["tidemark-signature"])
    })
  )

  it.scopedLive("that refuses, leads elsewhere or is not there is told of without its address", () =>
    Effect.gen(function* () {
      for (const status of [500, 302, 404]) {
        const url = Redacted.make(yield* receiver(status, []))
        const reason = yield* Effect.flip(webhook(url, undefined).send(notice))
        assert.strictEqual(reason, `it answers ${status}`)
      }
      const nobody = webhook(Redacted.make("http://127.0.0.1:9/hook?token=abc"), undefined)
      assert.notInclude(yield* Effect.flip(nobody.send(notice)), "abc")
    })
  )
})

const mailServer = (mails: Array<string>) =>
  Effect.acquireRelease(
    Effect.promise(
      () =>
        new Promise<SMTPServer>((resolve) => {
          const server = new SMTPServer({
            disabledCommands: ["STARTTLS"],
            authOptional: true,
            onAuth: ({ password, username }, _session, callback) =>
              username === "tide" && password === "m@rk"
                ? callback(null, { user: username })
                : callback(new Error("no")),
            onData: (stream, session, callback) => {
              let text = ""
              stream.on("data", (chunk) => {
                text += chunk
              })
              stream.on("end", () => {
                const to = session.envelope.rcptTo.map(({ address }) => address)
                mails.push(`to ${to.join(" ")} as ${session.user}\r\n${text}`)
                callback()
              })
            }
          })
          server.listen(0, "127.0.0.1", () => resolve(server))
        })
    ),
    (server) => Effect.promise(() => new Promise<void>((resolve) => server.close(() => resolve())))
  ).pipe(Effect.map((server) => (server.server.address() as AddressInfo).port))

describe("e-mail", () => {
  it.scopedLive("goes to all, with one subject and the id of the notice", () =>
    Effect.gen(function* () {
      const mails: Array<string> = []
      const port = yield* mailServer(mails)
      const to = ["ann@example.com", "bob@example.com"]
      const url = (password: string) => Redacted.make(`smtp://tide:${password}@127.0.0.1:${port}`)
      yield* email({ url: url("m%40rk"), from: "tidemark@example.com", to }).send(notice)
      const [mail = ""] = mails
      assert.match(mail, /^to ann@example\.com bob@example\.com as tide\r\n/)
      assert.match(mail, /^Subject: \[critical\] hall\/bo\+iler: temp 95, above 80 Bcc:/m)
      // A device's words are no header.
      assert.notMatch(mail.split("\r\n\r\n")[0] ?? "", /^Bcc:/m)
      assert.include(mail, `Message-ID: <${notice.id}@tidemark>`)
      assert.include(mail, "Close the valve")
      const refused = email({ url: url("wrong"), from: "tidemark@example.com", to })
      assert.notInclude(yield* Effect.flip(refused.send(notice)), "wrong")
    })
  )
})

const noSink = Layer.succeed(MessageSink, {
  offer: (_message, settle) => settle(null),
  overloaded: () => false,
  onDrained: () => () => {},
  tally: () => ({ messages: 0, stored: 0, repeated: 0, rejected: 0 })
})

describe("MQTT", () => {
  it.scopedLive("keeps how each alert stands for whoever subscribes later", () =>
    Effect.gen(function* () {
      const broker = yield* MqttBroker.MqttBroker
      yield* mqttNotices(broker.publishRetained).send(notice)
      const packet = yield* Effect.acquireRelease(
        Effect.sync(() => mqtt.connect(`mqtt://127.0.0.1:${broker.port}`)),
        (client) => Effect.sync(() => client.end(true))
      ).pipe(
        Effect.flatMap((client) =>
          Effect.async<{ topic: string; text: string; retain: boolean }>((resume) => {
            client.on("message", (topic, payload, { retain }) =>
              resume(Effect.succeed({ topic, text: payload.toString(), retain }))
            )
            client.subscribe("tidemark/alerts/#", { qos: 1 })
          })
        ),
        Effect.timeout("10 seconds")
      )
      assert.strictEqual(packet.topic, "tidemark/alerts/hot/hall%2Fbo%2Biler")
      assert.isTrue(packet.retain)
      assert.deepStrictEqual(JSON.parse(packet.text), notice.body)
    }).pipe(Effect.provide(MqttBroker.layer({ port: 0 }).pipe(Layer.provide(noSink))))
  )

  it("has a topic of its own for each target", () => {
    const topics = ["a/b", "a%2Fb", "a b", "a#"].map((target) => topicOf("hot", target))
    assert.strictEqual(new Set(topics).size, 4)
  })
})
