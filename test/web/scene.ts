/** One program with data, and one browser, for all tests of the pages. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { launch } from "../support/chromium.js"
import { Tidemark, until } from "../support/tidemark.js"

/** What somebody may call a sensor. */
export const HOSTILE = `"><script>alert(1)</script>'<img src=x onerror=alert(2)>&amp; 🌊 مرحبا بالعالم \u202e`
/** The sensor with a history: that of the plots. */
export const SENSOR = 42
const START = Date.UTC(2026, 0, 5, 10)
export const STEP = 10_000
/** Readings that it should have sent, those missing in its gap, and where it spiked. */
export const READINGS = 360
export const GAP = { from: 100, to: 130 }
const SPIKE = 200
export const at = (index: number): string => new Date(START + index * STEP).toISOString()

const valueOf = (index: number): number =>
  index === SPIKE ? 95 : Number((20 + 3 * Math.sin(index / 20)).toFixed(2))

const readings = Array.from({ length: READINGS }, (_, index) => index)
  .filter((index) => index < GAP.from || index >= GAP.to)
  .map((index) => ({
    sensor_id: SENSOR,
    timestamp: at(index),
    value: valueOf(index),
    unit: "°C",
    type: "temperature",
    description: HOSTILE
  }))

/** Waits until the minutes are folded, but for what arrives meanwhile. */
export const folded = (server: Tidemark): Promise<boolean> =>
  until("the minutes to be folded", 20_000, async () => {
    const response = await fetch(`${server.http}/health`)
    const { projections } = (await response.json()) as { projections: ReadonlyArray<{ lag: number }> }
    return projections.every(({ lag }) => lag < 50)
  })

const seed = async (server: Tidemark) => {
  const post = async (body: unknown, type = "application/json") => {
    const text = typeof body === "string" ? body : JSON.stringify(body)
    const answer = await fetch(`${server.http}/data/`, {
      method: "POST",
      body: text,
      headers: { "content-type": type }
    })
    return answer
  }
  const stored = (await (await post(readings)).json()) as ReadonlyArray<{ readonly id: number }>
  const corrected = await fetch(
    `${server.http}/data/${stored[50]?.id}?reason=${encodeURIComponent(HOSTILE)}`,
    {
      method: "PUT",
      body: JSON.stringify({ ...readings[50], value: 21.25 }),
      headers: { "content-type": "application/json" }
    }
  )
  if (corrected.status !== 200) throw new Error(`the correction was answered ${corrected.status}`)
  await fetch(`${server.http}/metadata/rejected_messages`, {
    method: "PUT",
    body: JSON.stringify({ description: `</script>${HOSTILE}` }),
    headers: { "content-type": "application/json" }
  })
  // A row that can't be read is kept among the rejected messages.
  await post(`{"sensor_id": 7, "value": "<script>alert(3)</script>"}\n`, "application/x-ndjson")
  await folded(server)
}

export class Scene {
  /** Every address that any page asked for, and everything that a page complained of. */
  readonly requests: Array<string> = []
  readonly complaints: Array<string> = []

  private constructor(
    readonly server: Tidemark,
    readonly browser: Browser,
    private readonly folder: string
  ) {}

  /** `fill` brings the data, those of these tests by default. */
  static async begin(
    fill: (server: Tidemark) => Promise<void> = seed,
    env: Readonly<Record<string, string>> = {}
  ): Promise<Scene> {
    const folder = mkdtempSync(join(tmpdir(), "tidemark-pages-"))
    const server = Tidemark.run(["start"], { HTTP_PORT: "0", MQTT_PORT: "0", DATA_DIR: folder, ...env })
    const [browser] = await Promise.all([launch(), server.started(40_000)])
    await fill(server)
    return new Scene(server, browser, folder)
  }

  async end(): Promise<void> {
    await this.browser.close()
    await this.server.kill("SIGKILL")
    rmSync(this.folder, { recursive: true, force: true })
  }

  url(path: string): string {
    return this.server.http + path
  }

  private readonly shared = new Map<boolean, Promise<BrowserContext>>()

  private context(scripts: boolean): Promise<BrowserContext> {
    return this.browser.newContext({
      baseURL: this.server.http,
      viewport: { width: 1200, height: 900 },
      javaScriptEnabled: scripts
    })
  }

  /** `scripts: false`: a browser that runs none; `shared`: with the cookies of the others that are. */
  async open(
    path: string,
    { scripts = true, shared = false }: { readonly scripts?: boolean; readonly shared?: boolean } = {}
  ): Promise<Page> {
    const context = (shared ? this.shared.get(scripts) : undefined) ?? this.context(scripts)
    if (shared) this.shared.set(scripts, context)
    const page = await (await context).newPage()
    page.on("request", (request) => this.requests.push(request.url()))
    page.on("pageerror", (error) => this.complaints.push(`${path}: ${error.message}`))
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(`${path}: ${message.text()}`)
    })
    page.on("dialog", (dialog) => {
      this.complaints.push(`${path}: a dialog says ${dialog.message()}`)
      void dialog.dismiss()
    })
    await page.goto(path, { waitUntil: "load" })
    return page
  }
}
