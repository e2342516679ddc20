/** The forms of pages as they are written: what they hold, where their errors stand, and what becomes of what was sent. */
import { assert, describe, it } from "@effect/vitest"
import { type CatalogueEvent, NO_EDIT } from "../../src/domain/catalogue/CatalogueEdits.js"
import { micros } from "../../src/domain/Time.js"
import { changesBetween } from "../../src/web/catalogue/WordHistory.js"
import { hexDump, writableText } from "../../src/web/core/Bytes.js"
import * as Pages from "../../src/web/Pages.js"
import { renderDatasetWith, renderRejectedWith } from "./forms.js"

const NOW = micros(1_800_000_000_000_000)

const described = (position: number, payload: Partial<typeof NO_EDIT>): CatalogueEvent => ({
  type: "DatasetDescribed",
  payload: { ...NO_EDIT, ...payload },
  position,
  logPosition: 1,
  subject: "sensor_data",
  previous: position - 1,
  recordedAt: NOW,
  actor: "ann",
  reason: "clearer"
})

/** A form that changes something: that of the zone is on each page. */
const FORM = '<form class="edit" method="post"'

describe("the form of a data set", () => {
  it("holds what is said now, and posts to its own page without scripts", () => {
    const page = renderDatasetWith({ history: [described(1, { owner: "Ann" })] })
    assert.include(page, '<form class="edit" method="post" action="/catalog/sensor_data">')
    assert.match(page, /name="owner"/)
    assert.match(page, /name="version" value="0"/)
    assert.match(page, /<td class="why"><ul><li><code>owner<\/code>/)
    assert.include(page, "clearer")
  })

  it("keeps what was written when it is refused, opens, and says at the field what to do", () => {
    const values = new URLSearchParams({ form: "words", version: "7", owner: "<b>", description: "kept" })
    const errors = [{ field: "owner", message: "must be text of 1 to 190 characters" }]
    const page = renderDatasetWith({
      form: { form: "words", values, errors, message: "Nothing was saved." }
    })
    assert.include(page, '<details id="edit" open>')
    assert.include(page, 'name="version" value="7"')
    assert.match(
      page,
      /value="&lt;b&gt;" id="edit-owner" [^>]*aria-describedby="edit-owner-hint edit-owner-error"/
    )
    assert.include(
      page,
      '<p class="wrong" id="edit-owner-error">This must be text of 1 to 190 characters.</p>'
    )
    assert.include(page, "\nkept</textarea>")
  })

  it("is not shown to a reader, and says what was done only in words of its own", () => {
    assert.notInclude(renderDatasetWith({ mayWrite: false }), FORM)
    assert.include(renderDatasetWith({ confirmation: "described" }), "Saved: what you wrote holds")
    assert.notInclude(renderDatasetWith({ confirmation: "call 0800 for help" }), "0800")
    assert.notInclude(renderDatasetWith({ confirmation: "__proto__" }), 'class="done"')
  })

  it("tells each field that a change touched, and cuts a long history aloud", () => {
    assert.deepStrictEqual(
      changesBetween(NO_EDIT, { ...NO_EDIT, tags: ["a", "b"], columns: { value: "x" } }),
      [
        { field: "tags", was: null, is: "a, b" },
        { field: "column value", was: null, is: "x" }
      ]
    )
    const many = Array.from({ length: 25 }, (_, n) => described(n + 1, { owner: `Owner ${n}` }))
    assert.include(renderDatasetWith({ history: many }), "The newest 20 of 25 changes.")
  })
})

describe("a rejected message", () => {
  it("shows its bytes as text and digits, why it was refused, and a form that works without scripts", () => {
    const page = renderRejectedWith({})
    assert.include(page, "000000  7b 22")
    assert.include(page, "value must be a finite number")
    assert.match(page, /<form class="edit" method="post" action="\/rejected\/[0-9a-f]{32}">/)
    assert.match(page, /name="how" value="same"[\s\S]*name="how" value="edited"/)
  })

  it("says what became of it each time: stored, repeated, rejected again", () => {
    const results = [
      { status: "stored" as const, reading: 5, metric: null, reason: null },
      { status: "repeated" as const, reading: 4, metric: "a", reason: null },
      { status: "rejected" as const, reading: null, metric: "b", reason: "still <wrong>" }
    ]
    const page = renderRejectedWith({
      replays: [{ attempt: 1, at: NOW, actor: "ann", reason: "mended", bytes: Buffer.from("{}"), results }]
    })
    for (const said of [
      "stored</span> as",
      "/data/5/history",
      "the log had it already",
      "still &lt;wrong&gt;",
      "ann"
    ])
      assert.include(page, said)
  })

  it("has no form where it can't be sent, or must not; and bytes that are no text are edited as digits", () => {
    assert.notInclude(renderRejectedWith({ whyNot: "It is too large." }), FORM)
    assert.notInclude(renderRejectedWith({ mayWrite: false }), FORM)
    assert.include(renderRejectedWith({ bytes: Uint8Array.of(0, 255) }), 'name="as" value="hex"')
    assert.notInclude(renderRejectedWith({ needsPayload: true }), "Send it as it is")
    assert.isUndefined(writableText(Buffer.from("a\r\nb")))
    assert.strictEqual(hexDump(Buffer.from("A\u0000"), 1), `000000  41${" ".repeat(45)}  A`)
  })
})

describe("what can't be followed", () => {
  it("is named at the top of the page, escaped and cut, and nothing is shown for it", () => {
    const page = Pages.renderCatalog({
      datasets: [],
      total: 0,
      search: "",
      skip: 0,
      limit: 10,
      problems: [{ name: "column", value: `<script>${"x".repeat(200)}`, allowed: "must be one of a, b" }]
    })
    assert.include(page, '<div class="trouble" role="alert" id="problems">')
    assert.include(page, "must be one of a, b.")
    assert.match(page, /&lt;script&gt;x{50,91}…/)
    assert.notInclude(page, "<script>x")
  })

  it("is a whole page for a problem, which asks for no file where a key is missing", () => {
    const problem = { type: "urn:x", title: "Not found", status: 404, detail: "<i>", errors: [] }
    assert.include(Pages.renderProblem(problem, true), "<bdi>&lt;i&gt;</bdi>")
    assert.include(Pages.renderProblem({ ...problem, status: 503 }, true), 'http-equiv="refresh"')
    assert.notInclude(Pages.renderProblem({ ...problem, status: 503 }, false), 'http-equiv="refresh"')
    assert.notMatch(Pages.renderProblem({ ...problem, status: 401 }, true), /<link|<script/)
    // Who reads it is told the way in, or out.
    for (const status of [401, 403, 404])
      assert.include(
        Pages.forReader(Pages.renderProblem({ ...problem, status }, true), {
          name: undefined,
          isSession: false,
          place: "/explore"
        }),
        '<a href="/sign-in?to=%2Fexplore">Sign in</a>'
      )
  })
})
