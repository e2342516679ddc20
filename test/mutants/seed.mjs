/**
 * Runs one seed, copied beside a compiled product: prints what was found first as one line of JSON. It ends at the
 * first violation: what follows from it is of no interest here.
 */
import { writeSync } from "node:fs"
import * as Effect from "effect/Effect"
import { run } from "./src/sim/chaos/Chaos.js"
import { FAULT_NAMES } from "./src/sim/chaos/Director.js"
import { PEER_FAULT_NAMES } from "./src/sim/chaos/peers/PeerFaults.js"

const [, , seed, hours, processes] = process.argv
const count = processes === "drawn" ? processes : Number(processes)
const faults = count === 1 ? FAULT_NAMES : [...FAULT_NAMES, ...PEER_FAULT_NAMES]

const end = (answer) => {
  writeSync(1, `${JSON.stringify(answer)}\n`)
  process.exit(0)
}

/** A line of the trace: the simulated time in ms, and what happened. */
const VIOLATED = /^(\S+) VIOLATED (.*)/s

const listener = (line) => {
  const match = VIOLATED.exec(line)
  if (match !== null) end({ violation: match[2].trim() })
}

const result = await Effect.runPromise(
  run({ seed: Number(seed), hours: Number(hours), faults, processes: count, listener })
)
end({ violation: null, messages: result.messages })
