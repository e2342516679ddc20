/**
 * Which of several hosts of one database is used: all connections go to one at a time, in the order of DATABASE_URL,
 * and stay where they are until that one refuses them.
 *
 * Invariants:
 * 1. A host that does not take a connection, or says that it takes no writes, is passed over for the next; behind the
 *    last comes the first.
 * 2. Once a host has taken a connection, all to others are cut: no answer is older than one before it.
 */
import type { Socket } from "node:net"
import { type DatabaseHost, describeHost } from "../../config/DatabaseTarget.js"

/** What a connection is for; `asks` only whether the server is there. */
export type Use = "reads" | "writes" | "asks"

export const HOST_PASSED_OVER = "HOST_PASSED_OVER"

/** An open connection. */
export interface Held {
  readonly at: number
  readonly use: Use
  isTaken: boolean
}

export class MysqlHosts {
  readonly areSeveral: boolean
  /** Hears of a host that is used instead of another. */
  onMove: (host: DatabaseHost) => void = () => undefined
  /** Where the next connection goes. */
  private at = 0
  /** What took a connection last. */
  private used = 0
  /** Where the connection that asks was opened last. */
  private asked = 0
  private readonly held = new Map<Socket, Held>()

  constructor(private readonly hosts: ReadonlyArray<DatabaseHost>) {
    this.areSeveral = hosts.length > 1
  }

  get next(): DatabaseHost {
    return this.hostAt(this.at)
  }

  /** Of a socket to `next`, just made. */
  open(socket: Socket, use: Use): Held {
    const held: Held = { at: this.at, use, isTaken: false }
    if (use === "asks") this.asked = held.at
    this.held.set(socket, held)
    socket.once("close", () => {
      this.held.delete(socket)
      if (!held.isTaken) this.passOver(held.at)
    })
    return held
  }

  /** The server has taken the connection, and takes writes. */
  took(held: Held): void {
    held.isTaken = true
    if (held.at === this.used) return
    this.used = held.at
    this.at = held.at
    this.cutWhere(new Error("another server is used now"), ({ at }) => at !== held.at)
    this.onMove(this.hostAt(held.at))
  }

  /** Why a connection is not used. It has no number of a server's: nothing is said of the one that is used. */
  refusal(reason: string, { at } = { at: this.asked }): Error {
    return Object.assign(new Error(`${describeHost(this.hostAt(at))} ${reason}`), { code: HOST_PASSED_OVER })
  }

  /** The server that is used is not to be used: nothing is kept open to it. One that is alone is still read from. */
  leave(error: Error): void {
    const { used } = this
    this.passOver(used)
    this.cutWhere(error, ({ at, use }) => at === used && (this.areSeveral || use === "writes"))
  }

  /** The one that asks had no answer. */
  silent(): void {
    this.passOver(this.asked)
  }

  /** Ends all connections but the one that asks. */
  cut(error: Error): void {
    this.cutWhere(error, ({ use }) => use !== "asks")
  }

  private passOver(at: number): void {
    if (this.at === at) this.at = (at + 1) % this.hosts.length
  }

  private cutWhere(error: Error, isCut: (held: Held) => boolean): void {
    for (const [socket, held] of this.held) {
      if (!isCut(held)) continue
      // It was used: that it ends says nothing more.
      held.isTaken = true
      socket.destroy(error)
    }
  }

  private hostAt(at: number): DatabaseHost {
    const host = this.hosts[at]
    if (host === undefined) throw new RangeError("no host")
    return host
  }
}
