/**
 * `npm run pictures`: the pictures of README.md, from the real pages in a real browser, in
 * light and dark. An hour of five sensors passes in some seconds: the server's clock is set back by an hour, and set on step
 * by step, each with its readings. So they arrive as they are measured, and the scores are those of such an hour. The
 * server is the script's own, and ends with it.
 *
 * TEST_CHROMIUM names another browser than that of the system.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { chromium } from "playwright-core"

const OUTPUT = resolve("docs/images")
const VIEW = { width: 1100, height: 860 }
const QUALITY = 80
const STEP_MS = 2_000
const HOUR_MS = 3_600_000
/** The clock's step: readings are stored so soon after they were measured, at the latest. */
const LAPSE_MS = 4_000
/** Longer than a line of a page takes to be drawn. */
const SETTLE_MS = 1_500

const SENSORS = [
  { id: 1, description: "Main Entrance", mean: 19.5, swing: 1.8, lat: 46.0511, lng: 14.5051 },
  { id: 2, description: "Kitchen", mean: 23.1, swing: 1.2, lat: 46.0512, lng: 14.5053 },
  { id: 3, description: "Deposit", mean: 15.2, swing: 0.5, lat: 46.0513, lng: 14.5055 },
  { id: 4, description: "Assembly Floor", mean: 20.6, swing: 0.9, lat: 46.0514, lng: 14.5057 },
  { id: 5, description: "Offices", mean: 21.9, swing: 0.7, lat: 46.0515, lng: 14.5059 }
]

/** A wave with a ripple, so that lines look like a thermometer's and are the same each time. */
const valueAt = ({ id, mean, swing }, ms) =>
  mean + swing * Math.sin(ms / 900_000 + id) + 0.12 * Math.sin(ms / 17_000 + 3 * id)

const readingsOf = (sensor, from, to) =>
  Array.from({ length: (to - from) / STEP_MS }, (_, i) => {
    const { description, id, lat, lng } = sensor
    const ms = from + (i + 1) * STEP_MS
    const value = Number(valueAt(sensor, ms).toFixed(2))
    const timestamp = new Date(ms).toISOString()
    return { sensor_id: id, timestamp, value, unit: "C", type: "temperature", description, lat, lng }
  })

const post = async (http, path, rows) => {
  const headers = { "content-type": "application/json" }
  const answer = await fetch(http + path, { method: "POST", headers, body: JSON.stringify(rows) })
  if (answer.status !== 201) throw new Error(await answer.text())
}

/** Of the server: its clock is behind by what it is told last. */
const CLOCK = `const { now } = Date
let behind = ${HOUR_MS}
Date.now = () => now() - behind
process.on("message", (ms) => { behind = ms; process.send("set") })
process.channel.unref()`

/** Sets the server's clock to a time. */
const setClock = (server, ms) => {
  const isSet = new Promise((resolve) => server.once("message", resolve))
  server.send(Date.now() - ms)
  return isSet
}

/** What is measured up to now, from a time on, step by step. Gives up to where. */
const passTime = async (http, server, from) => {
  let at = from
  for (; at + LAPSE_MS <= Date.now(); at += LAPSE_MS) {
    await setClock(server, at + LAPSE_MS)
    await post(
      http,
      "/data/",
      SENSORS.flatMap((sensor) => readingsOf(sensor, at, at + LAPSE_MS))
    )
  }
  await setClock(server, Date.now())
  return at
}

const started = (server) =>
  new Promise((resolve, reject) => {
    let output = ""
    const keep = (chunk) => {
      output += chunk
      const http = /(http:\/\/[^/\s]+)\/health/.exec(output)?.[1]
      if (http !== undefined && output.includes("mqtt://")) resolve(http)
    }
    server.stdout.on("data", keep)
    server.stderr.on("data", keep)
    server.once("exit", () => reject(new Error(`the server ended:\n${output}`)))
  })

/** WebP by the browser's own protocol: playwright takes PNG and JPEG only. */
const shoot = async (page, name) => {
  const session = await page.context().newCDPSession(page)
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: QUALITY })
  writeFileSync(join(OUTPUT, `${name}.webp`), Buffer.from(data, "base64"))
}

const executablePath = process.env.TEST_CHROMIUM ?? "/usr/bin/chromium"
const scratch = mkdtempSync(join(tmpdir(), "tidemark-pictures-"))
const env = {
  PATH: process.env.PATH,
  DATA_DIR: scratch,
  HTTP_PORT: "0",
  MQTT_PORT: "0",
  SIMULATE: "false"
}
const preload = `data:text/javascript,${encodeURIComponent(CLOCK)}`
const server = spawn(process.execPath, ["--import", preload, resolve("dist/tidemark.cjs"), "start"], {
  ...{ cwd: scratch, env },
  stdio: ["ignore", "pipe", "pipe", "ipc"]
})
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] })
try {
  const http = await started(server)
  const start = Date.now() - (Date.now() % STEP_MS) - HOUR_MS
  let until = await passTime(http, server, start)
  await post(http, "/annotations/", {
    start_time: new Date(start + 0.55 * HOUR_MS).toISOString(),
    end_time: new Date(start + 0.68 * HOUR_MS).toISOString(),
    kind: "maintenance",
    text: "Heating off for its yearly service"
  })
  await sleep(SETTLE_MS)
  const pages = {
    now: "/",
    explore: `/explore?range=1h&${SENSORS.map(({ id }) => `sensor=${id}`).join("&")}`
  }
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport: VIEW, colorScheme })
    const page = await context.newPage()
    for (const [name, path] of Object.entries(pages)) {
      until = await passTime(http, server, until)
      await page.goto(http + path)
      await sleep(SETTLE_MS)
      await shoot(page, `${name}-${colorScheme}`)
    }
    await context.close()
  }
} finally {
  await browser.close()
  server.removeAllListeners("exit")
  server.kill("SIGTERM")
  await new Promise((resolve) => server.once("exit", resolve))
  rmSync(scratch, { recursive: true, force: true })
}
