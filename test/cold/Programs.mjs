/** The program as it is started by hand: what a command says, how long it takes, and the most memory that it has. */
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { memoryMiB, spawnHeld } from "../../bench/lib/processes.mjs"
import { FLAGS, main } from "../../bench/lib/tidemark.mjs"

const LOOK_MS = 100
const LINES_MAX = 400

/** The peak of a process that may end at any time: what was last seen of it. */
export const watchMemory = (pid) => {
  let [peak, isOver] = [0, false]
  const watching = (async () => {
    while (!isOver) {
      const now = memoryMiB(pid, "VmHWM")
      if (Number.isFinite(now)) peak = Math.max(peak, now)
      await sleep(LOOK_MS)
    }
  })()
  return async () => {
    isOver = true
    await watching
    return Math.round(peak)
  }
}

/** Starts a command. `ended`: its code or signal, its last lines, seconds, and its peak in MiB. */
export const startProgram = (args, env) => {
  const started = performance.now()
  const child = spawnHeld(process.execPath, [...FLAGS, main, ...args], {
    env: { ...process.env, LOG_LEVEL: "warning", ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const lines = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line)
      if (lines.length > LINES_MAX) lines.shift()
    })
  }
  const peakOf = watchMemory(child.pid)
  const ended = new Promise((resolve) => child.once("close", (code, signal) => resolve(code ?? signal))).then(
    async (code) => ({
      code,
      lines,
      seconds: (performance.now() - started) / 1_000,
      peakMiB: await peakOf()
    })
  )
  return { kill: () => child.kill("SIGKILL"), ended }
}

/** Runs a command to its end, which has to be a good one. */
export const runProgram = async (args, env) => {
  const end = await startProgram(args, env).ended
  if (end.code !== 0)
    throw new Error(`tidemark ${args.join(" ")} ended with ${end.code}:\n${end.lines.join("\n")}`)
  return end
}
