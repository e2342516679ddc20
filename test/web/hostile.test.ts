/** Whatever anybody writes about a sensor, a data set or a message is text on every page, and nothing else. */
import { assert, describe, it } from "@effect/vitest"
import { describeColumns, UNDESCRIBED } from "../../src/domain/catalogue/CatalogueDataset.js"
import { NO_EDIT } from "../../src/domain/catalogue/CatalogueEdits.js"
import { DATASETS } from "../../src/domain/catalogue/DatasetDescriptions.js"
import { sensorId } from "../../src/domain/Ids.js"
import { makeReport } from "../../src/domain/quality/QualityReport.js"
import { noTallies } from "../../src/domain/quality/Tally.js"
import { fault } from "../../src/domain/rejected/RejectionFault.js"
import { MICROS_PER_DAY, MICROS_PER_SECOND, micros } from "../../src/domain/Time.js"
import * as Pages from "../../src/web/Pages.js"
import { renderRejectedWith } from "./forms.js"

const MARKS = `"><script>alert(1)</script>'</title></textarea><img src=x onerror=alert(2)>&lt;${"`"}\u2028 🌊 مرحبا بالعالم \u202e\u0000`
/** 10,000 characters with all of it at both ends. */
const HOSTILE = `${MARKS}${"x".repeat(10_000 - 2 * MARKS.length)}${MARKS}`
const NOW = micros(1_800_000_000_000_000)

const metadata = {
  lat: null,
  lng: null,
  unit: HOSTILE,
  type: HOSTILE,
  description: HOSTILE,
  min: null,
  max: null
}
const named = { id: 1, name: HOSTILE, description: HOSTILE }

const dataset = (() => {
  const [definition] = DATASETS
  if (definition === undefined) return assert.fail("there are no data sets")
  const stored = definition.columns.map(({ name }) => ({ name, type: HOSTILE, nullable: true }))
  return {
    ...definition,
    dataset_name: definition.name,
    schema_used: "",
    data_types: "",
    description: HOSTILE,
    application: HOSTILE,
    lineage: HOSTILE,
    made_from: definition.madeFrom,
    columns: describeColumns(definition, stored).map((column) => ({
      ...column,
      description: HOSTILE,
      unit: HOSTILE
    })),
    row_count: 1,
    start_time: null,
    end_time: null,
    ...UNDESCRIBED,
    title: HOSTILE,
    owner: HOSTILE,
    contact: HOSTILE,
    publisher: HOSTILE,
    licence: HOSTILE,
    tags: [HOSTILE]
  }
})()

const report = makeReport({
  start: micros(NOW - MICROS_PER_DAY),
  end: NOW,
  position: 1,
  sensors: [{ sensorId: 1, tallies: { ...noTallies, plausible: { numerator: 1, denominator: 2 } } }],
  others: noTallies
})

const points = [0, 1, 2].map((n) => ({
  at: micros(NOW + n * MICROS_PER_SECOND),
  value: n,
  min: n,
  max: n,
  count: 1
}))

const ANNOTATION = {
  ...{ id: 1, version: 1, actor: HOSTILE, kind: "note", text: HOSTILE },
  ...{ start: NOW, end: null, sensors: [sensorId(2)] }
}

const PAGES: Readonly<Record<string, () => string>> = {
  now: () =>
    Pages.renderNow({
      now: NOW,
      sensors: [
        {
          ...named,
          type: HOSTILE,
          unit: HOSTILE,
          intervalMs: null,
          retired: false,
          state: null,
          last: { value: 1, occurredAt: NOW },
          recent: [
            [0, 1],
            [1, 2]
          ],
          worst: { dimension: HOSTILE, score: 1 }
        }
      ],
      sensorsTotal: 1,
      readings: 1,
      rejected: 1,
      quality: null,
      trouble: HOSTILE
    }),
  catalogue: () =>
    Pages.renderCatalog({
      datasets: [dataset],
      total: 1,
      search: HOSTILE,
      column: HOSTILE,
      columns: [HOSTILE],
      skip: 0,
      limit: 1
    }),
  dataset: () =>
    Pages.renderDataset({
      dataset,
      rows: [Object.fromEntries(dataset.columns.map(({ name }) => [name, HOSTILE]))],
      origin: `http://${HOSTILE}`,
      lineage: [{ name: HOSTILE, title: HOSTILE, madeFrom: [] }],
      days: [{ day: NOW, scores: undefined }],
      jsonLd: JSON.stringify({ description: HOSTILE })
    }),
  explore: () =>
    Pages.renderExplore({
      choices: [{ id: 1, label: HOSTILE, chosen: true }],
      range: "1h",
      start: NOW,
      end: micros(NOW + MICROS_PER_DAY),
      requestedForm: HOSTILE,
      displayedForm: "raw",
      series: [
        {
          sensor: { id: 1, label: HOSTILE, unit: HOSTILE, type: HOSTILE },
          points,
          step: null,
          gaps: "interval not known",
          span: { first: NOW, last: NOW },
          marks: [
            {
              at: NOW,
              value: 1,
              kind: "suspect",
              why: HOSTILE,
              checks: [{ check: HOSTILE, reason: HOSTILE, href: "/data/data-quality/failures/" }]
            },
            { at: NOW, value: 1, kind: "corrected", why: HOSTILE }
          ]
        }
      ],
      moves: [{ label: HOSTILE, href: "/explore" }],
      downloads: [{ format: HOSTILE, href: "/data/" }],
      notes: [HOSTILE],
      annotations: [ANNOTATION],
      views: [{ name: HOSTILE }],
      address: HOSTILE,
      share: "/explore",
      done: HOSTILE,
      mayWrite: true,
      form: { form: "view", values: new URLSearchParams({ name: HOSTILE }), errors: [], message: HOSTILE }
    }),
  quality: () =>
    Pages.renderQuality({
      dimension: "accuracy",
      days: [{ day: micros(NOW - (NOW % MICROS_PER_DAY)), scores: report }],
      day: micros(NOW - (NOW % MICROS_PER_DAY)),
      report,
      sensorId: 1,
      labels: new Map([[1, HOSTILE]]),
      failures: {
        check: "no_spikes",
        rows: [{ sensorId: 1, at: NOW, until: null, readingId: 1, value: 1, reason: HOSTILE }],
        more: true,
        skip: 0,
        limit: 50
      }
    }),
  sensor: () =>
    Pages.renderSensor({
      now: NOW,
      sensor: {
        id: sensorId(1),
        name: HOSTILE,
        status: "active",
        version: 1,
        metadata,
        intervalMs: null,
        estimatedIntervalMs: null,
        versionSince: NOW
      },
      status: { state: "parked", restarts: 1, lastError: HOSTILE, lastReadingAt: null },
      newest: [{ id: 1, occurredAt: NOW, recordedAt: NOW, timeSource: "arrival", value: 1 }],
      annotations: [ANNOTATION],
      corrections: [
        {
          readingId: 1,
          kind: "deleted",
          occurredAt: NOW,
          recordedAt: NOW,
          was: 1,
          value: null,
          by: HOSTILE,
          reason: HOSTILE
        }
      ],
      correctionsSince: NOW
    }),
  operations: () =>
    Pages.renderOperations({
      now: NOW,
      health: {
        status: "degraded",
        version: HOSTILE,
        warnings: [HOSTILE],
        broker: { address: HOSTILE, connected: false, reason: HOSTILE, since: "" },
        others: [{ process: HOSTILE, roles: [HOSTILE], owns: [HOSTILE], pending: 0, warnings: [HOSTILE] }]
      },
      others: 1,
      rates: {
        messagesPerMinute: null,
        storedPerMinute: 1,
        repeatedPerMinute: 0,
        rejectedPerMinute: 0.5,
        history: [
          [0, 1],
          [1, 2]
        ]
      },
      totals: {
        messages: 1,
        stored: 1,
        repeated: 0,
        rejected: 1,
        dropped: 0,
        pendingMessages: 0,
        pendingBytes: 0,
        connections: 1
      },
      appends: {
        count: 2,
        max: 0.2,
        sum: 0.3,
        buckets: [
          [0.1, 1],
          [0.5, 2],
          [Number.POSITIVE_INFINITY, 2]
        ]
      },
      refused: {
        total: 1,
        last: [{ clientId: HOSTILE, address: HOSTILE, reason: HOSTILE, at: NOW / 1_000, times: 1 }]
      },
      rejected: {
        total: 1,
        bytes: 10_000,
        skip: 0,
        limit: 25,
        more: true,
        topic: HOSTILE,
        origin: "http://127.0.0.1:8000",
        messages: [
          {
            message: {
              id: "0",
              topic: HOSTILE,
              metric: HOSTILE,
              bytes: Buffer.from(HOSTILE),
              size: 10_000,
              truncated: false,
              faults: [fault("unknown", HOSTILE, HOSTILE), fault("not-a-number", HOSTILE, HOSTILE)],
              reason: HOSTILE,
              firstSeen: NOW,
              deliveries: 1
            },
            whyNot: HOSTILE,
            needsPayload: false
          }
        ]
      }
    })
}

const told = {
  position: 1,
  logPosition: 1,
  previous: 0,
  recordedAt: NOW,
  actor: HOSTILE,
  reason: HOSTILE
}
const sent = (form: string, of: string) => ({
  form,
  values: new URLSearchParams({
    form,
    of,
    description: HOSTILE,
    owner: HOSTILE,
    definition: HOSTILE,
    payload: HOSTILE
  }),
  errors: [{ field: "owner", message: HOSTILE }],
  message: HOSTILE
})
const WITH_FORMS: Readonly<Record<string, () => string>> = {
  "dataset with its form": () =>
    Pages.renderDataset({
      dataset,
      rows: [],
      origin: "http://127.0.0.1",
      lineage: [],
      words: {
        mayWrite: true,
        history: [
          {
            ...told,
            subject: "sensor_data",
            type: "DatasetDescribed",
            payload: { ...NO_EDIT, description: HOSTILE, tags: [HOSTILE] }
          }
        ],
        terms: [
          {
            ...told,
            subject: HOSTILE,
            type: "TermDefined",
            payload: {
              definition: HOSTILE,
              synonyms: [HOSTILE],
              see_also: [`javascript:${HOSTILE}`],
              datasets: []
            }
          }
        ],
        datasets: [HOSTILE],
        confirmation: HOSTILE
      }
    }),
  "dataset with a form that was refused": () =>
    Pages.renderDataset({
      dataset,
      rows: [],
      origin: "http://127.0.0.1",
      lineage: [],
      words: { mayWrite: true, history: [], terms: [], datasets: [], form: sent("words", "") }
    }),
  "rejected message": () =>
    renderRejectedWith({
      bytes: Buffer.from(HOSTILE.replaceAll("\u0000", "")),
      whyNot: null,
      replays: [
        {
          attempt: 1,
          at: NOW,
          actor: HOSTILE,
          reason: HOSTILE,
          bytes: Buffer.from(HOSTILE),
          results: [{ status: "rejected", reading: null, metric: HOSTILE, reason: HOSTILE }]
        }
      ],
      form: sent("replay", "")
    }),
  problem: () =>
    Pages.renderProblem(
      {
        type: HOSTILE,
        title: HOSTILE,
        status: 400,
        detail: HOSTILE,
        errors: [{ field: HOSTILE, message: HOSTILE }]
      },
      true
    )
}

// Our own files, and data that nothing runs.
const SCRIPT =
  /<script(?! type="module" src="\/assets\/[a-z]+\.js"><\/script>| type="application\/(?:ld\+)?json")/

describe("what people write", () => {
  for (const [name, render] of Object.entries({ ...PAGES, ...WITH_FORMS })) {
    it(`is text on the page ${name}`, () => {
      const page = render()
      assert.isAbove(page.length, 10_000)
      assert.notMatch(page, SCRIPT)
      assert.notMatch(page, /<img/)
      // Text areas end where they should: what stands in them ends none.
      assert.strictEqual(page.split("</textarea>").length, page.split("<textarea ").length)
      assert.strictEqual(page.split("</title>").length - 1 - (page.match(/<title>/g)?.length ?? 0), 0)
      // Between tags and in quotes alone: with the quoted parts left out no handler, style or address is left.
      const tags = page.replace(/"[^"]*"/g, '""')
      assert.notMatch(tags, /<[^>]*\s(?:on[a-z]+|style)\s*=/)
      assert.notMatch(page, /href="(?!\/|#|data:image\/svg\+xml,)/)
      assert.notInclude(page, "\u0000")
      // It is there, escaped.
      assert.include(page, "&lt;script&gt;alert(1)&lt;/script&gt;")
      assert.include(page, "مرحبا بالعالم")
      assert.include(page, "🌊")
    })
  }

  it("is data in data: it ends no element, and reads back as it was", () => {
    const page = PAGES.dataset?.() ?? ""
    const [, json = ""] = /<script type="application\/ld\+json">([\s\S]*?)<\/script>/.exec(page) ?? []
    assert.strictEqual(JSON.parse(json).description, HOSTILE)
    const [, plot = ""] =
      /<script type="application\/json" id="plot-data">([\s\S]*?)<\/script>/.exec(PAGES.explore?.() ?? "") ??
      []
    assert.strictEqual(JSON.parse(plot).panels[0].series[0].label, HOSTILE)
  })
})
