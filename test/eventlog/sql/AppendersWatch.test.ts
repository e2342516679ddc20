import { assert, describe, it } from "@effect/vitest"
import { position } from "../../../src/domain/Ids.js"
import { AppendersWatch } from "../../../src/eventlog/sql/append/AppendersWatch.js"

/** This process' appends, each from one position to another. */
const gave = (watch: AppendersWatch, ...ranges: ReadonlyArray<readonly [start: number, end: number]>) => {
  for (const [start, end] of ranges) watch.gave(position(start), position(end))
}

describe("whether several processes append", () => {
  it("sees no others where its own positions follow each other", () => {
    const watch = new AppendersWatch()
    gave(watch, [40, 50], [50, 60], [60, 60])
    assert.isFalse(watch.isWorth(1_000))
  })

  it("sees others by a gap, for a while, and for large batches alone", () => {
    const watch = new AppendersWatch()
    gave(watch, [0, 10], [25, 30])
    assert.isTrue(watch.isWorth(64))
    assert.isFalse(watch.isWorth(63))
    gave(watch, ...Array.from({ length: 63 }, (_, n) => [30 + n, 31 + n] as const))
    assert.isTrue(watch.isWorth(64))
    gave(watch, [93, 94])
    assert.isFalse(watch.isWorth(64))
  })

  it("takes its own appends that are answered out of order for its own", () => {
    const watch = new AppendersWatch()
    gave(watch, [0, 10], [20, 30], [10, 20], [30, 40])
    for (let n = 0; n < 64; n++) gave(watch, [40 + n, 41 + n])
    assert.isFalse(watch.isWorth(64))
  })

  it("takes every batch beside others where it is told so", () => {
    assert.isTrue(new AppendersWatch("several").isWorth(1))
  })
})
