// Child processes of a benchmark: started until they say a line, stopped by name of their own, and measured.
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"

const START_MS_MAX = 600_000
const STOP_MS_MAX = 10_000

/** Starts `node ...args` and waits until its output matches every pattern; answers the first group of each. */
export const startServer = async (args, env, patterns) => {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const heard = []
  const found = new Map()
  const ended = new Promise((resolve) => child.once("exit", resolve))
  await new Promise((resolve, reject) => {
    const fail = () => {
      // A timer that is left would keep the whole benchmark alive.
      clearTimeout(timer)
      reject(new Error(`${args.join(" ")} did not start:\n${heard.join("\n")}`))
    }
    const timer = setTimeout(fail, START_MS_MAX)
    ended.then(fail)
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        if (heard.length < 100) heard.push(line)
        for (const [index, pattern] of patterns.entries()) {
          const match = pattern.exec(line)
          if (match !== null && !found.has(index)) found.set(index, match[1])
        }
        if (found.size === patterns.length) {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  })
  return {
    pid: child.pid,
    answers: patterns.map((_, index) => found.get(index)),
    stop: async () => {
      child.kill("SIGTERM")
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX)
      await ended
      clearTimeout(timer)
    }
  }
}

/** Runs `node ...args` to its end; answers the JSON that it prints. */
export const runJson = (args) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
    let text = ""
    child.stdout.on("data", (chunk) => {
      text += chunk
    })
    child.once("exit", (code) =>
      code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`${args.join(" ")} ended with ${code}`))
    )
  })

/** A process' memory in MiB: resident now (VmRSS) or at its highest (VmHWM); NaN where there is no /proc. */
export const memoryMiB = (pid, field) => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8")
    return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1_024
  } catch {
    return Number.NaN
  }
}

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
