/**
 * Every page on real recordings, published over MQTT as their devices would: what the pages say is what a plain look
 * at the files finds.
 */
import { existsSync, readFileSync } from "node:fs"
import type { Page } from "playwright-core"
import { afterAll, assert, beforeAll, it } from "vitest"
import { describeChromium } from "../support/chromium.js"
import { ambient, telemetry } from "../support/recordings.js"
import { Tidemark, until } from "../support/tidemark.js"
import { fitsEverybody } from "./fits.js"
import { folded, Scene } from "./scene.js"

const DEVICE = "5e:44:3b:f3:79:c8"
const HUMIDITY = `${DEVICE}/humidity`
/** A night of the devices, and its day. */
const DAY = "2020-07-13"
const WINDOW = { start: `${DAY}T00:00:00Z`, end: `${DAY}T06:00:00Z` }
const METRICS = 7
const BEGIN_MS = 240_000

const there = existsSync(telemetry) && existsSync(ambient)
const figure = (value: number): string => String(Number(value.toPrecision(6)))
const whole = (value: number): string => value.toLocaleString("en-US")

interface Message {
  readonly device_id: string
  /** s since the epoch. */
  readonly ts: number
  readonly data: { readonly humidity: number }
}

const messages = (): ReadonlyArray<Message> => JSON.parse(readFileSync(telemetry, "utf8"))

/** What the device said of humidity in the window. */
const humidities = (): ReadonlyArray<number> =>
  messages()
    .filter(({ device_id, ts }) => {
      const millis = ts * 1_000
      return device_id === DEVICE && millis >= Date.parse(WINDOW.start) && millis < Date.parse(WINDOW.end)
    })
    .map(({ data }) => data.humidity)

const temperatures = (): ReadonlyArray<number> =>
  readFileSync(ambient, "utf8")
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => Number(line.split(",")[1]))

const replay = async (server: Tidemark, ...args: ReadonlyArray<string>): Promise<void> => {
  const where = ["--port", String(server.mqttPort), "--http", server.http, "--speed", "max"]
  const run = Tidemark.run(["replay", ...where, ...args], {})
  const { code } = await run.ended
  assert.strictEqual(code, 0, run.output)
}

const fill = async (server: Tidemark): Promise<void> => {
  await replay(server, "--sensor", "ambient", "--unit", "F", "--type", "temperature", ambient)
  await replay(server, telemetry)
  await folded(server)
}

describeChromium("the pages in Chromium, on real recordings", () => {
  let scene: Scene
  let ids: ReadonlyMap<string, number>

  const idOf = (name: string): number => ids.get(name) ?? assert.fail(`no sensor is called ${name}`)
  const explore = (name: string, { end, start }: typeof WINDOW): string =>
    `/explore?sensor=${idOf(name)}&range=custom&start=${start}&end=${end}`
  const year = { start: "2013-07-04T00:00:00Z", end: "2014-05-29T00:00:00Z" }
  const night = () => explore(HUMIDITY, WINDOW)
  const checks = () => `/quality?dimension=accuracy&sensor_id=${idOf(HUMIDITY)}&day=${DAY}`

  beforeAll(async () => {
    if (!there) return
    scene = await Scene.begin(fill, { SIMULATE: "false" })
    const sensors = (await (await fetch(scene.url("/sensors/?limit=100"))).json()) as ReadonlyArray<{
      readonly id: number
      readonly name: string
    }>
    ids = new Map(sensors.map(({ id, name }) => [name, id]))
  }, BEGIN_MS)
  afterAll(() => scene?.end())

  const pages: ReadonlyArray<readonly [name: string, path: () => string, says: () => ReadonlyArray<string>]> =
    [
      [
        "Now",
        () => "/",
        () => [HUMIDITY, "ambient", "late", whole(messages().length * METRICS + temperatures().length)]
      ],
      [
        "Catalogue",
        () => "/catalog",
        () => ["sensor_data", whole(messages().length * METRICS + temperatures().length)]
      ],
      [
        "Data set",
        () => "/catalog/sensor_data",
        () => ["pd.read_parquet", "smoke", "2013-07-04", `${DAY} 23:54`]
      ],
      ["Aggregates", () => "/catalog/aggregated_sensor_data", () => ["completeness", "stddev"]],
      [
        "Explore, a night",
        night,
        () => [
          `${whole(humidities().length)} readings`,
          `between ${figure(Math.min(...humidities()))} and ${figure(Math.max(...humidities()))}`,
          "1 h 51 min",
          "suspect"
        ]
      ],
      [
        "Explore, a year",
        () => explore("ambient", year),
        () => [
          `${whole(temperatures().length)} readings`,
          `between ${figure(Math.min(...temperatures()))} and ${figure(Math.max(...temperatures()))}`
        ]
      ],
      ["Quality", () => `/quality?day=${DAY}`, () => ["All sensors", "received", "no_spikes", HUMIDITY]],
      ["Quality of a sensor", checks, () => ["no_spikes", "received", "Rows"]],
      [
        "Sensor",
        () => `/sensors/${idOf(HUMIDITY)}`,
        () => ["Time between readings", "humidity", "estimated"]
      ],
      [
        "Operations",
        () => "/operations",
        () => ["Projection minutes", "0 events behind", "everything that came could be read"]
      ]
    ]

  /** The page when nothing of it is being counted any more. */
  const counted = async (path: string, scripts: boolean): Promise<Page> => {
    const page = await scene.open(path, { scripts, shared: true })
    await until(`the figures of ${path}`, 60_000, async () => {
      if ((await page.locator("[data-pending]").count()) === 0) return true
      await page.reload()
      return false
    })
    return page
  }

  it.skipIf(!there).each(pages)(
    "%s says what the files do, without scripts",
    async (_, path, says) => {
      const page = await counted(path(), false)
      const text = (await page.locator("main").textContent()) ?? ""
      for (const part of says()) assert.include(text, part)
      await page.close()
    },
    120_000
  )

  it.skipIf(!there).each(pages)(
    "%s is accessible in light and dark, and fits 360 px",
    async (_, path) => {
      await fitsEverybody(await counted(path(), true))
    },
    120_000
  )

  it.skipIf(!there)("draws the night, zooms by dragging, and hands out just what it shows", async () => {
    const page = await scene.open(night())
    await page.locator("[data-canvas] canvas").waitFor()
    const box = await page.locator(".u-over").boundingBox()
    if (box === null) return assert.fail("the plot has no place")
    await page.mouse.move(box.x + box.width * 0.1, box.y + 80)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.3, box.y + 90, { steps: 4 })
    await page.mouse.up()
    await page.waitForURL((url) => url.searchParams.get("start") !== WINDOW.start)
    const download = page.waitForEvent("download")
    await page.getByRole("link", { name: "CSV" }).click()
    const csv = readFileSync(await (await download).path(), "utf8")
    const [head = "", ...rows] = csv.trim().split(/\r?\n/)
    const column = head.split(",").indexOf("count")
    const sum = column < 0 ? rows.length : rows.reduce((all, row) => all + Number(row.split(",")[column]), 0)
    assert.isAbove(sum, 0)
    const zoomed = new URL(page.url()).searchParams
    const [from, to] = ["start", "end"].map((name) => Date.parse(zoomed.get(name) ?? "") / 1_000)
    assert.include((await page.locator(".words li").textContent()) ?? "", `: ${whole(sum)} readings`)
    const plain = messages().filter(
      ({ device_id, ts }) => device_id === DEVICE && ts >= (from ?? 0) && ts < (to ?? 0)
    )
    // The range is shown in whole intervals.
    assert.closeTo(sum, plain.length, 40)
    await page.context().close()
  })

  it.skipIf(!there)("leads from a glitch's check to the rows, and finds and filters data sets", async () => {
    const page = await scene.open(checks())
    const row = page.locator(".checks tr", { has: page.locator("code", { hasText: /^no_spikes$/ }) })
    const failing = /^([\d,]+) of/.exec((await row.locator("td.number").nth(1).textContent()) ?? "")?.[1]
    await row.locator("a").first().click()
    const shown = page.locator("#rows tbody tr")
    await until("the glitches", 15_000, async () => String(await shown.count()) === failing)
    for (const text of await shown.allTextContents()) assert.include(text, HUMIDITY)
    await page.goto("/catalog")
    const cards = page.locator(".card h2")
    assert.include(await cards.allTextContents(), "rejected_messages")
    await page.getByLabel("Only with rows").check()
    await until("those with rows", 15_000, async () => {
      const names = await cards.allTextContents()
      return names.includes("sensor_data") && !names.includes("rejected_messages")
    })
    await page.getByRole("searchbox").fill("minute")
    await until("the minutes", 15_000, async () =>
      (await cards.allTextContents()).includes("aggregated_sensor_data")
    )
    await page.context().close()
  })

  it.skipIf(!there)("keeps what is said of the data, and moves when a reading comes", async () => {
    const page = await scene.open("/catalog/sensor_data")
    await page.getByText("Edit what is said of it").click()
    await page.getByLabel("Owner").fill("The night shift")
    await page.getByRole("button", { name: "Save" }).first().click()
    await page.waitForURL("**/catalog/sensor_data?done=described")
    await page.goto("/")
    const row = page.locator(`[data-sensor="${idOf("ambient")}"]`)
    assert.strictEqual(await row.locator("[data-state]").textContent(), "gone")
    await page.locator("[data-pulse]").waitFor()
    const answer = await fetch(scene.url("/data/"), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ sensor_id: idOf("ambient"), timestamp: new Date().toISOString(), value: 71.5 })
    })
    assert.strictEqual(answer.status, 201, await answer.text())
    await until(
      "the new value",
      20_000,
      async () => (await row.locator("[data-value]").textContent()) === "71.5"
    )
    await page.context().close()
  })

  it.skipIf(!there)("asked nobody else for anything, and broke no policy", () => {
    assert.isAbove(scene.requests.length, 30)
    const elsewhere = scene.requests.filter(
      (url) => !url.startsWith(`${scene.server.http}/`) && !url.startsWith("data:image/")
    )
    assert.deepStrictEqual(elsewhere, [])
    assert.deepStrictEqual(scene.complaints, [])
  })
})
