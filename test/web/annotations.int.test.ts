/** Annotations and shared links in a real browser: made by the form, drawn on the plot, and the same numbers later. */
import { afterAll, assert, beforeAll, it } from "vitest"
import { describeChromium } from "../support/chromium.js"
import { folded, Scene, SENSOR } from "./scene.js"

describeChromium("a plot that people say something of", () => {
  let scene: Scene
  beforeAll(async () => {
    scene = await Scene.begin(undefined, { SIMULATE: "false" })
  }, 60_000)
  afterAll(() => scene.end())

  it("is annotated by its form, and shared as of a position", async () => {
    const page = await scene.open(`/explore?sensor=${SENSOR}&range=all`)
    await page.click("#annotations summary")
    await page.fill("#annotations textarea", "Probe <replaced>")
    await page.click("#annotations button[type=submit]")
    await page.waitForSelector("#notice .done")
    assert.notInclude(page.url(), "done=")
    assert.include((await page.textContent("#annotations tbody")) ?? "", "Probe <replaced>")
    await page.waitForSelector("[data-canvas] canvas")

    const shared = (await page.getAttribute("#share a", "href")) ?? ""
    const before = await page.textContent(".words")
    const late = { sensor_id: SENSOR, timestamp: "2026-01-05T10:05:00.5Z", value: 33, unit: "°C" }
    const body = JSON.stringify({ ...late, type: "temperature" })
    const headers = { "content-type": "application/json" }
    await fetch(scene.url("/data/"), { method: "POST", headers, body })
    await folded(scene.server)
    const now = await scene.open(`/explore?sensor=${SENSOR}&range=all`)
    assert.notStrictEqual(await now.textContent(".words"), before)
    const then = await scene.open(shared)
    assert.strictEqual(await then.textContent(".words"), before)
    assert.include((await then.textContent("#result .note")) ?? "", "as they were at position")
    assert.include((await then.textContent("#annotations tbody")) ?? "", "Probe <replaced>")
    assert.deepStrictEqual(scene.complaints, [])
  })
})
