/** Aggregates on a zone's clocks over HTTP: in every format, page by page, and what is refused. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { MICROS_PER_HOUR } from "../../../src/domain/Time.js"
import { describeDatabases } from "../../support/databases.js"
import { append, askBytes, candidate, folded, realServer } from "../realServer.js"
import { ask, problemFields } from "../server.js"

/** A reading an hour, from a day before Zurich's clocks are put back to a day after it. */
const FROM = Date.UTC(2024, 9, 25, 22) * 1_000
const HOURS = 24 + 25 + 24
const ZONE = "tz=Europe/Zurich&interval=1d"

interface Day {
  readonly timestamp: string
  readonly count: number
}
const daysOf = (json: unknown) =>
  (json as ReadonlyArray<Day>).map(({ count, timestamp }) => [timestamp.slice(0, 13), count] as const)
const DAYS: Array<readonly [string, number]> = [
  ["2024-10-25T22", 24],
  ["2024-10-26T22", 25],
  ["2024-10-27T23", 24]
]

describeDatabases("aggregates in local time", (database) => {
  layer(realServer(database), { excludeTestServices: true, timeout: "1 minute" })((it) => {
    it.effect("have days of 25 hours, and name the zone", () =>
      Effect.gen(function* () {
        yield* append(Array.from({ length: HOURS }, (_, n) => candidate(1, FROM + n * MICROS_PER_HOUR, n)))
        yield* folded
        const days = yield* ask(`/aggregated_data/?${ZONE}`)
        assert.strictEqual(days.status, 200, days.text)
        assert.strictEqual(days.headers.get("tidemark-time-zone"), "Europe/Zurich")
        assert.deepStrictEqual(daysOf(days.json), DAYS)
        const utc = yield* ask("/aggregated_data/?interval=1d")
        assert.strictEqual(utc.headers.get("tidemark-time-zone"), "UTC")
        assert.deepStrictEqual(
          daysOf(utc.json).map(([, count]) => count),
          [2, 24, 24, 23]
        )
        assert.strictEqual((yield* ask("/aggregated_data/?interval=1d&tz=UTC")).text, utc.text)
        const months = yield* ask("/aggregated_data/1?tz=Europe/Zurich&interval=1mo")
        assert.deepStrictEqual(daysOf(months.json), [["2024-09-30T22", HOURS]])
      })
    )

    it.effect("are the same in files, wide and page by page", () =>
      Effect.gen(function* () {
        const csv = (yield* askBytes(`/aggregated_data.csv?${ZONE}&fields=timestamp,count`)).body.toString()
        assert.deepStrictEqual(csv.trim().split("\r\n"), [
          "timestamp,count",
          ...DAYS.map(([hour, count]) => `${hour}:00:00.000000Z,${count}`)
        ])
        const wide = yield* ask(`/aggregated_data/?${ZONE}&shape=wide`)
        assert.deepStrictEqual(
          (wide.json as ReadonlyArray<Day>).map(({ timestamp }) => timestamp.slice(0, 13)),
          DAYS.map(([hour]) => hour)
        )
        const first = yield* ask(`/aggregated_data/?${ZONE}&limit=2`)
        const link = /^<(.*)>/.exec(first.headers.get("link") ?? "")?.[1] ?? ""
        const second = yield* ask(link)
        assert.deepStrictEqual([...daysOf(first.json), ...daysOf(second.json)], DAYS)
        const foreign = yield* ask(link.replace("Zurich", "London"))
        assert.deepStrictEqual(problemFields(foreign, 400), ["cursor"])
      })
    )

    it.effect("are refused for a zone that is none", () =>
      Effect.gen(function* () {
        for (const zone of ["Mars/Olympus", "", "%2B99:00"]) {
          const answer = yield* ask(`/aggregated_data/?interval=1d&tz=${zone}`)
          assert.deepStrictEqual(problemFields(answer, 400), ["tz"], zone)
        }
      })
    )
  })
})
