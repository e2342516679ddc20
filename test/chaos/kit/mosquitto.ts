/** A private Mosquitto on a free port of loopback. */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { freePort } from "../../support/mysql.global.js"
import { until } from "../../support/tidemark.js"

const program = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]
  .map((folder) => join(folder, "mosquitto"))
  .find(existsSync)

export const hasMosquitto = (): boolean => program !== undefined

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy()
      resolve(true)
    })
    socket.once("error", () => resolve(false))
  })

export class Mosquitto {
  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly child: ChildProcess
  ) {}

  /** Keeps all that waits for a subscriber that is away: by default it drops what is beyond 1,000 messages. */
  static async make(): Promise<Mosquitto> {
    const folder = mkdtempSync(join(tmpdir(), "tidemark-chaos-mosquitto-"))
    const port = await freePort()
    const config = join(folder, "mosquitto.conf")
    writeFileSync(
      config,
      [
        `listener ${port} 127.0.0.1`,
        "allow_anonymous true",
        "persistence false",
        "set_tcp_nodelay true",
        "max_inflight_messages 1000",
        "max_queued_messages 0",
        ""
      ].join("\n")
    )
    const log = openSync(join(folder, "log"), "w")
    const child = spawn(program ?? "mosquitto", ["-c", config], { stdio: ["ignore", log, log] })
    await until("Mosquitto to listen", 10_000, () => accepts(port))
    return new Mosquitto(port, folder, child)
  }

  async remove(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve))
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill("SIGKILL")
      await ended
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}
