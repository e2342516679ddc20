// What a bench publishes to one server, phase after phase: no message of one is a repeat of another's.
import { fileURLToPath } from "node:url"
import { runJson } from "./processes.mjs"

const PUBLISHER = fileURLToPath(new URL("publisher.mjs", import.meta.url))
export const CONNECTIONS = 20
/** Of each connection, where as much is sent as the server takes. */
const IN_FLIGHT = 250
/** Device time of a phase: a connection's messages are a millisecond apart, and no more than fit. */
const PHASE_MS = 60_000
/** Phases lie before now, so that no reading is of the future. */
const PHASES_MAX = 60

/** `publish` takes what publisher.mjs does, the rest by default; `rows` is how many must be stored by then. */
export const openFeed = (port) => {
  const start = Date.now() - PHASES_MAX * PHASE_MS
  let [phases, rows] = [0, 0]
  const publish = async (options) => {
    const pace = options.rate === undefined && options.gap === undefined ? { window: IN_FLIGHT } : {}
    const connections = options.gap === undefined ? CONNECTIONS : 1
    const whole = { port: Number(port), connections, from: start + phases * PHASE_MS, ...pace, ...options }
    if (phases === PHASES_MAX || whole.messages / whole.connections > PHASE_MS)
      throw new Error("more is published than there are times for")
    phases += 1
    const answer = await runJson([PUBLISHER, JSON.stringify(whole)])
    rows += answer.rows
    return answer
  }
  return { publish, rows: () => rows }
}

/** That all was stored that was acknowledged, and nothing twice. */
export const checkStored = async (database, feed) => {
  const [stored, sent] = [await database.readings(), feed.rows()]
  if (stored !== sent) throw new Error(`stored ${stored} rows of ${sent}`)
}
