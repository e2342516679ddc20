/** Several processes on one database: who owns what, and what each streams. */
import { get, type IncomingMessage } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { until } from "../../support/tidemark.js"
import { monotonicMicros } from "./Publisher.js"
import type { Server } from "./server.js"
import type { Store } from "./store.js"

interface Health {
  readonly roles: ReadonlyArray<string>
  readonly owns: ReadonlyArray<{ readonly name: string; readonly epoch: number }>
}

export const healthOf = async ({ http }: Server): Promise<Health> =>
  (await (await fetch(`${http}/health`)).json()) as Health

/** Starts it, and waits until it does what its roles are. */
export const readied = async (server: Server, ms = 30_000): Promise<Server> => {
  if (!server.running) server.start()
  const ready = until("a process to be ready", ms, async () => {
    if (!server.running) return true
    return (await fetch(`${server.http}/health/ready`)).status === 200
  })
  await ready.catch((error) => {
    throw new Error(`${error.message}: ${server.output}`)
  })
  if (!server.running) throw new Error(`a process ended: ${server.output}`)
  return server
}

/** Who owns a name, as each says of itself, once somebody does. */
export const ownerOf = (servers: ReadonlyArray<Server>, name: string, ms = 20_000) =>
  until(`an owner of ${name}`, ms, async () => {
    for (const server of servers) {
      if (!server.running) continue
      const lease = (await healthOf(server)).owns.find((one) => one.name === name)
      if (lease !== undefined) return { server, epoch: lease.epoch }
    }
    return undefined
  })

const checkpointOf = async (store: Store): Promise<number> => {
  const [row] = await store.query("SELECT position FROM checkpoints WHERE projection = 'minutes'")
  return Number(row?.position)
}

/** ms from `since` (µs, monotonic) until the minutes go on from where they are: what stood then has to be behind it. */
export const foldsAgain = async (store: Store, since: number, ms: number): Promise<number> => {
  const before = await checkpointOf(store)
  for (;;) {
    const took = (monotonicMicros() - since) / 1_000
    if ((await checkpointOf(store)) > before) return took
    if (took > ms) throw new Error(`no process folds ${ms} ms after its owner was gone`)
    await sleep(50)
  }
}

/** Who owns each name, and its epoch, as the database has it. */
export const leasesOf = async (store: Store) => {
  const rows = await store.query("SELECT name, owner, epoch FROM ownership")
  return new Map(
    rows.map(({ epoch, name, owner }) => [String(name), { owner: String(owner), epoch: Number(epoch) }])
  )
}
type Leases = Awaited<ReturnType<typeof leasesOf>>

/** ms from `since` (µs, monotonic) until all that the owner of `name` had, as of `before`, is another's. */
export const takenOver = async (store: Store, before: Leases, name: string, since: number, ms: number) => {
  const gone = before.get(name)?.owner
  const its = [...before].filter(([, { owner }]) => owner === gone)
  for (;;) {
    const now = await leasesOf(store)
    const took = (monotonicMicros() - since) / 1_000
    const left = its.filter(([one, { epoch }]) => (now.get(one)?.epoch ?? 0) <= epoch)
    if (left.length === 0) return took
    if (took > ms)
      throw new Error(`nobody has taken over after ${ms} ms: ${left.map(([one]) => one).join(", ")}`)
    await sleep(50)
  }
}

const LOOK_MS = 50

/**
 * Asks all processes again and again what each does alone. Once one has said that it does something, no other may say so,
 * asked after that, under an epoch that is not higher.
 */
export class ClaimWatch {
  looks = 0
  readonly stale: Array<string> = []
  private ended = false
  private readonly last = new Map<string, { readonly epoch: number; readonly by: Server }>()
  private ends: Promise<unknown> = Promise.resolve()

  static over(servers: ReadonlyArray<Server>): ClaimWatch {
    const watch = new ClaimWatch()
    watch.ends = Promise.all(servers.map((server) => watch.look(server)))
    return watch
  }

  private async look(server: Server): Promise<void> {
    while (!this.ended) {
      await sleep(LOOK_MS)
      // As it was known when this one was asked.
      const known = new Map(this.last)
      const owns = await fetch(`${server.http}/health`, { signal: AbortSignal.timeout(2_000) }).then(
        async (answer) => ((await answer.json()) as Health).owns,
        () => undefined
      )
      if (owns === undefined) continue
      this.looks += 1
      for (const { epoch, name } of owns) {
        const other = known.get(name)
        if (other !== undefined && other.by !== server && epoch <= other.epoch)
          this.stale.push(`${name}: claimed under epoch ${epoch}, after another had it under ${other.epoch}`)
        if (epoch >= (this.last.get(name)?.epoch ?? 0)) this.last.set(name, { epoch, by: server })
      }
    }
  }

  async stop(): Promise<this> {
    this.ended = true
    await this.ends
    return this
  }
}

const ID = /^id: (\d+)$/gm

/** Reads a process' live stream to its end, from a position on; notes what comes, and when (ms). */
export class StreamReader {
  readonly ids: Array<number> = []
  readonly times: Array<number> = []
  private rest = ""
  private response: IncomingMessage | undefined
  private ended = false

  private constructor(private readonly server: Server) {}

  static async open(server: Server, after = 0): Promise<StreamReader> {
    const reader = new StreamReader(server)
    await reader.connect(after)
    return reader
  }

  private connect(after: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = get(`${this.server.http}/data/stream/?last_event_id=${after}`, (response) => {
        if (response.statusCode !== 200) return reject(new Error(`the stream answers ${response.statusCode}`))
        this.response = response
        response.setEncoding("utf8")
        response.on("data", (text: string) => this.take(text))
        response.on("error", () => undefined)
        // As a browser does, from the last id that it has.
        response.on("close", () => void this.again())
        resolve()
      })
      request.on("error", reject)
    })
  }

  private async again(): Promise<void> {
    this.rest = ""
    while (!this.ended) {
      await sleep(100)
      if (
        await this.connect(this.ids.at(-1) ?? 0).then(
          () => true,
          () => false
        )
      )
        return
    }
  }

  private take(text: string): void {
    const now = Date.now()
    const all = this.rest + text
    const end = all.lastIndexOf("\n\n")
    this.rest = all.slice(end + 1)
    for (const [, id] of all.slice(0, end + 1).matchAll(ID)) {
      this.ids.push(Number(id))
      this.times.push(now)
    }
  }

  close(): void {
    this.ended = true
    this.response?.destroy()
  }
}

export interface StreamVerdict {
  readonly missing: number
  readonly repeated: number
  readonly disordered: number
  /** From the append of each event to the reader, ms. */
  readonly delays: ReadonlyArray<number>
}

const MISSING_WAIT_MS = 10_000

/** Holds what a reader has got against the log: all of it, once, in order. */
export const streamVerdict = async (store: Store, reader: StreamReader): Promise<StreamVerdict> => {
  const rows = await store.query(
    `SELECT position, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', recorded_at) AS at FROM events
      WHERE type = 'ReadingRecorded' ORDER BY position`
  )
  await until("the last event on the stream", MISSING_WAIT_MS, async () =>
    reader.ids.includes(Number(rows.at(-1)?.position))
  ).catch(() => undefined)
  const counts = new Map<number, number>()
  for (const id of reader.ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  const arrived = new Map(reader.ids.map((id, at) => [id, reader.times[at] ?? 0]))
  return {
    missing: rows.filter(({ position }) => !counts.has(Number(position))).length,
    repeated: reader.ids.length - counts.size,
    disordered: reader.ids.filter((id, at) => at > 0 && id <= (reader.ids[at - 1] ?? 0)).length,
    delays: rows.map(({ at, position }) => (arrived.get(Number(position)) ?? 0) - Number(at) / 1_000)
  }
}
