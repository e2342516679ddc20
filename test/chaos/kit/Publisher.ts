/** The publishing process (publisher.mjs), as its harness holds it. */
import { type ChildProcess, fork } from "node:child_process"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { Plan } from "./plan.mjs"

export interface PublisherOptions {
  readonly port: number
  readonly plan: Plan
  /** File that acknowledgements are appended to. */
  readonly ledger: string
  /** Messages a second. */
  readonly rate: number
  /** Messages in all; unbounded by default. */
  readonly count?: number
  readonly connections?: number
  /** Messages in flight, a connection. */
  readonly window?: number
  readonly topic?: string
  /** It publishes every so manieth number of the plan, from one on; all of them by default. */
  readonly share?: { readonly index: number; readonly of: number }
  /** Its connections' client ids begin with it. */
  readonly name?: string
}

const DEFAULTS = {
  count: Number.MAX_SAFE_INTEGER,
  connections: 4,
  window: 2_000,
  topic: "sensors/chaos",
  share: { index: 0, of: 1 },
  name: "chaos"
}

export interface PublisherStatus {
  /** Messages that are due: numbers below this, and no others, can be in the log. */
  readonly produced: number
  readonly sent: number
  /** Sendings that were not the first. */
  readonly resent: number
  readonly acked: number
  readonly connects: number
  /** Acknowledgements of nothing that was in flight. */
  readonly unexpected: number
  /** When a connection last got its first acknowledgement, µs, monotonic; 0 before. */
  readonly firstAt: number
}

const PROCESS = fileURLToPath(new URL("publisher.mjs", import.meta.url))

/** The machine's monotonic clock, µs: the same in every process, so that times of a ledger can be compared. */
export const monotonicMicros = (): number => Number(process.hrtime.bigint() / 1_000n)

export class Publisher {
  private constructor(
    private readonly child: ChildProcess,
    readonly options: PublisherOptions
  ) {}
  private calls = 0

  static start(options: PublisherOptions): Publisher {
    return new Publisher(fork(PROCESS, [JSON.stringify({ ...DEFAULTS, ...options })]), options)
  }

  private ask(what: string, ms: number): Promise<PublisherStatus> {
    const id = ++this.calls
    return new Promise((resolve, reject) => {
      const listen = (message: { readonly id: number; readonly status: PublisherStatus }) => {
        if (message.id !== id) return
        done()
        resolve(message.status)
      }
      const ended = () => {
        done()
        reject(new Error(`the publisher ended before it answered "${what}"`))
      }
      const timer = setTimeout(() => {
        done()
        reject(new Error(`the publisher did not answer "${what}" in ${ms} ms`))
      }, ms)
      const done = () => {
        clearTimeout(timer)
        this.child.off("message", listen)
        this.child.off("exit", ended)
      }
      this.child.on("message", listen)
      this.child.once("exit", ended)
      this.child.send({ do: what, id })
    })
  }

  status(): Promise<PublisherStatus> {
    return this.ask("status", 10_000)
  }

  /** No new messages; what is due is still sent until it is acknowledged. */
  pause(): Promise<PublisherStatus> {
    return this.ask("pause", 10_000)
  }

  resume(): Promise<PublisherStatus> {
    return this.ask("resume", 10_000)
  }

  /** Waits until so many messages more are acknowledged. */
  async acknowledgedMore(count: number, ms: number): Promise<PublisherStatus> {
    const { acked } = await this.status()
    const end = performance.now() + ms
    for (;;) {
      const now = await this.status()
      if (now.acked >= acked + count) return now
      if (performance.now() > end) {
        throw new Error(`only ${now.acked - acked} of ${count} messages were acknowledged in ${ms} ms`)
      }
      await sleep(10)
    }
  }

  /** Waits for the first acknowledgement on a connection made after `since` (µs, monotonic): by a new process. */
  async acknowledgedSince(since: number, ms: number): Promise<PublisherStatus> {
    const end = performance.now() + ms
    for (;;) {
      const now = await this.status()
      if (now.firstAt > since) return now
      if (performance.now() > end) throw new Error(`nothing was acknowledged in ${ms} ms after a restart`)
      await sleep(10)
    }
  }

  /** Ends it when everything that was due is acknowledged; rejects where that takes longer than `ms`. */
  stop(ms = 60_000): Promise<PublisherStatus> {
    return this.ask("stop", ms)
  }

  /** Ends it at once. */
  kill(): void {
    this.child.kill("SIGKILL")
  }
}
