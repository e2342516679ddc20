/**
 * Stands between a connection and Aedes, in place: Aedes pulls bytes with `read` and sends with `write`, so those two
 * are replaced on the socket. (A stream in between would copy every byte of every publisher.)
 *
 * - `read` gives nothing while reading is held, and refuses packets over the limit before they are kept. Held bytes
 *   fill the socket's buffer, then the kernel's, and so hold the sender.
 * - `write` always says that there is room: else Aedes would hold every publisher until a stalled subscriber
 *   drains. What a client does not read is bounded here instead: over the bound its connection is closed.
 */
import type { Duplex } from "node:stream"
import { Pace, type PaceLimits } from "./Pace.js"
import { type PacketLimits, PacketMeter } from "./PacketMeter.js"

export interface GuardLimits extends PacketLimits, PaceLimits {
  /** Bytes that may wait to be read by one client; over it the connection is closed. */
  readonly writeBufferBytesMax: number
}

export interface SocketGuard {
  readonly socket: Duplex
  /** Goes on after reading was held. */
  readonly resume: () => void
}

/** What a guard asks and tells. */
export interface GuardParts {
  /** Asked at each read. */
  readonly isHeld: () => boolean
  /** Told why the guard closed the connection. */
  readonly refused: (reason: string) => void
  /** ms since 1970. */
  readonly now: () => number
  readonly after: (millis: number, act: () => void) => void
}

export const guardSocket = (
  socket: Duplex,
  limits: GuardLimits,
  { after, isHeld, now, refused }: GuardParts
): SocketGuard => {
  const pace = new Pace(limits)
  const meter = new PacketMeter(limits)
  const read: (size?: number) => unknown = socket.read.bind(socket)
  const write: Duplex["write"] = socket.write
  let wanted = false
  let isPaused = false

  const resume = (): void => {
    if (!wanted || isPaused || isHeld()) return
    wanted = false
    socket.emit("readable")
  }

  /** Reads no more for a while where what was read was more than the rate. */
  const keepPace = (packets: number, bytes: number): void => {
    const wait = pace.take(packets, bytes, now())
    isPaused = wait > 0
    if (!isPaused) return
    after(wait, () => {
      isPaused = false
      resume()
    })
  }

  const refuse = (reason: string): void => {
    if (socket.destroyed) return
    refused(reason)
    socket.destroy()
  }

  socket.read = (size?: number): unknown => {
    // read(0) takes nothing: by it the stream itself asks for more.
    if (size === 0) return read(0)
    if (isPaused || isHeld()) {
      wanted = true
      return null
    }
    const chunk = read(size)
    if (!(chunk instanceof Uint8Array)) return null
    const before = meter.packets
    const fault = meter.accept(chunk)
    if (fault !== null) {
      refuse(fault)
      return null
    }
    if (pace.isLimited) keepPace(meter.packets - before, chunk.length)
    return chunk
  }

  const boundedWrite = (...args: Array<unknown>): boolean => {
    // Its last packet is written: it is told no more.
    if (socket.writableEnded) return true
    Reflect.apply(write, socket, args)
    if (socket.writableLength > limits.writeBufferBytesMax) {
      refuse(`the client has not read ${socket.writableLength} bytes`)
    }
    return true
  }
  socket.write = boundedWrite

  return { socket, resume }
}
