/** What a benchmark's figures say. */
import { assert, describe, it } from "@effect/vitest"
import { generated, type Result } from "../../bench/lib/kept.mjs"
import {
  type Bench,
  comparison,
  type Measure,
  plainTable,
  summary,
  type Target,
  targetText
} from "../../bench/lib/results.mjs"

const bench = (target: Target, better: "higher" | "lower" = "higher"): Bench => ({
  name: "ingest",
  measures: { messages: { name: "stored", unit: "messages/s", better, limit: "bare", target } }
})
const measured = (ours: ReadonlyArray<number>, bare: ReadonlyArray<number>, target: Target = {}): Measure =>
  summary(bench(target), "messages", "SQLite", ours, bare)

const result = (name: string, date: string, ...measures: ReadonlyArray<Measure>): Result => ({
  name,
  date,
  commit: "abc1234",
  machine: { processor: "Some CPU", cores: 2, memoryGiB: 8, node: "v24.0.0", system: "Linux 6" },
  benches: [{ name: "ingest", title: "Ingest", about: "Messages.", size: "full", rounds: 3, seconds: 9 }],
  measures
})

describe("the figures of a benchmark", () => {
  it("are medians, with their spread and their ratio", () => {
    const { median, ratio, spread } = measured([90, 100, 80], [200, 180, 220])
    assert.deepStrictEqual(median, { ours: 90, bare: 200 })
    assert.deepStrictEqual(spread, { ours: 20 / 90, bare: 0.2 })
    assert.strictEqual(ratio, 0.45)
  })

  it("have no ratio without a limit", () => {
    const { median, ratio, spread } = measured([3, 1, 2], [])
    assert.deepStrictEqual([median, ratio, spread], [{ ours: 2, bare: null }, null, { ours: 1, bare: null }])
  })

  const targets: ReadonlyArray<readonly [Target, number, number | undefined, boolean | null]> = [
    [{ ratioMin: 0.8 }, 80, 100, true],
    [{ ratioMin: 0.8 }, 79, 100, false],
    [{ ratioMax: 1.5, max: 60 }, 60, 40, true],
    [{ ratioMax: 1.5, max: 60 }, 61, 50, false],
    [{ ratioMax: 1.5, max: 60 }, 59, 30, false],
    [{ ratioMax: 2, plus: 5 }, 15, 5, true],
    [{ ratioMax: 2, plus: 5 }, 16, 5, false],
    [{ min: 100 }, 99, undefined, false],
    [{ min: 100 }, 100, undefined, true],
    [{ ratioMin: 0.8 }, 80, undefined, null],
    [{}, 80, 100, null]
  ]
  for (const [target, ours, bare, holds] of targets) {
    it(`hold ${JSON.stringify(target)}, ${ours} beside ${bare}: ${holds}`, () => {
      assert.strictEqual(measured([ours], bare === undefined ? [] : [bare], target).holds, holds)
    })
  }

  it("have targets in words", () => {
    assert.strictEqual(
      targetText({ ratioMax: 2, plus: 5, max: 60 }, "ms"),
      "≤ 2 × the limit + 5 ms, ≤ 60.0 ms"
    )
  })

  it("stand in one plain table, numbers to the right", () => {
    const lines = plainTable([measured([15_971], [33_790], { ratioMin: 0.8 }), measured([5], [])]).split("\n")
    assert.strictEqual(lines.length, 4)
    assert.match(
      lines[2] ?? "",
      /^stored +SQLite +messages\/s +15,971 +0 % +33,790 +0 % +0\.47 +bare +≥ 0\.8 × the limit +NO$/
    )
    assert.match(lines[3] ?? "", /^stored +SQLite +messages\/s +5\.00 +0 % +bare$/)
  })
})

describe("two results", () => {
  const then = result("v1", "2026-01-01", measured([80], [100]))

  it("are compared by their ratios, and a fall by more than a tenth is named", () => {
    const [row] = comparison(then, result("v2", "2026-02-01", measured([400], [1_000])))
    assert.deepStrictEqual(row, {
      name: "ingest messages on SQLite",
      by: "ratio",
      before: 0.8,
      after: 0.4,
      change: 0.5,
      isFall: true
    })
  })

  it("allow for noise", () => {
    const [row] = comparison(then, result("v2", "2026-02-01", measured([73], [100])))
    assert.isFalse(row?.isFall)
  })

  it("are alike where nothing is lost in either", () => {
    const lost = summary(bench({}, "lower"), "messages", "SQLite", [0], [90])
    const [row] = comparison(result("v1", "2026-01-01", lost), result("v2", "2026-02-01", lost))
    assert.deepStrictEqual([row?.change, row?.isFall], [1, false])
  })

  it("know when less is better, and take the figure where there is no ratio", () => {
    const memory = (ours: number) => summary(bench({}, "lower"), "messages", "SQLite", [ours], [])
    const rows = comparison(result("v1", "2026-01-01", memory(200)), result("v2", "2026-02-01", memory(100)))
    assert.deepStrictEqual(
      rows.map(({ by, change, isFall }) => [by, change, isFall]),
      [["figure", 2, false]]
    )
  })
})

describe("the document", () => {
  it("has of each bench what the newest result has that ran it", () => {
    const newest = result("v2", "2026-02-01", measured([400], [1_000], { ratioMin: 0.8 }))
    const text = generated([newest, result("v1", "2026-01-01", measured([80], [100]))])
    assert.include(text, "### Ingest")
    assert.include(
      text,
      "| stored, messages/s | SQLite | 400 (spread 0 %) | bare 1,000 (0 %) | 0.40 | ≥ 0.8 × the limit | NO |"
    )
    assert.include(text, "Result `v2`: 2026-02-01, commit abc1234")
    assert.notInclude(text, "`v1`")
  })
})
