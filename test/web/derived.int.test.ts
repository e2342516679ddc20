/** A derived sensor on the pages of the running program: its minutes, and nothing that is told of readings. */
import { afterAll, assert, beforeAll, it } from "vitest"
import { describeChromium } from "../support/chromium.js"
import { type Tidemark, until } from "../support/tidemark.js"
import { folded, Scene } from "./scene.js"

const READING = { sensor_id: 501, value: 20, unit: "°C", type: "temperature" }
let derived = 0

const send = async (server: Tidemark, method: string, path: string, body: unknown): Promise<unknown> => {
  const answer = await fetch(server.http + path, {
    method,
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" }
  })
  if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`)
  return answer.json()
}

const fill = async (server: Tidemark): Promise<void> => {
  await send(server, "POST", "/data/", [{ ...READING, timestamp: new Date().toISOString() }])
  const made = await send(server, "PUT", "/derived/twice", { expression: "s501 * 2", unit: "°C" })
  derived = (made as { readonly sensor_id: number }).sensor_id
  await send(server, "PUT", "/sensors/501/calibration?reason=ice%20bath", { segments: [{ offset: -0.5 }] })
  await send(server, "PUT", "/sensors/501/tags", { tags: { site: "berlin" } })
  await folded(server)
  await until("its minute", 20_000, async () => {
    const rows = await (await fetch(`${server.http}/aggregated_data/${derived}`)).json()
    return Array.isArray(rows) && rows.length > 0
  })
}

describeChromium("a derived sensor in Chromium", () => {
  let scene: Scene
  beforeAll(async () => {
    scene = await Scene.begin(fill)
  }, 90_000)
  afterAll(() => scene?.end())

  const textOf = async (path: string, part = "main") => {
    const page = await scene.open(path, { scripts: false, shared: true })
    const text = (await page.locator(part).first().textContent()) ?? ""
    await page.close()
    return text.replace(/\s+/g, " ")
  }

  it("is derived, with its newest minute, on Now and on its page", async () => {
    const row = await textOf("/", `tr[data-sensor="${derived}"]`)
    for (const part of ["derived", "40", "ago"]) assert.include(row, part)
    assert.include(await textOf("/", ".figures"), "1 derived")
    const own = await textOf(`/sensors/${derived}`)
    for (const part of ["derived 40", "s501 * 2", "CSV"]) assert.include(own, part)
    for (const part of ["Gaps", "Time between readings"]) assert.notInclude(own, part)
  })

  it("has minutes in the words of Explore", async () => {
    const words = await textOf(`/explore?sensor=${derived}&range=24h`, ".words")
    assert.match(words, /twice: 1 minute at .*mean 40 °C\./)
  })

  it("has its minutes where each reading is asked for, and a word why", async () => {
    const alone = await textOf(`/explore?sensor=${derived}&range=15m&interval=raw`)
    assert.match(alone, /twice: 1 minute at .*mean 40 °C\./)
    assert.include(alone, "twice is derived: it has no readings, so each of the minutes is shown.")
    const beside = await textOf(`/explore?sensor=${derived},501&range=15m&interval=raw`)
    assert.match(beside, /twice: 1 minute at .*mean 40 °C\./)
    assert.include(beside, "A download of readings has none of it.")
    assert.notInclude(await textOf("/explore?sensor=501&range=15m&interval=raw"), "is derived")
  })

  it("stands beside what people said of a device", async () => {
    const text = await textOf("/sensors/501")
    for (const part of ["−0.5 + x", "ice bath", "as measured", "site=berlin", "Too few readings to tell."])
      assert.include(text, part)
  })

  it("is left out where sensors with another tag are asked for", async () => {
    const chosen = await textOf("/?tag=site:berlin", "#sensors")
    assert.include(chosen, "501")
    assert.notInclude(chosen, String(derived))
    assert.include(await textOf("/?tag=sites:berlin", "#problems"), "must be a tag that a sensor has")
  })

  it("is left out of Explore's sensors by a tag, with and without scripts", async () => {
    const listedIn = (path: string) =>
      scene.open(path, { scripts: false, shared: true }).then(async (page) => {
        const ids = await page
          .locator(".choices input")
          .evaluateAll((boxes) =>
            boxes.map((box) => [box.getAttribute("value"), box.hasAttribute("checked")])
          )
        await page.close()
        return ids
      })
    // The tag's own sensor is plotted: the one that was chosen before does not have the tag.
    const chosen = await listedIn(`/explore?tag=site:berlin&sensor=${derived}&range=24h`)
    assert.deepStrictEqual(chosen, [["501", true]])
    assert.deepStrictEqual(await listedIn("/explore?tag=site:berlin&sensor=&range=24h"), [["501", false]])
    assert.include(await textOf("/explore?tag=sites:berlin", "#problems"), "must be a tag that a sensor has")

    const page = await scene.open(`/explore?sensor=${derived}&range=24h`)
    await page.selectOption("[data-explore] select[name=tag]", "site:berlin")
    await page.waitForURL(/tag=site%3Aberlin/)
    assert.strictEqual(await page.locator(".choices input").count(), 1)
    assert.include((await page.locator(".words").textContent()) ?? "", "501")
    // It stays where the plot goes on.
    await page.click("a[data-move]:has-text('Zoom out')")
    await page.waitForURL(/range=custom/)
    assert.include(page.url(), "tag=site%3Aberlin")
    await page.close()
  })

  it("takes tags by its form, as a device does what it measures", async () => {
    const page = await scene.open("/sensors/501")
    await page.click("#said summary")
    await page.fill("#said textarea[name=tags]", "site=paris")
    await page.click("#said button[type=submit]")
    await page.waitForSelector(".identity .tag:has-text('site=paris')")
    assert.lengthOf(await page.locator("#said input[name=unit]").all(), 1)
    await page.close()
    assert.lengthOf(
      await (await scene.open(`/sensors/${derived}`)).locator("#said input[name=unit]").all(),
      0
    )
  })
})
