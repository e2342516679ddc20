/** Every page of the running program in a real browser: with scripts and without, light and dark, wide and narrow. */
import { readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import { afterAll, assert, beforeAll, it } from "vitest"
import { DATASET_NAMES } from "../../src/domain/dataset/Datasets.js"
import { describeChromium } from "../support/chromium.js"
import { until } from "../support/tidemark.js"
import { fitsEverybody } from "./fits.js"
import { at, GAP, HOSTILE, READINGS, Scene, SENSOR } from "./scene.js"

const JS_BYTES_MAX = 60 * 1_024
const CSS_BYTES_MAX = 10 * 1_024
const EXPLORE = `/explore?sensor=${SENSOR}&range=custom&start=${at(0)}&end=${at(READINGS)}`

/** Each page, and what it must say whoever reads it. */
const PAGES: ReadonlyArray<readonly [path: string, ...says: ReadonlyArray<string>]> = [
  ["/", "Sensors reporting", "Main Entrance", "completeness", HOSTILE.slice(0, 30)],
  ["/catalog", "sensor_data", "aggregated_sensor_data", "rejected_messages"],
  [
    "/catalog/sensor_data",
    "pd.read_parquet",
    "pl.read_ipc_stream",
    "read_csv",
    "OData.Feed",
    "recorded_at",
    "Append to the log takes from items, people and programs"
  ],
  ["/catalog/aggregated_sensor_data", "completeness", "stddev"],
  ["/catalog/rejected_messages", "reason", "curl"],
  [EXPLORE, "330 readings", "1 gap", "1 corrected", "2 suspect", "no_spikes", "Parquet"],
  ["/quality", "All sensors", "received", "Failing"],
  [`/quality?sensor_id=${SENSOR}&day=2026-01-05`, "plausible", "unamended"],
  [`/sensors/${SENSOR}`, "Time between readings", "temperature", "corrected", "21.25"],
  ["/sensors/1", "Main Entrance", "running"],
  ["/operations", "Readings stored a minute", "Projection minutes", "Rejected messages", "alert(3)"],
  [
    "/explore?from=garbage&interval=7q&sensor=42",
    "from was given as garbage",
    "interval was given as 7q",
    "Nothing is shown until that is mended"
  ],
  ["/catalog/nothing", "Not found", "There is no data set nothing"]
]

describeChromium("the pages in Chromium", () => {
  let scene: Scene
  beforeAll(async () => {
    scene = await Scene.begin()
  }, 90_000)
  afterAll(() => scene?.end())

  it.each(PAGES)("%s says what it must without scripts", async (path, ...says) => {
    const page = await scene.open(path, { scripts: false, shared: true })
    // What is folded away is there too.
    const text = (await page.locator("main").textContent()) ?? ""
    for (const part of says) assert.include(text, part)
    assert.strictEqual(await page.locator("h1").count(), 1)
    await page.close()
  })

  // Those of one kind are judged once.
  const kinds = PAGES.filter(([path]) => path !== "/catalog/aggregated_sensor_data" && path !== "/sensors/1")
  it.each(kinds)("%s is accessible in light and dark, and fits 360 px", async (path) => {
    const page = await scene.open(path, { shared: true })
    await fitsEverybody(page)
  })

  it("explores without scripts: a drawing, links that move it, and a form", async () => {
    const page = await scene.open(EXPLORE, { scripts: false })
    assert.isTrue(await page.locator("svg.drawn .line").first().isVisible())
    assert.strictEqual(await page.locator("svg.drawn .corrected").count(), 1)
    // The spike, and the step back from it.
    assert.strictEqual(await page.locator("svg.drawn .suspect").count(), 2)
    // Two runs: the line is broken at the gap.
    const line = (await page.locator("svg.drawn .line").getAttribute("d")) ?? ""
    assert.strictEqual(line.split("M").length - 1, 2)
    await page.getByRole("link", { name: "Zoom in" }).click()
    assert.include(decodeURIComponent(page.url()), at(READINGS / 4).slice(0, 19))
    await page.getByLabel("Interval").selectOption("5m")
    await page.getByRole("button", { name: "Show" }).click()
    assert.include(page.url(), "interval=5m")
    assert.include((await page.locator("figcaption").textContent()) ?? "", "the mean of each 5m")
    await page.context().close()
  })

  it("draws the plot, zooms by dragging and by keys, goes back, and hands out what it shows", async () => {
    const page = await scene.open(EXPLORE)
    const canvas = page.locator("[data-canvas]")
    await canvas.locator("canvas").waitFor()
    const inked: number = await page.evaluate(
      "(() => { const c = document.querySelector('[data-canvas] canvas'); return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter((n, i) => i % 4 === 3 && n > 0).length })()"
    )
    assert.isAbove(inked, 1_000)
    const box = await page.locator(".u-over").boundingBox()
    if (box === null) return assert.fail("the plot has no place")
    const shown = page.locator(".words li")
    const before = await shown.textContent()
    await page.mouse.move(box.x + box.width * 0.5, box.y + 80)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.75, box.y + 90, { steps: 4 })
    await page.mouse.up()
    await page.waitForURL((url) => url.searchParams.get("start") !== at(0))
    const zoomed = new URL(page.url()).searchParams
    const minutes = (Date.parse(zoomed.get("end") ?? "") - Date.parse(zoomed.get("start") ?? "")) / 60_000
    assert.closeTo(minutes, 15, 0.5)
    assert.notStrictEqual(await shown.textContent(), before)

    const download = page.waitForEvent("download")
    await page.getByRole("link", { name: "CSV" }).click()
    const csv = readFileSync(await (await download).path(), "utf8")
    const rows = csv.trim().split(/\r?\n/).length - 1
    assert.include((await shown.textContent()) ?? "", `: ${rows} readings`)

    await canvas.focus()
    await page.keyboard.press("+")
    await page.waitForURL((url) => url.searchParams.get("start") !== zoomed.get("start"))
    await page.goBack()
    await page.goBack()
    await until("the plot as it was", 15_000, async () => (await shown.textContent()) === before)
    assert.include((await shown.textContent()) ?? "", `${GAP.to - GAP.from === 30 ? "5 min 10 s" : ""}`)
    await page.context().close()
  })

  it("is the same catalogue at the address that it always had", async () => {
    const [old, now] = await Promise.all(
      ["/data/catalog/?search=rejected", "/catalog?search=rejected"].map(async (path) =>
        (await fetch(scene.url(path))).text()
      )
    )
    assert.strictEqual(old, now)
  })

  it("finds data sets while one types, and filters them", async () => {
    const page = await scene.open("/catalog")
    const cards = page.locator(".card h2")
    assert.strictEqual(await cards.count(), DATASET_NAMES.length)
    await page.getByRole("searchbox").pressSequentially("rejected")
    await until("fewer data sets", 15_000, async () => (await cards.count()) < DATASET_NAMES.length)
    assert.include(await cards.allTextContents(), "rejected_messages")
    assert.include(page.url(), "search=rejected")
    await page.getByRole("searchbox").fill("")
    await page.getByLabel("With the column").selectOption("stddev")
    await until("the data sets with deviations", 15_000, async () =>
      (await cards.allTextContents()).every((name) => name.startsWith("aggregate"))
    )
    assert.strictEqual(await cards.count(), 3)
    await cards.getByRole("link", { name: "aggregated_sensor_data" }).click()
    await page.waitForURL("**/catalog/aggregated_sensor_data")
    await page.context().close()
  })

  it("moves with the log: values and counts change by themselves", async () => {
    const page = await scene.open("/")
    const value = page.locator('[data-sensor="1"] [data-value]')
    const count = page.locator("[data-live=readings]")
    const [first, counted] = [await value.textContent(), await count.textContent()]
    await until("a new value", 15_000, async () => (await value.textContent()) !== first)
    await until("a new count", 15_000, async () => (await count.textContent()) !== counted)
    assert.isTrue(await page.locator("[data-pulse]").isVisible())
    await page.context().close()
  })

  it("keeps the chosen theme, written by the server", async () => {
    const page = await scene.open("/catalog")
    await page.getByRole("button", { name: "Dark colours" }).click()
    assert.strictEqual(await page.locator("html").getAttribute("data-theme"), "dark")
    const answer = await page.request.get("/operations")
    assert.include(await answer.text(), '<html lang="en" data-theme="dark">')
    await page.reload()
    const ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert.strictEqual(ground, "rgb(14, 22, 28)")
    await page.context().close()
  })

  it("copies the lines that read a data set, with this server's address", async () => {
    const page = await scene.open("/catalog/sensor_data")
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"])
    await page.getByRole("button", { name: "Copy the lines for curl" }).click()
    const copied = await page.evaluate("navigator.clipboard.readText()")
    assert.strictEqual(
      copied,
      `curl --fail --compressed -o sensor_data.csv "${scene.url("/data/?format=csv")}"`
    )
    await page.context().close()
  })

  it("reaches everything by keyboard, from the skip link on", async () => {
    const page = await scene.open("/quality")
    await page.keyboard.press("Tab")
    assert.strictEqual(await page.evaluate("document.activeElement?.className"), "skip")
    const reached = new Set<string>()
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press("Tab")
      for (const part of ["nav", ".theme", "main"]) {
        if (await page.evaluate(`document.activeElement?.closest("${part}") != null`)) reached.add(part)
      }
    }
    assert.sameMembers([...reached], ["nav", ".theme", "main"])
    await page.context().close()
  })

  it("is JSON for clients and HTML for browsers at one address", async () => {
    const json = await fetch(scene.url(`/sensors/${SENSOR}`))
    assert.include(json.headers.get("content-type"), "application/json")
    assert.include(json.headers.get("vary"), "accept")
    const html = await fetch(scene.url(`/sensors/${SENSOR}`), { headers: { accept: "text/html,*/*;q=0.8" } })
    assert.include(html.headers.get("content-type"), "text/html")
    const missing = await fetch(scene.url("/sensors/77777"), { headers: { accept: "text/html" } })
    assert.strictEqual(missing.status, 404)
  })

  it.each(["sensor_data", "rejected_messages"])(
    "%s: the page holds the same JSON-LD as is answered by itself",
    async (name) => {
      // Readings arrive between two answers: what the data end with is left out of both.
      const still = (text: string): unknown => {
        const { dateModified } = JSON.parse(text) as { readonly dateModified: string }
        return JSON.parse(text.replaceAll(dateModified, "the end"))
      }
      const given = still(await (await fetch(scene.url(`/catalog/${name}.jsonld`))).text())
      for (const path of [`/catalog/${name}`, `/data/catalog/?dataset=${name}`]) {
        const page = await scene.open(path)
        const held = page.locator('script[type="application/ld+json"]')
        assert.strictEqual(await held.count(), 1)
        assert.deepStrictEqual(still((await held.textContent()) ?? ""), given)
        await page.context().close()
      }
      if (name === "rejected_messages") {
        assert.strictEqual((given as { description: string }).description, `</script>${HOSTILE}`)
      }
    }
  )

  it("leads from a check that fails to just the rows that fail it", async () => {
    const page = await scene.open(`/quality?sensor_id=${SENSOR}&day=2026-01-05`)
    const row = page.locator(".checks tr", { has: page.locator("code", { hasText: /^plausible$/ }) })
    const failing = /^([\d,]+) of/.exec((await row.locator("td.number").nth(1).textContent()) ?? "")?.[1]
    await row.locator("a").first().click()
    const shown = page.locator("#rows tbody tr")
    await until("the rows", 15_000, async () => (await shown.count()) > 0)
    assert.strictEqual(String(await shown.count()), failing)
    const href = (await page.locator("#rows a", { hasText: "JSON" }).getAttribute("href")) ?? ""
    assert.match(href, /^\/data\/data-quality\/failures\/\?check=plausible&/)
    const found = (await (await fetch(scene.url(href))).json()) as ReadonlyArray<{
      sensor_id: number
      reading_id: number
    }>
    assert.strictEqual(String(found.length), failing)
    assert.isTrue(found.every(({ sensor_id }) => sensor_id === SENSOR))
    // From the row to all that ever happened to its reading.
    const history = await shown.first().getByRole("link", { name: "Reading" }).getAttribute("href")
    assert.strictEqual(history, `/data/${found[0]?.reading_id}/history`)
    assert.strictEqual((await fetch(scene.url(history ?? ""))).status, 200)
    // That day and that sensor in the strip, from the history.
    const cell = page.locator("#strips a[aria-label*='2026-']", { hasText: /^\d/ })
    assert.isAbove(await cell.count(), 0)
    await page.context().close()
  })

  it.each([false, true])("edits what is said of a data set, scripts: %s", async (scripts) => {
    const page = await scene.open("/catalog/events", { scripts })
    const owner = `${scripts ? "Ann" : "Bob"} ${HOSTILE.slice(0, 40)}`
    await page.getByText("Edit what is said of it").click()
    await page.getByLabel("Owner").fill(owner)
    await page.getByLabel("Tags").fill("raw\nevents")
    await page.getByRole("button", { name: "Save" }).first().click()
    await page.waitForURL("**/catalog/events?done=described")
    assert.include((await page.locator(".done").textContent()) ?? "", "Saved")
    const said = (await (await fetch(scene.url("/metadata/events"))).json()) as Record<string, unknown>
    assert.deepInclude(said, { owner, tags: ["raw", "events"] })
    // What nobody touched is as it was: the program's own words.
    const history = page.locator(".history tbody tr").first()
    assert.notInclude((await history.textContent()) ?? "", "description")
    assert.include((await history.textContent()) ?? "", owner.slice(0, 20))
    await page.context().close()
  })

  it("refuses a form without losing what was written, and says at the field what to do", async () => {
    const page = await scene.open("/catalog/events", { scripts: false })
    await page.getByText("Add a word").first().click()
    await page.getByLabel("Word", { exact: true }).fill("tide mark")
    await page.getByLabel("What it means here").fill("How high the water stood")
    await page.getByLabel("Links to more about it").fill("javascript:alert(4)")
    await page.getByRole("button", { name: "Add the word" }).click()
    const links = page.getByLabel("Links to more about it")
    assert.strictEqual(await links.inputValue(), "javascript:alert(4)")
    assert.strictEqual(await links.getAttribute("aria-invalid"), "true")
    assert.include((await page.locator(".wrong").textContent()) ?? "", "begins with http://")
    await links.fill("https://example.org/tide")
    await page.getByRole("button", { name: "Add the word" }).click()
    await page.waitForURL("**/catalog/events?done=defined")
    assert.include((await page.locator(".terms").textContent()) ?? "", "How high the water stood")
    await page.context().close()
  })

  it("sends a rejected message through again, as it is and mended, and says what became of it", async () => {
    const page = await scene.open("/operations", { scripts: false })
    await page.locator(".rejected tbody tr", { hasText: "alert(3)" }).locator("a").first().click()
    assert.include((await page.locator("pre.bytes").first().textContent()) ?? "", "alert(3)")
    await page.getByRole("button", { name: "Send it as it is" }).click()
    const became = page.locator(".done")
    assert.include((await became.textContent()) ?? "", "rejected again")
    const mended = `{"sensor_id": 7, "value": 3.5, "timestamp": "${at(0)}"}`
    for (const [outcome, attempt] of [
      ["stored", 2],
      ["repeated", 3]
    ] as const) {
      await page.locator("#payload").fill(mended)
      await page.getByRole("button", { name: "Send what is written above" }).click()
      await page.waitForURL(`**#attempt-${attempt}`)
      assert.include((await became.textContent()) ?? "", outcome)
    }
    const stored = (await (await fetch(scene.url("/data/7"))).json()) as ReadonlyArray<{ value: number }>
    assert.deepStrictEqual(
      stored.map(({ value }) => value),
      [3.5]
    )
    // The page with all that, and the open form of a data set, for whoever can't see them, and on a phone.
    for (const path of [page.url(), scene.url("/catalog/events")]) {
      const looked = await scene.open(path.replace(scene.server.http, ""), { shared: true })
      await fitsEverybody(looked)
    }
    await page.context().close()
  })

  it("marks corrected and suspect values in the plot and in its tables, whatever the interval", async () => {
    const seen = new Set<string>()
    for (const interval of ["raw", "1m", "5m", "1h"]) {
      const page = await scene.open(`${EXPLORE}&interval=${interval}`, { scripts: false })
      assert.strictEqual(await page.locator("svg.drawn .corrected").count(), 1)
      assert.include((await page.locator(".tables").textContent()) ?? "", "corrected at")
      const words = (await page.locator(".words li").first().textContent()) ?? ""
      seen.add(`${await page.locator("#marks").textContent()} ${words.replace(/between.*?;/, "")}`)
      // Each check leads to the rows that fail it, the marked one among them.
      const href = await page.locator("#marks a", { hasText: /^plausible$/ }).getAttribute("href")
      const rows = (await (await fetch(scene.url(href ?? ""))).json()) as ReadonlyArray<{ value: number }>
      assert.deepStrictEqual(
        rows.map(({ value }) => value),
        [95]
      )
      await page.context().close()
    }
    assert.strictEqual(seen.size, 1)
    assert.match([...seen].join(), /1 gap, the longest of 5 min 10 s/)
  })

  it("finds one of many sensors by its name, and keeps those that are chosen", async () => {
    const page = await scene.open("/explore?sensor_id=42&start_time=2026-01-05&end_time=2026-01-06")
    const shown = page.locator(".choices label:visible")
    const all = await shown.count()
    if (all <= 8) return assert.isTrue((await page.locator("[data-find]").count()) === 0)
    await page.getByLabel("Find a sensor").fill("main entrance")
    const names = await shown.allTextContents()
    assert.isBelow(names.length, all)
    assert.isTrue(names.some((name) => name.includes("Main Entrance")))
    assert.isTrue(await page.locator("[name=sensor][value='42']").isChecked())
    await page.context().close()
  })

  it("explains each rejected message, and gives the line that sends it through again", async () => {
    const page = await scene.open("/operations", { scripts: false })
    const row = page.locator(".rejected tbody tr", { hasText: "alert(3)" })
    const detail = (await (
      await fetch(scene.url((await row.locator("a").first().getAttribute("href")) ?? ""))
    ).json()) as { id: string; faults: ReadonlyArray<{ mend: string }> }
    const said = ((await row.textContent()) ?? "").replaceAll("`", "")
    assert.isAbove(detail.faults.length, 0)
    for (const { mend } of detail.faults) assert.include(said, mend.replaceAll("`", ""))
    const line = (await row.locator("[aria-label='Send it through again']").textContent()) ?? ""
    assert.isTrue(line.endsWith(` ${scene.url(`/rejected/${detail.id}/replay`)}`), line)
    await page.context().close()
  })

  it("has small files that are asked for once, under a strict policy", async () => {
    const sizes = { js: 0, css: 0 }
    for (const name of ["tidemark.js", "explore.js", "tidemark.css", "explore.css"]) {
      const file = await fetch(scene.url(`/assets/${name}`))
      assert.strictEqual(file.status, 200)
      const kind = name.endsWith(".js") ? "js" : "css"
      sizes[kind] += gzipSync(await file.text()).length
      const tag = file.headers.get("etag") ?? ""
      const again = await fetch(scene.url(`/assets/${name}`), { headers: { "if-none-match": tag } })
      assert.strictEqual(again.status, 304)
    }
    assert.isAtMost(sizes.js, JS_BYTES_MAX)
    assert.isAtMost(sizes.css, CSS_BYTES_MAX)
    const policy = (await fetch(scene.url("/"))).headers.get("content-security-policy") ?? ""
    assert.include(policy, "default-src 'none'")
    assert.notInclude(policy, "unsafe")
  })

  it("asked nobody else for anything, ran nothing of what sensors said, and broke no policy", () => {
    assert.isAbove(scene.requests.length, 100)
    assert.deepStrictEqual(
      scene.requests.filter(
        (url) => !url.startsWith(`${scene.server.http}/`) && !url.startsWith("data:image/")
      ),
      []
    )
    // Chromium says in its console that an address was answered 4xx, which is what was asked for.
    const complaints = scene.complaints.filter((one) => !/status of 4\d\d/.test(one))
    assert.deepStrictEqual(complaints, [])
  })
})
