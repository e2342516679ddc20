/**
 * The open connections of the broker, by socket and by WebSocket alike: each is guarded, bounded and counted, and all
 * are held or closed together.
 */
import type { Duplex } from "node:stream"
import type { Client } from "aedes"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { networkOf } from "../../domain/access/ClientNetwork.js"
import * as Metrics from "../../telemetry/Metrics.js"
import type { MqttRules } from "./MqttRules.js"
import type { MqttSettings } from "./MqttSettings.js"
import { disconnectPacket, PACKET_TOO_LARGE, SHUTTING_DOWN } from "./packet/ReasonCodes.js"
import { guardSocket, type SocketGuard } from "./packet/SocketGuard.js"

/** How long a connection that we end may take to close by itself, in ms. */
const END_MILLIS = 200

/** Who was refused, from where, and why. */
export type Refused = (clientId: string | null, address: string | null, error: Error) => void

export interface ConnectionParts {
  readonly settings: MqttSettings
  readonly rules: MqttRules
  /** Gives a connection to Aedes. */
  readonly handle: (connection: Duplex) => Client
  /** Nobody is read from now. */
  readonly isOverloaded: () => boolean
  readonly refused: Refused
  /** ms since 1970. */
  readonly now: () => number
  readonly after: (millis: number, act: () => void) => void
}

export class MqttConnections {
  /** A connection that is closed no longer knows whose it was. */
  readonly addresses = new WeakMap<object, string>()
  private readonly open = new Map<SocketGuard, Client>()
  /** Open connections by the network of their address. */
  private readonly counts = new Map<string, number>()
  private readonly empty = Effect.unsafeMakeLatch(false)
  private readonly idle = Effect.unsafeMakeLatch(false)
  private held = false

  constructor(private readonly parts: ConnectionParts) {
    parts.rules.handover.onIdle = () => this.idle.unsafeOpen()
  }

  get size(): number {
    return this.open.size
  }

  /** Why one more connection from this address is not taken; null: it is. */
  fullFor(address = ""): string | null {
    const { connectionsMax, peer } = this.parts.settings
    const { connectionsPerAddressMax: max } = peer()
    if (this.size >= connectionsMax) return "too many connections"
    return max > 0 && (this.counts.get(networkOf(address)) ?? 0) >= max
      ? `more than ${max} connections from this address`
      : null
  }

  readonly accept = (connection: Duplex, address: string | undefined): void => {
    const { after, handle, isOverloaded, now, refused, rules, settings } = this.parts
    const full = this.fullFor(address)
    if (full !== null) {
      refused(null, address ?? null, new Error(full))
      connection.destroy()
      return
    }
    if (address !== undefined) this.addresses.set(connection, address)
    this.count(address, 1)
    const guard = guardSocket(
      connection,
      { ...settings, ...settings.peer() },
      {
        isHeld: () => this.held || isOverloaded(),
        refused: (reason) => {
          refused(null, address ?? null, new Error(reason))
          const client = this.open.get(guard)
          if (client?.version !== 5) return
          rules.outbox.flush(client)
          connection.write(disconnectPacket(PACKET_TOO_LARGE))
        },
        now,
        after
      }
    )
    connection.once("close", () => {
      this.open.delete(guard)
      rules.gone(made)
      this.count(address, -1)
      Metrics.mqttConnections.unsafeUpdate(this.size, [])
      if (this.size === 0) this.empty.unsafeOpen()
    })
    const made = handle(connection)
    rules.connected(made)
    this.open.set(guard, made)
    Metrics.mqttConnections.unsafeUpdate(this.size, [])
  }

  private count(address = "", change: 1 | -1): void {
    const network = networkOf(address)
    const count = (this.counts.get(network) ?? 0) + change
    if (count === 0) this.counts.delete(network)
    else this.counts.set(network, count)
  }

  /** Goes on reading after it was held. */
  resume(): void {
    for (const guard of this.open.keys()) guard.resume()
  }

  /** Reads no more, and waits until what was taken in is acknowledged, or `shutdownMillis`. */
  readonly stopIntake: Effect.Effect<void> = Effect.suspend(() => {
    const { rules, settings } = this.parts
    this.held = true
    return Effect.zipRight(
      rules.handover.outstanding === 0 ? this.idle.open : this.idle.close,
      // Interruptible also in a release, or no timeout could end it.
      Effect.timeoutOption(Effect.interruptible(this.idle.await), Duration.millis(settings.shutdownMillis))
    )
  })

  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    const { rules } = this.parts
    rules.closed = true
    // First the end of the stream, behind the acknowledgements: a mere destroy could overtake them.
    for (const [{ socket }, client] of this.open) {
      rules.outbox.flush(client)
      if (client.version === 5) socket.end(disconnectPacket(SHUTTING_DOWN))
      else socket.end()
    }
    return Effect.gen(this, function* () {
      yield* this.size === 0 ? this.empty.open : this.empty.close
      yield* Effect.timeoutOption(Effect.interruptible(this.empty.await), Duration.millis(END_MILLIS))
      for (const { socket } of this.open.keys()) socket.destroy()
    })
  })
}
