import { assert, describe, it } from "@effect/vitest"
import { MICROS_PER_DAY, MICROS_PER_HOUR, micros } from "../../../src/domain/Time.js"
import { type ExploreView, renderExplore } from "../../../src/web/explore/ExplorePage.js"
import type { PlotSeries } from "../../../src/web/plot/PlotModel.js"

const DAY = micros(Date.UTC(2026, 0, 5) * 1_000)
const at = (hours: number) => micros(DAY + hours * MICROS_PER_HOUR)

const view = (part: Partial<ExploreView>): string =>
  renderExplore({
    choices: [{ id: 1, label: "Hall", chosen: true }],
    range: "24h",
    start: DAY,
    end: micros(DAY + MICROS_PER_DAY),
    requestedForm: "auto",
    displayedForm: "1h",
    series: [],
    moves: [{ label: "Zoom in", href: "/explore" }],
    downloads: [],
    notes: [],
    ...part
  })

const series: PlotSeries = {
  sensor: { id: 1, label: "Hall", unit: "C", type: "temperature" },
  points: [
    { at: at(1), value: 20, min: 19, max: 21, count: 60 },
    { at: at(9), value: 22, min: 19, max: 25, count: 60 }
  ],
  marks: [],
  step: MICROS_PER_HOUR,
  gaps: { gaps: 10, longest: 7.6 * MICROS_PER_HOUR },
  span: { first: micros(at(1) + 75_000_000), last: micros(at(10) - 1_000_000) }
}
/** What the page says of it in words. */
const words = (part: Partial<PlotSeries>): string =>
  (/In words<\/h2>(.*?)<\/ul>/s.exec(view({ series: [{ ...series, ...part }] }))?.[1] ?? "").replace(
    /<[^>]*>/g,
    ""
  )

describe("the page of a plot", () => {
  it("tells the times of readings, and gaps, not those of the buckets it draws", () => {
    const told = words({})
    assert.include(told, "120 readings from 2026-01-05 01:01:15 to 2026-01-05 09:59:59")
    assert.include(told, "; 10 gaps, the longest of 7 h 36 min.")
    assert.include(words({ gaps: { gaps: 0, longest: 0 } }), "; no gaps.")
    assert.include(words({ gaps: "not counted" }), "gaps are counted in shorter ranges alone")
    assert.include(words({ gaps: "interval not known" }), "gaps can&#39;t be told")
    assert.include(words({ span: { first: at(1), last: at(1) } }), "120 readings at 2026-01-05 01:00:00")
  })

  it("names each check that a suspect value fails, with a way to its rows", () => {
    const page = view({
      series: [
        {
          ...series,
          marks: [
            {
              at: at(1),
              value: 90,
              kind: "suspect",
              why: "no_spikes: 90 stands out",
              checks: [{ check: "no_spikes", reason: "90 stands out", href: "/failures?check=no_spikes&a=1" }]
            }
          ]
        }
      ]
    })
    assert.include(
      page,
      `<a href="/failures?check=no_spikes&amp;a=1"><code>no_spikes</code></a>: 90 stands out`
    )
    assert.include(page, "; 1 suspect.")
  })

  it("of a log without sensors says how it gets some, and has no headings over nothing", () => {
    const page = view({ choices: [] })
    assert.include(page, "No sensor has sent anything yet")
    for (const part of ["Choose a sensor.", "In words", "Zoom in"]) assert.notInclude(page, part)
    assert.include(view({}), "Choose a sensor.")
    assert.notInclude(view({}), "In words")
  })

  it("has a field to find a sensor by where there are many", () => {
    const many = Array.from({ length: 9 }, (_, id) => ({ id, label: `Sensor ${id}`, chosen: false }))
    assert.include(view({ choices: many }), "data-find hidden")
    assert.notInclude(view({ choices: many.slice(0, 8) }), "data-find")
  })
})
