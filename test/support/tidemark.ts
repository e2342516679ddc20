/**
 * The real program as its own process, as a person starts it: `node dist/tidemark.cjs`, on free ports, with its
 * output kept. `npm test` builds it first.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"

/** TIDEMARK_MAIN names another build of it: a bundle, say. */
export const MAIN =
  process.env.TIDEMARK_MAIN || fileURLToPath(new URL("../../dist/tidemark.cjs", import.meta.url))

/** Asks again and again until there is an answer; fails with what was waited for when `ms` have passed. */
export const until = async <A>(
  what: string,
  ms: number,
  ask: () => Promise<A | undefined | null | false>
): Promise<A> => {
  const end = performance.now() + ms
  for (;;) {
    const answer = await ask().catch(() => undefined)
    if (answer !== undefined && answer !== null && answer !== false) return answer
    if (performance.now() > end) throw new Error(`waited ${ms} ms for ${what}`)
    await sleep(50)
  }
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly ms: number
}

/** Another folder to start in, and another build to start: a command with its first arguments. */
export interface Launch {
  readonly cwd?: string
  readonly program?: ReadonlyArray<string>
}

export class Tidemark {
  output = ""
  private constructor(
    readonly child: ChildProcess,
    readonly ended: Promise<Ended>
  ) {}

  /** Starts a command; the environment is the caller's and nothing else's. */
  static run(
    args: ReadonlyArray<string>,
    env: Readonly<Record<string, string>>,
    { cwd, program = [process.execPath, MAIN] }: Launch = {}
  ): Tidemark {
    const [command = "", ...first] = program
    const child = spawn(command, [...first, ...args], {
      cwd,
      env: { PATH: process.env.PATH ?? "", ...env },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let stopping = performance.now()
    const ended = new Promise<Ended>((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal, ms: performance.now() - stopping }))
    })
    const tidemark = new Tidemark(child, ended)
    tidemark.kill = (signal) => {
      stopping = performance.now()
      child.kill(signal)
      return ended
    }
    const keep = (chunk: Buffer) => {
      tidemark.output += chunk.toString()
    }
    child.stdout?.on("data", keep)
    child.stderr?.on("data", keep)
    return tidemark
  }

  /** Sends a signal, and waits for the end. */
  kill: (signal: NodeJS.Signals) => Promise<Ended> = () => this.ended

  private found(pattern: RegExp): string | undefined {
    return pattern.exec(this.output)?.[1]
  }

  get http(): string {
    return this.found(/(https?:\/\/[^/\s]+)\/health/) ?? "http://not-started"
  }

  get mqttPort(): number {
    return Number(this.found(/mqtts?:\/\/[^\s]+:(\d+) \(/) ?? 0)
  }

  async started(ms = 20_000): Promise<this> {
    await until(`"Tidemark is running" in:\n${this.output}`, ms, async () => this.mqttPort > 0)
    return this
  }

  async get(
    path: string,
    init: RequestInit = {}
  ): Promise<{ status: number; json: never; headers: Headers }> {
    const response = await fetch(this.http + path, init)
    return { status: response.status, json: (await response.json()) as never, headers: response.headers }
  }
}

/** A server for the scope of a test, stopped hard when the test has not stopped it. */
export const startTidemark = (
  env: Readonly<Record<string, string>>,
  args: ReadonlyArray<string> = ["start"],
  launch: Launch = {}
) =>
  Effect.acquireRelease(
    Effect.sync(() => Tidemark.run(args, { HTTP_PORT: "0", MQTT_PORT: "0", ...env }, launch)),
    (tidemark) =>
      Effect.promise(async () => {
        if (tidemark.child.exitCode === null && tidemark.child.signalCode === null)
          await tidemark.kill("SIGKILL")
      })
  )

/** A folder of the test's own. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-test-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)
