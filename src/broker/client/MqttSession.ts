/**
 * One connection to a broker elsewhere, from CONNECT to its end, as a subscriber with a session that is kept.
 *
 * Invariants:
 * 1. A message is acknowledged on the connection that it came by, after the sink has stored it, in order of
 *    arrival; nothing is acknowledged once the connection has ended (AckWindow).
 * 2. Any number of messages wait for the sink at once; while it is overloaded the socket is not read.
 * 3. A message that is not stored ends the connection, and the broker delivers it again on the next.
 * 4. `down` is called once, with the reason.
 */
import type { Socket } from "node:net"
import type { Clock } from "effect/Clock"
import { unsafeNowMicros } from "../../telemetry/Instant.js"
import { AckWindow } from "../AckWindow.js"
import type { MessageSinkService } from "../MessageSink.js"
import { reasonOf } from "./MqttAddress.js"
import * as Wire from "./MqttWire.js"

/** A dead connection is found after so many ticks in silence. The broker answers a ping at each. */
const SILENT_TICKS_MAX = 3
/** After SUBSCRIBE's no other packet of ours has an id. */
const SUBSCRIBE_ID = 1

const REFUSALS: Record<number, string> = {
  1: "the broker does not speak MQTT 3.1.1",
  2: "the broker refuses the client id",
  3: "the broker is not available",
  4: "the broker refuses user and password",
  5: "the broker does not permit this user or client id"
}

export interface SessionOptions extends Wire.ConnectOptions {
  readonly filters: ReadonlyArray<string>
  /** Bytes of a packet that are kept; a longer one is cut. */
  readonly packetBytesMax: number
}

export interface SessionEvents {
  /**
   * Subscribed. `kept`: the broker had kept the session, and what came in meanwhile. `doubt`: why less is promised
   * than was asked for; null when all is.
   */
  readonly up: (kept: boolean, doubt: string | null) => void
  readonly down: (reason: string) => void
  /** Nothing is owed any more. */
  readonly idle: () => void
}

export class MqttSession {
  private readonly window = new AckWindow((packetId) => this.acknowledge(packetId))
  /** Arrived at QoS 2, by a subscription of somebody else's under this client id; acknowledged in two steps. */
  private readonly twice = new Set<number>()
  private readonly reader: Wire.MqttReader
  private accepted = false
  private kept = false
  private held = false
  private paused = false
  private closed = false
  private corked = false
  private silentTicks = 0

  constructor(
    private readonly socket: Socket,
    private readonly options: SessionOptions,
    private readonly sink: MessageSinkService,
    private readonly clock: Clock,
    private readonly events: SessionEvents
  ) {
    this.reader = new Wire.MqttReader(options.packetBytesMax, (packet) => this.onPacket(packet))
    socket.on("data", (chunk) => this.onData(chunk))
    socket.on("error", (error) => this.close(reasonOf(error)))
    socket.on("close", () => this.close("the broker closed the connection"))
    socket.write(Wire.connectPacket(options))
  }

  /** Messages that may yet be acknowledged. */
  get outstanding(): number {
    return this.window.outstanding
  }

  /** Reads no more, for good. */
  hold(): void {
    this.held = true
    this.flow()
  }

  /** To be called when the sink has room again. */
  flow(): void {
    const pause = !this.closed && (this.held || this.sink.overloaded())
    if (pause === this.paused) return
    this.paused = pause
    this.silentTicks = 0
    if (pause) this.socket.pause()
    else this.socket.resume()
  }

  /** To be called at a steady pace, shorter than the keep-alive. */
  tick(): void {
    if (this.closed) return
    // What is not read can't be heard.
    if (!this.paused) this.silentTicks += 1
    if (this.silentTicks > SILENT_TICKS_MAX) this.close("the broker is silent")
    else if (this.accepted) this.socket.write(Wire.PINGREQ)
  }

  /** Says good-bye, behind the acknowledgements. The broker keeps the session. */
  leave(reason: string): void {
    if (this.closed) return
    this.socket.write(Wire.DISCONNECT)
    this.end(reason)
    // What is unread is dropped: closing over it would reset the connection, and take our last packets with it.
    this.socket.resume()
    this.socket.end()
  }

  /** Ends the connection at once. */
  close(reason: string): void {
    this.end(reason)
    this.socket.destroy()
  }

  private end(reason: string): void {
    if (this.closed) return
    this.closed = true
    this.window.reset()
    this.events.down(reason)
  }

  private onData(chunk: Uint8Array): void {
    if (this.closed) return
    this.silentTicks = 0
    const fault = this.reader.accept(chunk)
    if (fault !== null) this.close(fault)
    else this.flow()
  }

  private onPacket(packet: Wire.Inbound): void {
    if (this.closed) return
    switch (packet._tag) {
      case "Connack":
        if (packet.code !== 0) {
          this.close(REFUSALS[packet.code] ?? `the broker refuses the connection with code ${packet.code}`)
          return
        }
        this.accepted = true
        this.kept = packet.sessionPresent
        // Each time, as the session may be gone, and the filters others than the last time.
        this.socket.write(Wire.subscribePacket(SUBSCRIBE_ID, this.options.filters))
        return
      case "Suback":
        this.onSuback(packet.codes)
        return
      case "Publish":
        this.hand(packet)
        return
      case "Pubrel":
        this.write(Wire.pubcompPacket(packet.packetId))
        return
      case "Pingresp":
    }
  }

  private onSuback(codes: ReadonlyArray<number>): void {
    const refused = this.options.filters.filter((_, at) => codes[at] === Wire.REFUSED)
    const weak = this.options.filters.filter((_, at) => codes[at] === 0)
    if (refused.length > 0) this.close(`the broker refuses the subscription to ${refused.join(", ")}`)
    else this.events.up(this.kept, weak.length === 0 ? null : `it grants only QoS 0 for ${weak.join(", ")}`)
  }

  private hand({
    packetId,
    payload,
    qos,
    retained,
    topic
  }: Extract<Wire.Inbound, { _tag: "Publish" }>): void {
    const settle = qos === 0 ? () => {} : this.window.arrived(packetId)
    if (qos === 2) this.twice.add(packetId)
    const { clientId } = this.options
    const arrivedAt = unsafeNowMicros(this.clock)
    this.sink.offer({ topic, payload, qos, clientId, arrivedAt, retained }, (outcome) => {
      settle(outcome !== null)
      if (this.closed || this.window.outstanding > 0) return
      this.events.idle()
      if (this.window.broken) this.leave("a message was not stored")
    })
  }

  private acknowledge(packetId: number): void {
    this.write(this.twice.delete(packetId) ? Wire.pubrecPacket(packetId) : Wire.pubackPacket(packetId))
  }

  /** What is written in one go, as after a commit, leaves in one go. */
  private write(bytes: Uint8Array): void {
    if (!this.corked) {
      this.corked = true
      this.socket.cork()
      queueMicrotask(() => {
        this.corked = false
        this.socket.uncork()
      })
    }
    this.socket.write(bytes)
  }
}
