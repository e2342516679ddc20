/** The clocks that pages are read by. */
import { assert, describe, it } from "vitest"
import { zoneNamed } from "../../src/domain/minute/LocalInterval.js"
import { formatTime, MICROS_PER_DAY, MICROS_PER_HOUR, type Micros, micros } from "../../src/domain/Time.js"
import { localTime } from "../../src/domain/TimeZone.js"
import { html } from "../../src/web/core/Html.js"
import { dateAt, page, timeOf } from "../../src/web/core/Layout.js"
import { inZone, localText, offsetsWithin, ZONE_NAME } from "../../src/web/core/PageZone.js"
import { timeTicks } from "../../src/web/plot/Scale.js"

const ZURICH = zoneNamed("Europe/Zurich")
const at = (text: string): Micros => micros(Date.parse(text) * 1_000)

/** The same by `Intl`, which shares no code with it. */
const byIntl = (time: number, timeZone: string): string =>
  new Intl.DateTimeFormat("sv", { timeZone, dateStyle: "short", timeStyle: "medium" }).format(time / 1_000)

describe("local times in words", () => {
  it.each(["Europe/Zurich", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia"])(
    "are those of Intl all through a year: %s",
    (name) => {
      const zone = zoneNamed(name)
      const start = at("2026-01-01T00:00:00Z")
      for (let time: number = start; time < start + 366 * MICROS_PER_DAY; time += 50.5 * MICROS_PER_HOUR) {
        assert.strictEqual(localText(time, zone).slice(0, 19), byIntl(time, name))
      }
    }
  )

  it("say the offset in the hour that comes twice, and nowhere else", () => {
    assert.deepStrictEqual(
      ["2026-10-24T23:59:59Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"].map(
        (text) => localText(at(text), ZURICH)
      ),
      [
        "2026-10-25 01:59:59",
        "2026-10-25 02:30:00 +02:00",
        "2026-10-25 02:30:00 +01:00",
        "2026-10-25 03:00:00"
      ]
    )
    // In spring the clock goes from 01:59:59 to 03:00:00.
    assert.strictEqual(localText(at("2026-03-29T01:00:00Z"), ZURICH), "2026-03-29 03:00:00")
    assert.strictEqual(localText(at("2026-07-01T12:00:00Z")), "2026-07-01 12:00:00")
  })

  it("stand in fields as browsers take them", () => {
    assert.strictEqual(localTime(at("2026-07-01T23:30:00Z"), ZURICH), "2026-07-02T01:30:00")
    assert.strictEqual(localTime(at("2026-07-01T23:30:00Z")), "2026-07-01T23:30:00")
  })
})

describe("a page by the clocks of a zone", () => {
  const late = at("2026-07-01T22:30:00Z")
  const hostile = '<time datetime="2026-07-01T22:30:00Z">2026-07-01 22:30:00</time><span data-zone>UTC</span>'
  const whole = page({
    title: "A page",
    path: "/",
    body: html`<p>${timeOf(late)}, ${dateAt(late)}, ${ZONE_NAME}, ${hostile}</p>`
  })
  const shown = (zone: string, parameters: ReadonlyArray<readonly [string, string]> = []) =>
    inZone(whole, { zone: zoneNamed(zone), configured: "Europe/Zurich", parameters })

  it("has its times and dates local, and UTC for machines", () => {
    const text = shown("Europe/Zurich")
    assert.include(text, `<time datetime="${formatTime(late)}">2026-07-02 00:30:00</time>`)
    assert.include(text, `<time datetime="${formatTime(late)}">2026-07-02</time>`)
    assert.include(text, "Times: <span data-zone>Europe/Zurich</span>")
    assert.notInclude(text, "<span data-zone>UTC</span>")
  })

  it("leaves what others said as it is", () => {
    assert.include(shown("Europe/Zurich"), "&gt;2026-07-01 22:30:00&lt;/time&gt;&lt;span data-zone&gt;UTC")
  })

  it("is in UTC for those who want that", () => {
    const text = shown("UTC")
    assert.include(text, ">2026-07-01 22:30:00</time>")
    assert.include(text, "Times: <span data-zone>UTC</span>")
  })

  it("offers UTC, the server's zone, and that which it is in; a form keeps the rest of the address", () => {
    const text = shown("Asia/Kathmandu", [["sensor", `1"><script>`]])
    const options = [...text.matchAll(/<option value="([^"]+)"( selected)?>/g)].map(([, name, on]) => [
      name,
      on !== undefined
    ])
    assert.deepStrictEqual(options, [
      ["UTC", false],
      ["Europe/Zurich", false],
      ["Asia/Kathmandu", true]
    ])
    assert.include(text, '<input type="hidden" name="sensor" value="1&quot;&gt;&lt;script&gt;">')
  })
})

describe("the axis of a plot", () => {
  it("has its ticks where local clocks are round, on both sides of a change", () => {
    const range = { start: at("2026-03-28T12:00:00Z"), end: at("2026-03-30T12:00:00Z"), zone: ZURICH }
    const ticks = timeTicks(range, 8)
    assert.deepStrictEqual(
      ticks.map(({ label }) => label),
      ["18:00", "2026-03-29", "06:00", "12:00", "18:00", "2026-03-30", "06:00", "12:00"]
    )
    assert.deepStrictEqual(
      ticks.map((tick) => byIntl(tick.at, "Europe/Zurich").slice(11)),
      ["18:00:00", "00:00:00", "06:00:00", "12:00:00", "18:00:00", "00:00:00", "06:00:00", "12:00:00"]
    )
  })

  it("knows from when on clocks are ahead by how much", () => {
    const change = at("2026-03-29T01:00:00Z")
    const offsets = offsetsWithin(ZURICH, change - MICROS_PER_DAY, change + MICROS_PER_DAY)
    assert.deepStrictEqual(
      offsets.map(({ from, offset }) => [from, offset / MICROS_PER_HOUR]),
      [
        [change - MICROS_PER_DAY, 1],
        [change, 2]
      ]
    )
    assert.deepStrictEqual(
      offsetsWithin(undefined, 0, MICROS_PER_DAY).map(({ offset }) => offset),
      [0]
    )
  })
})
