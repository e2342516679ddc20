/** The verdict of a soak: what each fault would look like is told from a good run. */
import { assert, describe, it } from "@effect/vitest"
import { longestLag } from "../../bench/lib/foldLag.mjs"
import { hasFailed, judge, type Latency, type Run, report, slope } from "./Figures.mjs"

const MINUTES = 30
const READINGS = MINUTES * 60 * 2_000
const perMinute = (of: (minute: number) => Latency) => Array.from({ length: MINUTES }, (_, m) => of(m))
const memory = (mib: (minute: number) => number) =>
  Array.from({ length: MINUTES * 12 }, (_, n) => [n / 12, mib(n / 12)] as const)
const size = (readings: number, bytesEach = 230) => ({
  readings,
  minuteRows: 0,
  bytes: 100_000 + readings * bytesEach,
  journalMiB: 4
})

/** Memory settles in its first minutes, and swings; latencies are those of compiled code after the first minute. */
const good: Run = {
  minutes: MINUTES,
  rate: 2_000,
  core: 0.5,
  acknowledged: READINGS,
  stored: READINGS,
  folded: READINGS,
  acknowledgements: perMinute((m) => (m === 0 ? { p50: 30, p99: 400 } : { p50: 8, p99: 40 })),
  pages: perMinute((m) => ({ p50: 5 + (m % 2), p99: 20 })),
  memory: memory((m) => Math.min(200, 120 + 20 * m) + 15 * Math.sin(9 * m)),
  lagMs: 900,
  exports: { count: 29, slowest: 3, failures: [] },
  reports: { count: 29, slowest: 1, failures: [] },
  sizes: [size(0), size(READINGS / 2), size(READINGS)],
  ownBytes: 97
}

const failing = (run: Partial<Run>) =>
  judge({ ...good, ...run }).flatMap(({ holds, name }) => (holds === false ? [name] : []))

describe("the verdict of a soak", () => {
  it("is good where all holds", () => {
    assert.deepStrictEqual(failing({}), [])
    assert.include(report(judge(good)), "the soak passed")
  })

  it.each<[string, Partial<Run>, ReadonlyArray<string>]>([
    ["a message was lost", { stored: READINGS - 1, folded: READINGS - 1 }, ["acknowledged"]],
    ["a message was stored twice", { stored: READINGS + 1, folded: READINGS + 1 }, ["acknowledged"]],
    ["a reading was not folded", { folded: READINGS - 1 }, ["folded"]],
    [
      "memory rises by 2 MiB a minute",
      { memory: memory((m) => 150 + 2 * m + 15 * Math.sin(9 * m)) },
      ["memory"]
    ],
    [
      "acknowledgements get slower",
      { acknowledgements: perMinute((m) => ({ p50: 8 + m, p99: 40 + 10 * m })) },
      ["acknowledgement p50", "acknowledgement p99"]
    ],
    ["pages get slower", { pages: perMinute((m) => ({ p50: 5 + m, p99: 20 })) }, ["page p50"]],
    ["the fold falls behind", { lagMs: 2_100 }, ["lag of the fold"]],
    ["rows get larger", { sizes: [size(0), size(READINGS / 2), size(READINGS, 320)] }, ["growth", "size"]],
    [
      "a journal grows",
      { sizes: [size(0), size(READINGS / 2), { ...size(READINGS), journalMiB: 65 }] },
      ["journal"]
    ],
    [
      "an export breaks off",
      { exports: { count: 29, slowest: 3, failures: ["was broken off"] } },
      ["exports"]
    ],
    ["no report was made", { reports: { count: 0, slowest: 0, failures: [] } }, ["quality"]],
    [
      "messages came too slowly",
      { acknowledged: READINGS / 2, stored: READINGS / 2, folded: READINGS / 2 },
      ["rate"]
    ]
  ])("fails where %s", (_, run, names) => {
    assert.deepStrictEqual(failing(run), names)
    assert.isTrue(hasFailed(judge({ ...good, ...run })))
  })

  it("tells nothing of memory and latencies after three minutes", () => {
    const rising = { memory: memory((m) => 100 + 40 * m).slice(0, 36), pages: good.pages.slice(0, 3) }
    const untold = judge({ ...good, minutes: 3, ...rising }).flatMap(({ holds, name }) =>
      holds === null ? [name] : []
    )
    const latencies = ["acknowledgement p50", "acknowledgement p99", "page p50", "page p99"]
    assert.deepStrictEqual(untold, ["memory", ...latencies])
  })
})

describe("a slope", () => {
  it("is of least squares", () => {
    assert.strictEqual(
      slope([
        [0, 1],
        [1, 3],
        [2, 5]
      ]),
      2
    )
    assert.strictEqual(
      slope([
        [1, 1],
        [1, 3]
      ]),
      0
    )
  })
})

describe("the lag of the fold", () => {
  it("is how long ago the log ended where the fold is", () => {
    const looks = [
      { at: 0, head: 0, folded: 0 },
      { at: 100, head: 50, folded: 0 },
      { at: 200, head: 90, folded: 20 },
      { at: 300, head: 90, folded: 60 },
      { at: 400, head: 90, folded: 90 }
    ]
    assert.strictEqual(longestLag(looks), 100)
    assert.strictEqual(longestLag(looks.slice(0, 1)), 0)
  })
})
