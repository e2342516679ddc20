/** Whose clocks a page is read by, in a real browser: the server's own, those that were chosen, with scripts and without. */
import type { Page } from "playwright-core"
import { afterAll, assert, beforeAll, it } from "vitest"
import { describeChromium } from "../support/chromium.js"
import { until } from "../support/tidemark.js"
import { fitsEverybody } from "./fits.js"
import { at, Scene, SENSOR } from "./scene.js"

const SWITCH = "Time zone of the times"
const EXPLORE = `/explore?sensor=${SENSOR}&range=custom&start=${at(0)}&end=${at(90)}&interval=raw`

const timesOf = (page: Page, selector = "main time") => page.locator(selector).allTextContents()

describeChromium("times by the clocks of a zone in Chromium", () => {
  let scene: Scene
  beforeAll(async () => {
    scene = await Scene.begin(undefined, { TIMEZONE: "Europe/Zurich" })
  }, 90_000)
  afterAll(() => scene?.end())

  it.each([EXPLORE, `/sensors/${SENSOR}`, "/quality?day=2026-01-05", "/operations"])(
    "%s is in the server's zone where nobody chose one, without scripts too",
    async (path) => {
      const page = await scene.open(path, { scripts: false })
      assert.strictEqual(await page.getByLabel(SWITCH).inputValue(), "Europe/Zurich")
      assert.include((await page.locator("footer").textContent()) ?? "", "Times: Europe/Zurich")
      for (const element of await page.locator("main time[datetime*=T]:not([data-age])").all()) {
        const utc = Date.parse((await element.getAttribute("datetime")) ?? "")
        const words = new Intl.DateTimeFormat("sv", {
          ...{ timeZone: "Europe/Zurich", dateStyle: "short", timeStyle: "medium" }
        }).format(utc)
        assert.include([words, words.slice(0, 10)], await element.textContent())
      }
      await page.context().close()
    }
  )

  it("is switched, stays so on other pages, and a parameter of the address goes before", async () => {
    const page = await scene.open(EXPLORE)
    assert.include(await timesOf(page), "2026-01-05 11:00:00")
    const canvas = page.locator("[data-canvas]").first()
    await canvas.scrollIntoViewIfNeeded()
    const readout = page.locator("[data-readout]").first()
    await until("what lies under the cursor", 15_000, async () => {
      await canvas.locator(".u-over").hover({ position: { x: 60, y: 60 } })
      await canvas.locator(".u-over").hover({ position: { x: 90, y: 60 } })
      return ((await readout.textContent()) ?? "").startsWith("2026-01-05 11:0")
    })
    await page.getByLabel(SWITCH).selectOption("UTC")
    await page.waitForURL("**/explore?*")
    await until("the page in UTC", 15_000, async () => (await timesOf(page)).includes("2026-01-05 10:00:00"))
    assert.strictEqual(
      await page.getByRole("textbox", { name: "From, UTC" }).inputValue(),
      "2026-01-05T10:00"
    )
    await page.goto(`/sensors/${SENSOR}?tz=Asia/Kathmandu`)
    assert.include((await page.locator("footer").textContent()) ?? "", "Asia/Kathmandu")
    await page.goto(`/sensors/${SENSOR}`)
    assert.include((await page.locator("footer").textContent()) ?? "", "Times: UTC")
    await page.context().close()
  })

  it("offers the browser's own zone", async () => {
    const context = await scene.browser.newContext({
      baseURL: scene.server.http,
      timezoneId: "Australia/Lord_Howe"
    })
    const page = await context.newPage()
    await page.goto(EXPLORE)
    await page.getByLabel(SWITCH).selectOption({ label: "Australia/Lord_Howe (browser)" })
    await until("the page in that zone", 15_000, async () =>
      (await timesOf(page)).includes("2026-01-05 21:00:00")
    )
    await context.close()
  })

  it("reads the form of Explore by the same clocks, and an address that says so means the same for all", async () => {
    const page = await scene.open(EXPLORE)
    const from = page.getByRole("textbox", { name: "From, Europe/Zurich" })
    assert.strictEqual(await from.inputValue(), "2026-01-05T11:00")
    await from.fill("2026-01-05T11:05")
    await until("the plot to follow", 15_000, async () =>
      (await timesOf(page, "figcaption time")).includes("2026-01-05 11:05:00")
    )
    const address = new URL(page.url())
    assert.strictEqual(address.searchParams.get("tz"), "Europe/Zurich")
    // What nobody changed keeps its very moment.
    assert.match(address.searchParams.get("end") ?? "", /Z$/)
    const other = await scene.open(`${address.pathname}${address.search}`, { scripts: false })
    assert.include(await timesOf(other, "figcaption time"), "2026-01-05 11:05:00")
    await other.getByLabel("Interval").selectOption("1m")
    await other.getByRole("button", { name: "Show" }).click()
    assert.include(await timesOf(other, "figcaption time"), "2026-01-05 11:05:00")
    await other.context().close()
    // Chosen anew, the moment stays and its words change.
    await page.getByLabel(SWITCH).selectOption("UTC")
    await until("the plot in UTC", 15_000, async () =>
      (await timesOf(page, "figcaption time")).includes("2026-01-05 10:05:00")
    )
    assert.notInclude(page.url(), "tz=")
    await page.context().close()
  })

  it("says which zone can't be followed, and shows the server's", async () => {
    const page = await scene.open("/operations?tz=Europe/Atlantis")
    assert.include((await page.locator("[role=alert]").textContent()) ?? "", "must be a time zone such as")
    assert.strictEqual(await page.getByLabel(SWITCH).inputValue(), "Europe/Zurich")
    await page.context().close()
  })

  it("fits everybody with the longest name of a zone", async () => {
    const page = await scene.open(`${EXPLORE}&tz=America/Argentina/ComodRivadavia`)
    await fitsEverybody(page)
  })
})
