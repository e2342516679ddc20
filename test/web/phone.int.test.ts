/** The pages on a phone, 390 px wide: no list has to be pushed sideways to be read, and nothing of a choice is cut off. */
import { afterAll, assert, beforeAll, it } from "vitest"
import { describeChromium } from "../support/chromium.js"
import type { Tidemark } from "../support/tidemark.js"
import { Scene } from "./scene.js"

const post = async (server: Tidemark, path: string, body: unknown, type = "application/json") => {
  const text = typeof body === "string" ? body : JSON.stringify(body)
  await fetch(server.http + path, { method: "POST", body: text, headers: { "content-type": type } })
}

const fill = async (server: Tidemark): Promise<void> => {
  const reading = {
    sensor_id: 7,
    value: 20,
    timestamp: "2026-01-05T10:00:00Z",
    unit: "°C",
    type: "temperature"
  }
  await post(server, "/data/", reading)
  await post(server, "/data/", `{"sensor_id": 7, "value": "widely off"}\n`, "application/x-ndjson")
  const spell = { start_time: "2026-01-05T10:00:00Z", end_time: "2026-01-05T11:00:00Z", kind: "maintenance" }
  await post(server, "/annotations", { ...spell, text: "The filter was changed by hand", sensor_ids: [7] })
}

/** By how many px what is in it is wider than it. */
const hidden = (selector: string): string =>
  `{ const one = document.querySelector(${JSON.stringify(selector)}); one.scrollWidth - one.clientWidth }`

/** By how many px a choice is narrower than its words take. */
const CUT = `{
  const select = document.querySelector(".zone select")
  const own = select.offsetWidth
  select.style.maxWidth = "none"
  select.offsetWidth - own
}`

describeChromium("a phone", () => {
  let scene: Scene
  beforeAll(async () => {
    scene = await Scene.begin(fill, { SIMULATE: "false" })
  }, 60_000)
  afterAll(() => scene?.end())

  it("shows rejected messages and annotations as blocks, and the whole choice of a zone", async () => {
    const lists = {
      "/operations": "#rejected .scroll",
      "/explore?sensor=7&range=all": "#annotations .scroll"
    }
    for (const [path, list] of Object.entries(lists)) {
      const page = await scene.open(path)
      await page.setViewportSize({ width: 390, height: 844 })
      assert.isAtMost(await page.evaluate(hidden(list)), 0, path)
      const text = await page.locator(`${list} tbody`).textContent()
      assert.include(text, path === "/operations" ? "How to mend it" : "The filter was changed by hand")
      await page.waitForSelector("[data-zones] option:has-text('(browser)')", { state: "attached" })
      assert.strictEqual(await page.evaluate(CUT), 0, path)
      await page.close()
    }
    assert.deepStrictEqual(scene.complaints, [])
  })
})
