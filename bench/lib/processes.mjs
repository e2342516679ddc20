// Child processes of a benchmark: started until they say a line, stopped by handle, and measured. None outlives us.
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"

const START_MS_MAX = 600_000
const STOP_MS_MAX = 10_000
const RUN_MS_MAX = 600_000
/** Lines of a process' output that are kept: the last ones. */
const LINES_MAX = 50

const running = new Set()

/** Spawns a process that ends, at the latest, with this one. */
export const spawnHeld = (command, args, options) => {
  const child = spawn(command, args, options)
  running.add(child)
  child.once("exit", () => running.delete(child))
  return child
}

const kill = (child) => child.kill("SIGKILL")

/** Ends all of them, by their ids: after a bench that took too long. */
export const killAll = () => {
  for (const child of running) kill(child)
}

process.once("exit", killAll)
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143]
]) {
  process.once(signal, () => process.exit(code))
}

/** Starts a command and waits until its output matches every pattern; answers the first group of each. */
export const startCommand = async (command, args, env, patterns) => {
  const child = spawnHeld(command, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const lines = []
  const answers = new Map()
  const ended = new Promise((resolve) => {
    child.once("exit", resolve)
    child.once("error", resolve)
  })
  await new Promise((resolve, reject) => {
    const fail = () => {
      // A timer that is left would keep the whole benchmark alive.
      clearTimeout(timer)
      kill(child)
      reject(new Error(`${command} ${args.join(" ")} did not start:\n${lines.join("\n")}`))
    }
    const timer = setTimeout(fail, START_MS_MAX)
    ended.then(fail)
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line)
        if (lines.length > LINES_MAX) lines.shift()
        for (const [index, pattern] of patterns.entries()) {
          const match = pattern.exec(line)
          if (match !== null && !answers.has(index)) answers.set(index, match[1])
        }
        if (answers.size === patterns.length) {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  })
  return {
    pid: child.pid,
    answers: patterns.map((_, index) => answers.get(index)),
    output: () => lines.join("\n"),
    stop: async () => {
      child.kill("SIGTERM")
      const timer = setTimeout(() => kill(child), STOP_MS_MAX)
      await ended
      clearTimeout(timer)
    }
  }
}

/** The same of `node ...args`. */
export const startServer = (args, env, patterns) => startCommand(process.execPath, args, env, patterns)

/** A server for the body, stopped however that ends; what the server said stands in the body's error. */
export const withServer = async (starting, body) => {
  const server = await starting
  try {
    return await body(server)
  } catch (error) {
    throw new Error(`${error.message}\nThe server said: ${server.output() || "nothing"}`, { cause: error })
  } finally {
    await server.stop()
  }
}

/** Runs `node ...args` to its end; answers what it prints. */
export const runNode = (args, { env = {}, maxMs = RUN_MS_MAX } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawnHeld(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"]
    })
    const timer = setTimeout(() => kill(child), maxMs)
    let text = ""
    child.stdout.on("data", (chunk) => {
      text += chunk
    })
    child.once("close", (code) => {
      clearTimeout(timer)
      if (code === 0) resolve(text)
      else reject(new Error(`${args.join(" ")} ended with ${code}`))
    })
  })

/** The same where it prints JSON. */
export const runJson = async (args, options) => JSON.parse(await runNode(args, options))

/** A process' memory in MiB: resident now (VmRSS) or at its highest (VmHWM); NaN where there is no /proc. */
export const memoryMiB = (pid, field) => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8")
    return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1_024
  } catch {
    return Number.NaN
  }
}

const TICKS_PER_SECOND = 100
/** Of `/proc/PID/stat`: user time and system time are its fields 14 and 15. */
const [USER, SYSTEM] = [11, 12]
/** Of the line of all cores in `/proc/stat`: its first eight fields are the times, two of them without work. */
const [TIMES, IDLE, WAITING] = [8, 3, 4]

/** Processor time that a process has taken so far; NaN where there is no /proc. */
export const cpuSeconds = (pid) => {
  try {
    // The name before them, in brackets, may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ")
    return (Number(fields[USER]) + Number(fields[SYSTEM])) / TICKS_PER_SECOND
  } catch {
    return Number.NaN
  }
}

/** Processor time that all of the machine has taken so far; NaN where there is no /proc. */
export const machineSeconds = () => {
  try {
    const [line] = readFileSync("/proc/stat", "utf8").split("\n")
    const ticks = line.match(/\d+/g).slice(0, TIMES).map(Number)
    const all = ticks.reduce((sum, one) => sum + one, 0)
    return (all - ticks[IDLE] - ticks[WAITING]) / TICKS_PER_SECOND
  } catch {
    return Number.NaN
  }
}
