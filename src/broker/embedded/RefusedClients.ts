/**
 * The MQTT clients that were turned away, or whose connection was closed for what they did: so that whoever asks why
 * a device is silent finds it. Bounded: the last KEPT of them, each of one client, address and reason once.
 *
 * Texts of clients are cut, and are to be shown as text.
 */
import type { Clock } from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { RefusedClient } from "../../domain/dataset/RefusedDataset.js"
import * as Metrics from "../../telemetry/Metrics.js"

const KEPT = 20
const TEXT_LENGTH_MAX = 120

const cut = (text: string): string =>
  text.length <= TEXT_LENGTH_MAX ? text : `${text.slice(0, TEXT_LENGTH_MAX - 1).toWellFormed()}…`

export class RefusedList {
  private readonly kept = new Map<string, RefusedClient>()
  private count = 0

  /** True: it is new in the list, and worth a line. */
  add(clientId: string | null, address: string | null, why: string, at: number): boolean {
    const reason = cut(why)
    const id = clientId === null ? null : cut(clientId)
    const key = JSON.stringify([id, address, reason])
    const before = this.kept.get(key)
    this.count += 1
    this.kept.delete(key)
    this.kept.set(key, {
      ...{ clientId: id, address, reason, at },
      ...{ number: this.count, times: (before?.times ?? 0) + 1 }
    })
    const [oldest] = this.kept.keys()
    if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest)
    return before === undefined
  }

  /** All of them, since the process started. */
  get total(): number {
    return this.count
  }

  /** The last ones, the newest first. */
  get last(): ReadonlyArray<RefusedClient> {
    return [...this.kept.values()].reverse()
  }
}

const keyOf = ({ address, clientId, reason }: RefusedClient): string =>
  JSON.stringify([clientId, address, reason])

/** What several processes have listed: one client, address and reason once, the newest first. */
export const refusedOfAll = (
  lists: ReadonlyArray<ReadonlyArray<RefusedClient>>
): ReadonlyArray<RefusedClient> => {
  const merged = new Map<string, RefusedClient>()
  for (const one of lists.flat()) {
    const before = merged.get(keyOf(one))
    const newest = before === undefined || isBefore(one, before) ? one : before
    merged.set(keyOf(one), { ...newest, times: one.times + (before?.times ?? 0) })
  }
  return [...merged.values()].sort((a, b) => (isBefore(a, b) ? -1 : 1))
}

/** In the list, the newest first. */
export const isBefore = (a: RefusedClient, b: RefusedClient): boolean =>
  a.at !== b.at ? a.at > b.at : a.number !== b.number ? a.number > b.number : keyOf(a) < keyOf(b)

/** Of this process. */
export class RefusedClients extends Context.Reference<RefusedClients>()("tidemark/RefusedClients", {
  defaultValue: () => new RefusedList()
}) {}

/** The log could not take a message now, so its connection was closed: its client sends it again. */
export const NOT_STORED = "the message was not stored"

/** Ends of a connection that are nobody's fault. */
const isNoRefusal = (error: Error & { readonly code?: string }): boolean =>
  ["ECONNRESET", "EPIPE", "ETIMEDOUT", "ERR_STREAM_PREMATURE_CLOSE"].includes(error.code ?? "") ||
  [NOT_STORED, "keep alive timeout", "connection closed"].includes(error.message)

/** Warnings that one minute gets: who gives another name each time does not fill the log. */
const LINES_A_MINUTE = 10

/** Keeps who was refused, and warns once of each client and reason. */
export const tellRefused = (list: RefusedList, clock: Clock, run: (line: Effect.Effect<void>) => void) => {
  let minute = 0
  let lines = 0
  return (clientId: string | null, address: string | null, error: Error): void => {
    const who = clientId === null ? "connection" : `client ${JSON.stringify(clientId)}`
    const line = `MQTT ${who} from ${address ?? "an address not known"} refused: ${error.message}`
    if (isNoRefusal(error)) {
      run(Effect.logDebug(line))
      return
    }
    Metrics.mqttRefusedTotal.unsafeUpdate(1, [])
    const now = clock.unsafeCurrentTimeMillis()
    if (Math.floor(now / 60_000) !== minute) [minute, lines] = [Math.floor(now / 60_000), 0]
    const told = list.add(clientId, address, error.message, now) && lines < LINES_A_MINUTE
    if (told) lines += 1
    run(told ? Effect.logWarning(line) : Effect.logDebug(line))
  }
}
