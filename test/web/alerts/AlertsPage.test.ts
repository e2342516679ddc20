/** The page of alerts: what fires, what it offers to whom, and that no device writes into it. */
import { assert, describe, it } from "@effect/vitest"
import { ALL_SENSORS } from "../../../src/domain/alert/AlertRule.js"
import { micros } from "../../../src/domain/Time.js"
import { type AlertsView, renderAlerts } from "../../../src/web/Pages.js"

const at = micros(1_795_000_000_000_000)
const alert = {
  id: "a1",
  rule: "hot",
  severity: "critical",
  phase: "firing",
  summary: "<b>boiler</b>: temp 95, above 80",
  since: at,
  raisedAt: at,
  resolvedAt: null,
  told: true,
  acknowledgedAt: null,
  acknowledgedBy: null,
  note: null
} as const

const EMPTY: AlertsView = {
  problems: [],
  open: [],
  past: [],
  rules: [],
  unsent: [],
  silences: [],
  downtimes: [],
  done: null,
  mayWrite: true
}

const FULL: AlertsView = {
  ...EMPTY,
  open: [alert, { ...alert, id: "a2", told: false }],
  past: [
    { ...alert, id: "a3", phase: "resolved", resolvedAt: at, acknowledgedAt: at, acknowledgedBy: "ann" }
  ],
  rules: [
    {
      ...{ name: "hot", kind: "range", severity: "critical", min: null, max: 80, enabled: true },
      ...{ sensors: { ...ALL_SENSORS, name: "boiler/*" }, firing: 2, pending: 0 }
    }
  ],
  unsent: [
    {
      ...{ id: "a1-raised-webhook", channel: "webhook", state: "dead", summary: alert.summary },
      ...{ createdAt: at, nextAt: at, attempts: 14, lastError: "it answers 500" }
    }
  ],
  silences: [
    { name: "night", rules: [], sensors: ALL_SENSORS, until: "2100-01-01T00:00:00.000000Z", reason: null }
  ],
  downtimes: [{ id: 7, start: at, end: null, sensors: [1], text: "Overhaul" }],
  done: "silenced"
}

describe("the page of alerts", () => {
  it("says that nothing fires, and that there is no rule yet", () => {
    const text = renderAlerts(EMPTY)
    assert.include(text, "Nothing fires.")
    assert.include(text, "There is no rule yet")
    assert.include(text, "Silence something")
  })

  it("shows what fires and why it was not told, and lets a writer act", () => {
    const text = renderAlerts(FULL)
    for (const words of [
      "silenced",
      "above 80",
      "named boiler/*",
      "given up",
      "it answers 500",
      "Overhaul"
    ]) {
      assert.include(text, words)
    }
    assert.include(text, 'value="acknowledge"')
    assert.include(text, 'value="send"')
    assert.include(text, "&lt;b&gt;boiler&lt;/b&gt;")
    assert.notInclude(text, "<b>boiler")
    assert.include(text, "Nobody is told of these until then.")
  })

  it("says whose clocks its times are of, and shows all of them by these", () => {
    const text = renderAlerts(FULL)
    assert.include(text, "Since, <span data-zone>UTC</span>")
    assert.notInclude(text, "&lt;span")
    assert.match(text, /<time datetime="2100-01-01T00:00:00[^>]*>/)
  })

  it("offers a reader nothing that changes anything", () => {
    assert.notInclude(renderAlerts({ ...FULL, mayWrite: false }), 'method="post"')
  })
})
