/**
 * The real program on fixed ports, started and ended again and again on one database, as a supervisor would.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "../../support/mysql.global.js"
import { type Ended, Tidemark } from "../../support/tidemark.js"
import { monotonicMicros } from "./Publisher.js"

type Env = Readonly<Record<string, string>>

/** Characters of what a process said last, for when it ends unasked. */
const OUTPUT_TOLD = 4_000

export class Server {
  private process: Tidemark | undefined
  /** When the present process was started, µs, monotonic. */
  startedAt = 0
  /** When it said that it takes messages, µs, monotonic; 0 before. */
  runningAt = 0
  /** Somebody has told it to end. */
  private ending = false
  private constructor(
    readonly httpPort: number,
    readonly mqttPort: number,
    private readonly folder: string,
    private readonly env: Env
  ) {}

  /** Of a database; nothing runs yet. Simulated sensors are off. */
  static async on(databaseUrl: string, env: Env = {}): Promise<Server> {
    const folder = mkdtempSync(join(tmpdir(), "tidemark-chaos-server-"))
    const [httpPort, mqttPort] = [await freePort(), await freePort()]
    return new Server(httpPort, mqttPort, folder, {
      DATABASE_URL: databaseUrl,
      DATA_DIR: folder,
      SIMULATE: "false",
      HTTP_PORT: String(httpPort),
      MQTT_PORT: String(mqttPort),
      ...env
    })
  }

  /** Starts the process; does not wait until it is ready. */
  start(): Tidemark {
    this.startedAt = monotonicMicros()
    this.runningAt = 0
    const process = Tidemark.run(["start"], this.env)
    this.process = process
    this.ending = false
    process.child.once("exit", (code, signal) => {
      if (process !== this.process || this.ending || this.runningAt === 0) return
      console.error(
        `chaos | a process ended unasked (${code ?? signal}):\n${process.output.slice(-OUTPUT_TOLD)}`
      )
    })
    process.child.stdout?.on("data", () => {
      if (this.runningAt === 0 && process.mqttPort > 0 && process === this.process) {
        this.runningAt = monotonicMicros()
      }
    })
    return process
  }

  /** Starts it and waits until it takes messages. */
  ready(ms = 30_000): Promise<Tidemark> {
    return this.start().started(ms)
  }

  get pid(): number {
    return this.process?.child.pid ?? 0
  }

  get running(): boolean {
    const child = this.process?.child
    return child !== undefined && child.exitCode === null && child.signalCode === null
  }

  get output(): string {
    return this.process?.output ?? ""
  }

  /** SIGSTOP or SIGCONT. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.process?.child.kill(signal)
  }

  /** Ends it, and answers how and how fast (ms). */
  async end(signal: "SIGKILL" | "SIGTERM" | "SIGINT"): Promise<Ended> {
    if (this.process === undefined) throw new Error("the server was not started")
    this.ending = true
    return this.running ? this.process.kill(signal) : this.process.ended
  }

  get http(): string {
    return `http://127.0.0.1:${this.httpPort}`
  }

  /** Ends what still runs, and leaves nothing behind. */
  async remove(): Promise<void> {
    if (this.running) {
      this.signal("SIGCONT")
      await this.end("SIGKILL")
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}
