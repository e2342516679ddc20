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

  it("tells minutes of a derived sensor, and nothing of how often it measures", () => {
    const told = words({ gaps: "derived" })
    assert.include(told, "120 minutes from")
    assert.match(told, /mean 21 C\./)
    for (const part of ["reading", "gap", "measures"]) assert.notInclude(told, part)
    assert.include(words({ gaps: "derived", points: [] }), "no minutes in this range")
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

  const annotations: ExploreView["annotations"] = [
    {
      ...{ id: 12, version: 14, actor: "ann", kind: "maintenance", text: "Probe <i>replaced</i>" },
      ...{ start: at(2), end: at(4), sensors: [1] }
    },
    {
      id: 13,
      version: 13,
      actor: null,
      kind: "fault",
      text: "Power cut",
      start: at(5),
      end: null,
      sensors: []
    },
    {
      id: 15,
      version: 15,
      actor: null,
      kind: "note",
      text: "Of another",
      start: at(5),
      end: at(5),
      sensors: [2]
    }
  ]

  it("marks what people said of its range in the drawing and for scripts, and lists it", () => {
    const page = view({ series: [series], annotations, address: "sensor=1&range=24h" })
    const drawn = page.slice(page.indexOf('<svg class="drawn"'), page.indexOf("In words"))
    assert.include(drawn, "<title>1: maintenance: Probe &lt;i&gt;replaced&lt;/i&gt;</title>")
    assert.include(drawn, "2: fault: Power cut")
    // What is of another sensor is in no panel of this one.
    assert.notInclude(drawn, "Of another")
    const data = JSON.parse(/id="plot-data">(.*?)<\/script>/s.exec(page)?.[1] ?? "")
    assert.deepStrictEqual(data.panels[0].spells[0], {
      from: at(2) / 1e6,
      to: at(4) / 1e6,
      kind: "maintenance",
      label: "1",
      text: "Probe <i>replaced</i>"
    })
    // What goes on goes on to the end of the range.
    assert.strictEqual(data.panels[0].spells[1].to, (DAY + MICROS_PER_DAY) / 1e6)
    const list = page.slice(page.indexOf('id="annotations"'))
    for (const text of ["goes on", "all sensors", "the same moment", "/annotations/12/history", "Sensor 2"])
      assert.include(list, text)
    assert.notInclude(list, "<form")
    // No class of a kind is that of something else: `note` is a notice in a box.
    const signs = [...page.matchAll(/class="((?:sign )?spell [^"]*)"/g)].flatMap(([, names = ""]) =>
      names.split(" ")
    )
    const others = ["sign", "spell", "spell-maintenance", "spell-fault", "spell-note"]
    assert.sameMembers([...new Set(signs)], others)
  })

  it("has a form to annotate what is shown for who may write, which keeps what was refused", () => {
    const own = { series: [series], annotations: [], mayWrite: true, address: "sensor=1&range=24h" }
    const page = view(own)
    assert.include(page, 'action="/explore?sensor=1&amp;range=24h"')
    assert.include(page, 'name="start_time" value="2026-01-05T00:00:00"')
    assert.include(page, 'name="start_time.utc" value="2026-01-05T00:00:00.000000Z"')
    assert.include(page, 'name="sensor_ids" value="1" checked')
    const values = new URLSearchParams({ form: "annotation", id: "0", text: "kept", kind: "fault" })
    const errors = [{ field: "end_time", message: "must not be before start_time" }]
    const refused = view({
      ...own,
      form: { form: "annotation", values, errors, message: "Nothing was saved." }
    })
    assert.include(refused, "<details open><summary>Annotate this range")
    assert.include(refused, "kept</textarea>")
    assert.include(refused, '<option value="fault" selected>')
    assert.include(refused, "must not be before start_time")
    // An annotation of sensors that are not plotted keeps them.
    const changing = view({ ...own, annotations: annotations.slice(2) })
    assert.include(changing, 'name="sensor_ids" value="2" checked')
  })

  it("has the views that have a name, a link to exactly its numbers, and says what it is as of", () => {
    const page = view({
      series: [series],
      views: [{ name: "Boiler & hall" }],
      share: "/explore?sensor=1&as_of=4711",
      pinned: { position: 4711, at: at(3) },
      address: "sensor=1&as_of=4711"
    })
    assert.include(page, 'href="/views/Boiler%20%26%20hall"')
    assert.include(page, 'href="/explore?sensor=1&amp;as_of=4711"')
    assert.include(page, "as they were at position 4711")
    assert.include(page, 'href="/explore?sensor=1">Show them as they are now')
    assert.notInclude(page, "Save this view")
    assert.include(
      view({ series: [series], share: "/explore", mayWrite: true }),
      "Save this view under a name"
    )
  })

  it("says how many sensors there are, and has a field to find one by where there are many", () => {
    const many = Array.from({ length: 9 }, (_, id) => ({ id, label: `Sensor ${id}`, chosen: false }))
    assert.include(view({ choices: many }), "data-find hidden")
    assert.include(view({ choices: many }), "Sensors: 9 to choose from")
    assert.notInclude(view({ choices: many.slice(0, 8) }), "data-find")
  })
})
