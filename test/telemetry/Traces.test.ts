/** Which messages and requests are traced, and what becomes of the spans that wait for a fold. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as Tracer from "effect/Tracer"
import { PCGRandom } from "effect/Utils"
import { parentOf, type Sampling, TraceMaker } from "../../src/telemetry/Traces.js"

interface Made {
  readonly name: string
  readonly parent: string | undefined
  readonly attributes: Map<string, unknown>
  ended: boolean
}

/** Keeps what is made. */
const collecting = (made: Array<Made>) =>
  Tracer.make({
    context: (f) => f(),
    span: (name, parent, context, links, startTime, kind) => {
      const attributes = new Map<string, unknown>()
      const one: Made = { name, parent: Option.getOrUndefined(parent)?.spanId, attributes, ended: false }
      made.push(one)
      return {
        _tag: "Span",
        name,
        parent,
        context,
        links,
        kind,
        attributes,
        sampled: true,
        traceId: "t",
        spanId: `span ${made.length}`,
        status: { _tag: "Started", startTime },
        attribute: (key, value) => attributes.set(key, value),
        event: () => {},
        addLinks: () => {},
        end: () => {
          one.ended = true
        }
      }
    }
  })

const makerOf = (sampling: Sampling, made: Array<Made> = []) =>
  Effect.map(Effect.clock, (clock) => {
    const random = new PCGRandom(7)
    return new TraceMaker(collecting(made), clock, sampling, () => random.number())
  })

const header = (traceId: string, flags = "01") => `00-${traceId}-00f067aa0ba902b7-${flags}`
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

/** How many of these are sampled, one each 10 ms: never more than may start in a second. */
const sampledOf = (maker: TraceMaker, headers: ReadonlyArray<string | undefined>) =>
  Effect.map(
    Effect.forEach(headers, (one) =>
      Effect.zipLeft(
        Effect.sync(() => maker.sample(one) !== null),
        TestClock.adjust("10 millis")
      )
    ),
    (all) => all.filter(Boolean).length
  )

describe("a traceparent", () => {
  it("is read as W3C has it, and else passed over", () => {
    const parent = Option.getOrThrow(parentOf(header(TRACE)))
    assert.deepInclude(parent, { traceId: TRACE, spanId: "00f067aa0ba902b7", sampled: true })
    assert.isFalse(Option.getOrThrow(parentOf(header(TRACE, "00"))).sampled)
    assert.isTrue(Option.isSome(parentOf(`cc-${TRACE}-00f067aa0ba902b7-01-what-comes-later`)))
    for (const wrong of [
      undefined,
      "",
      "00",
      header(TRACE).toUpperCase(),
      header("0".repeat(32)),
      `00-${TRACE}-${"0".repeat(16)}-01`,
      `ff-${TRACE}-00f067aa0ba902b7-01`,
      `${header(TRACE)}-more`,
      `${header(TRACE)} `
    ])
      assert.isTrue(Option.isNone(parentOf(wrong)), wrong)
  })
})

describe("sampling", () => {
  it.effect("takes about the ratio of what has no parent", () =>
    Effect.gen(function* () {
      const none = Array.from({ length: 20_000 }, () => undefined)
      for (const ratio of [0, 0.01, 0.25, 1]) {
        const maker = yield* makerOf({ ratio, parentBased: true })
        const sampled = none.filter(() => maker.sample(undefined) !== null).length
        // So many may start in a second, and the clock stands still.
        const expected = Math.min(500, ratio * none.length)
        assert.closeTo(sampled, expected, 4 * Math.sqrt(expected))
      }
    })
  )

  it.effect("is the sender's to decide where it is based on the parent", () =>
    Effect.gen(function* () {
      const maker = yield* makerOf({ ratio: 0, parentBased: true })
      assert.strictEqual(yield* sampledOf(maker, [header(TRACE), header(TRACE, "00"), undefined, "?"]), 1)
    })
  )

  it.effect("goes by the last bits of a trace's id where it is not", () =>
    Effect.gen(function* () {
      const maker = yield* makerOf({ ratio: 0.5, parentBased: false })
      const low = `${TRACE.slice(0, 18)}${"7f".repeat(7)}`
      const high = `${TRACE.slice(0, 18)}${"80".repeat(7)}`
      assert.strictEqual(yield* sampledOf(maker, [header(low), header(low, "00")]), 0)
      assert.strictEqual(yield* sampledOf(maker, [header(high), header(high, "00")]), 2)
    })
  )

  it.effect("starts so many a second and no more, whatever clients ask for", () =>
    Effect.gen(function* () {
      const maker = yield* makerOf({ ratio: 1, parentBased: true })
      const flood = Array.from({ length: 2_000 }, () => header(TRACE))
      const take = () => flood.filter((one) => maker.sample(one) !== null).length
      assert.strictEqual(take(), 500)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(take(), 500)
    })
  )
})

describe("a fold", () => {
  it.effect("ends the wait of all that it covers, once", () =>
    Effect.gen(function* () {
      const made: Array<Made> = []
      const maker = yield* makerOf({ ratio: 1, parentBased: true }, made)
      const start = (name: string) =>
        maker.span({ name, kind: "consumer", parent: Option.none(), from: 1, attributes: {} })
      const spans = [start("a"), start("b")]
      for (const [index, span] of spans.entries()) maker.awaitFold(span, 10 + index)
      maker.folded(9, 2, true)
      assert.lengthOf(made, 2)
      maker.folded(10, 2, true)
      maker.folded(10, 2, true)
      maker.folded(20, 3, false)
      const folds = made.filter(({ name }) => name === "fold")
      assert.deepStrictEqual(
        folds.map(({ attributes, ended, parent }) => [parent, ended, attributes.get("tidemark.fold.here")]),
        [
          ["span 1", true, true],
          ["span 2", true, false]
        ]
      )
    })
  )
})
