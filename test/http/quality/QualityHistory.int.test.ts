/** A quality history that is cut says so, and where the rest of it is. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { QualityHistory } from "../../../src/api/quality/QualityGroup.js"
import { scoresOf } from "../../../src/domain/quality/QualityReport.js"
import { noTallies } from "../../../src/domain/quality/Tally.js"
import { MICROS_PER_DAY, micros } from "../../../src/domain/Time.js"
import { Quality } from "../../../src/projections/quality/Quality.js"
import type { HistoryEntry } from "../../../src/projections/quality/QualityHistory.js"
import { ask, serverLayer, shaped } from "../server.js"

const DAY = micros(Date.UTC(2026, 0, 1) * 1_000)
const none = scoresOf(noTallies, "sensor_data")
const dayOf = (n: number, leftOut: number): HistoryEntry => ({
  start: micros(DAY + n * MICROS_PER_DAY),
  end: micros(DAY + (n + 1) * MICROS_PER_DAY),
  position: 0,
  results: { sensor_data: none, aggregated_sensor_data: none },
  sensors: [],
  leftOut
})
const never = () => Effect.dieMessage("the history alone is asked for")

/** A cut one where the window begins before 2026, else a whole one. */
const quality = Layer.succeed(Quality, {
  report: never,
  failures: never,
  gaps: never,
  touched: never,
  remarks: never,
  history: ({ start = DAY }) => Effect.succeed([dayOf(0, start < DAY ? 31 : 0), dayOf(1, 0)])
})

const history = (search: string) =>
  Effect.map(ask(`/data/data-quality/history/?${search}`), (answer) => ({
    link: answer.headers.get("link"),
    leftOut: shaped(Schema.Array(QualityHistory), answer.json).map((one) => one.left_out_before)
  }))

it.live("a history that is cut says how much is left out, and links to it", () =>
  Effect.gen(function* () {
    assert.deepStrictEqual(yield* history("start_time=2025-12-01&interval=1d&sensors=true"), {
      link: '</data/data-quality/history/?start_time=2025-12-01&interval=1d&sensors=true&end_time=2026-01-01T00%3A00%3A00.000000Z>; rel="next"',
      leftOut: [31, 0]
    })
    assert.deepStrictEqual(yield* history("start_time=2026-01-01"), { link: null, leftOut: [0, 0] })
  }).pipe(Effect.provide(serverLayer({ quality })))
)
