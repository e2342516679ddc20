/** The page of operations in a browser, as wide as a small screen. */
import type { Browser } from "playwright-core"
import { afterAll, assert, beforeAll, it } from "vitest"
import { micros } from "../../../src/domain/Time.js"
import { styles } from "../../../src/web/core/Styles.js"
import { rejectedSection } from "../../../src/web/rejected/RejectedTable.js"
import { describeChromium, launch } from "../../support/chromium.js"

const TOPICS = ["sensors/shed", "plant/boiler"]
/** Of a message that is wrong in many ways. */
const REASON = "sensor_id is missing; value is not a number: it is text; timestamp is no time. ".repeat(4)
const WIDTH = 1_280

describeChromium("the rejected messages in Chromium", () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  }, 60_000)
  afterAll(() => browser?.close())

  it("have topics that are not broken within a word", async () => {
    const page = await browser.newPage({ viewport: { width: WIDTH, height: 900 } })
    const { text } = rejectedSection({
      ...{ total: TOPICS.length, bytes: 100, skip: 0, limit: 25, origin: "http://127.0.0.1:8000" },
      ...{ more: false, topic: "" },
      messages: TOPICS.map((topic, id) => ({
        message: {
          ...{ id: String(id), topic, metric: null, bytes: Buffer.from("{}"), size: 2, truncated: false },
          ...{ faults: [], reason: REASON, firstSeen: micros(0) },
          deliveries: 1
        },
        whyNot: null,
        needsPayload: false
      }))
    })
    await page.setContent(`<style>${styles}</style><main class="wrap">${text}</main>`)
    const codes = page.locator(".rejected td:nth-child(3) code")
    const lines = (index: number) => codes.nth(index).evaluate((code) => code.getClientRects().length)
    assert.deepStrictEqual(await Promise.all(TOPICS.map((_, index) => lines(index))), [1, 1])
    const table = await page.locator(".rejected").boundingBox()
    assert.isAtMost(table?.width ?? 0, WIDTH)
    await page.close()
  })
})
