/**
 * A real Mosquitto of the test's own, on a free port of loopback with a configuration of its own. Where the program
 * is not there its suites are skipped by name; with REQUIRE_MYSQL=1 (CI) they fail.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir, userInfo } from "node:os"
import { delimiter, join } from "node:path"
import * as Effect from "effect/Effect"
import { describe } from "vitest"
import { freePort } from "./mysql.global.js"
import { until } from "./tidemark.js"

const PROGRAM = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]
  .map((folder) => join(folder, "mosquitto"))
  .find(existsSync)

/** A suite that needs it. */
export const describeMosquitto = describe.skipIf(PROGRAM === undefined && process.env.REQUIRE_MYSQL !== "1")

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.once("error", () => resolve(false))
  })

export class Mosquitto {
  private child: ChildProcess | undefined
  private constructor(
    readonly port: number,
    readonly folder: string
  ) {}

  static async start(lines: ReadonlyArray<string>): Promise<Mosquitto> {
    const folder = mkdtempSync(join(tmpdir(), "tidemark-mosquitto-"))
    const mosquitto = new Mosquitto(await freePort(), folder)
    const all = [
      `listener ${mosquitto.port} 127.0.0.1`,
      "allow_anonymous true",
      // As root it would become another user, who can't write to the folder.
      `user ${userInfo().username}`,
      ...lines
    ]
    writeFileSync(join(folder, "mosquitto.conf"), `${all.join("\n")}\n`)
    await mosquitto.run()
    return mosquitto
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`
  }

  /** Starts it, again after `kill`. */
  async run(): Promise<void> {
    if (PROGRAM === undefined) throw new Error("REQUIRE_MYSQL=1, but mosquitto is not there")
    const child = spawn(PROGRAM, ["-c", join(this.folder, "mosquitto.conf")], { stdio: "ignore" })
    this.child = child
    await until("mosquitto", 10_000, () => answers(this.port))
    if (child.exitCode !== null) throw new Error(`mosquitto has ended with code ${child.exitCode}`)
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const { child } = this
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once("exit", resolve))
    child.kill(signal)
    await ended
  }
}

/** Running for the scope of a test; `lines` of its configuration beside the listener. */
export const startMosquitto = (lines: ReadonlyArray<string> = []) =>
  Effect.acquireRelease(
    Effect.promise(() => Mosquitto.start(lines)),
    (mosquitto) =>
      Effect.promise(async () => {
        await mosquitto.kill()
        rmSync(mosquitto.folder, { recursive: true, force: true })
      })
  )
