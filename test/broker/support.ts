/** What the broker's tests share: a sink that settles when told, raw MQTT packets, and bounded polling. */
import { connect, type Socket } from "node:net"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import mqtt, { type IClientOptions, type MqttClient } from "mqtt"
import * as Broker from "../../src/broker/embedded/MqttBroker.js"
import type { MqttSettings } from "../../src/broker/embedded/MqttSettings.js"
import {
  type ArrivedMessage,
  type MessageOutcome,
  MessageSink,
  type MessageSinkService
} from "../../src/broker/MessageSink.js"

/** Polls until it holds, for at most 30 s. */
export const until = (what: string, holds: () => boolean): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let tries = 0; tries < 6_000; tries += 1) {
      if (holds()) return
      yield* Effect.sleep(Duration.millis(5))
    }
    return yield* Effect.dieMessage(`in vain: ${what}`)
  })

export const STORED: MessageOutcome = { stored: 1, repeated: 0, rejected: 0 }

/** A sink that keeps what is offered; it settles at once while `open`, else when told. */
export class TestSink implements MessageSinkService {
  open = false
  full = false
  readonly messages: Array<ArrivedMessage> = []
  private readonly pending: Array<(outcome: MessageOutcome | null) => void> = []
  private readonly listeners = new Set<() => void>()

  readonly offer: MessageSinkService["offer"] = (message, settled) => {
    this.messages.push(message)
    if (this.open) settled(STORED)
    else this.pending.push(settled)
  }
  readonly tally = () => ({ messages: 0, ...STORED })
  readonly overloaded = () => this.full
  readonly onDrained = (listener: () => void) => {
    this.listeners.add(listener)
    return () => {
      this.listeners.delete(listener)
    }
  }
  /** Settles all that is pending. */
  settle(outcome: MessageOutcome | null = STORED): void {
    for (const settled of this.pending.splice(0)) settled(outcome)
  }
  drain(): void {
    this.full = false
    for (const listener of this.listeners) listener()
  }
}

/** A broker on a free port, with its sink. */
export const startBroker = (settings: Partial<MqttSettings> = {}, sink = new TestSink()) =>
  Effect.gen(function* () {
    const layer = Broker.layer({ port: 0, ...settings }).pipe(Layer.provide(Layer.succeed(MessageSink, sink)))
    const broker = Context.get(yield* Layer.build(layer), Broker.MqttBroker)
    return { broker, port: broker.port ?? 0, sink }
  })

/** An mqtt.js client that does not come back by itself; connecting fails with the broker's refusal. */
export const connectClient = (port: number, options: IClientOptions = {}) =>
  Effect.acquireRelease(
    Effect.tryPromise(() =>
      mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0, ...options }, false)
    ),
    (client) => Effect.promise(() => client.endAsync(true))
  ).pipe(
    Effect.tap((client) =>
      Effect.sync(() => {
        client.on("error", () => {})
      })
    )
  )

export const publish = (client: MqttClient, topic: string, payload: string | Buffer, qos: 0 | 1 | 2 = 1) =>
  Effect.tryPromise(() => client.publishAsync(topic, payload, { qos }))

const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
}

export const packet = (first: number, body: Buffer): Buffer => {
  const length: Array<number> = []
  let rest = body.length
  do {
    length.push((rest % 128) + (rest >= 128 ? 128 : 0))
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return Buffer.concat([Buffer.from([first, ...length]), body])
}

export const CONNECT = (id: string, clean = true): Buffer =>
  packet(0x10, Buffer.concat([text("MQTT"), Buffer.from([4, clean ? 2 : 0, 0, 60]), text(id)]))
export const PUBLISH = (topic: string | Buffer, id: number, payload: string | Buffer): Buffer =>
  packet(0x32, Buffer.concat([text(topic), Buffer.from([id >> 8, id & 0xff]), Buffer.from(payload)]))
export const SUBSCRIBE = (filter: string, id: number): Buffer =>
  packet(0x82, Buffer.concat([Buffer.from([id >> 8, id & 0xff]), text(filter), Buffer.from([0])]))

/** A connection of raw bytes. `acks` holds the ids of the PUBACKs, in order, from a stream of 4-byte packets. */
export class RawClient {
  received = Buffer.alloc(0)
  closed = false

  constructor(readonly socket: Socket) {
    socket.on("data", (chunk) => {
      this.received = Buffer.concat([this.received, chunk])
    })
    socket.on("error", () => {})
    socket.on("close", () => {
      this.closed = true
    })
  }

  /** After CONNACK (4 bytes): PUBACKs alone are expected. */
  get acks(): ReadonlyArray<number> {
    const ids: Array<number> = []
    for (let at = 4; at + 4 <= this.received.length; at += 4) {
      if (this.received[at] === 0x40) ids.push(this.received.readUInt16BE(at + 2))
    }
    return ids
  }
}

export const rawClient = (port: number) =>
  Effect.acquireRelease(
    Effect.async<RawClient>((resume) => {
      const socket = connect(port, "127.0.0.1", () => resume(Effect.succeed(new RawClient(socket))))
    }),
    (client) => Effect.sync(() => client.socket.destroy())
  )
