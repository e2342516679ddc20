/**
 * The contract of derived sensors, over every store: their minutes are what their definition makes of their sources'
 * readings, as of any position. The test computes that by itself: naive means, and functions of JavaScript.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { DERIVED_ID_MIN } from "../../../src/domain/derived/Derivation.js"
import { type Position, position, type SensorId, sensorId } from "../../../src/domain/Ids.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { type AggregateRow, Aggregates } from "../../../src/projections/minutes/Aggregates.js"
import { MinuteStore } from "../../../src/projections/minutes/MinuteStore.js"
import { Minutes, layer as minutesLayer } from "../../../src/projections/minutes/Minutes.js"
import {
  allEvents,
  append,
  minute,
  naiveFold,
  perform,
  reading,
  type Services,
  scripts
} from "./minutes.support.js"

type All = Services | Aggregates
export type MakeDerived = (batchMax: number) => Layer.Layer<All, unknown>

/** What was said of a derived sensor, and the same as a function of its sources' naive minutes. */
interface Saying {
  readonly sensor: SensorId
  readonly position: Position
  readonly sources: ReadonlyArray<number>
  readonly of: (...sources: ReadonlyArray<{ mean: number; max: number; count: number }>) => number
}

const say = (
  name: string,
  expression: string,
  sources: ReadonlyArray<number>,
  of: Saying["of"],
  unit: string | null = null
) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const said = {
      expression,
      sources: sources.map((id) => ({ sensor: sensorId(id), name: null })),
      unit,
      type: null,
      description: null
    }
    const { event } = yield* log.derive({ name, said })
    assert.isTrue(event.type === "SensorDerived")
    if (event.type !== "SensorDerived") return yield* Effect.dieMessage("no definition")
    return {
      sensor: event.payload.sensor,
      position: position(event.logPosition),
      sources,
      of
    } satisfies Saying
  })

type Row = readonly [minute: number, value: number]

/** By its definition as of then, from its sources' readings as of then. */
const naive = (sayings: ReadonlyArray<Saying>, sensor: SensorId, asOf: number) =>
  Effect.map(allEvents, (events): ReadonlyArray<Row> => {
    const saying = sayings.findLast((one) => one.sensor === sensor && one.position <= asOf)
    if (saying === undefined) return []
    const folded = naiveFold(events, asOf)
    const minutes = [...new Set(folded.map((row) => row.minute))].sort((a, b) => a - b)
    return minutes.flatMap((at): ReadonlyArray<Row> => {
      const sources = saying.sources.map((id) =>
        folded.find((row) => row.sensor === id && row.minute === at && row.count > 0)
      )
      const figures = sources.flatMap((row) =>
        row === undefined || row.mean === null || row.max === null
          ? []
          : [{ mean: row.mean, max: row.max, count: row.count }]
      )
      const value = figures.length === saying.sources.length ? saying.of(...figures) : Number.NaN
      return Number.isFinite(value) ? [[at, value === 0 ? 0 : value]] : []
    })
  })

const rowsOf = (sensor: SensorId, asOf?: Position) =>
  Effect.flatMap(Aggregates, (service) =>
    Effect.map(
      service.aggregates({ sensorIds: [sensor] }, { interval: "1m", limit: 1_000, asOf }),
      ({ rows }) => rows
    )
  )
const shown = (rows: ReadonlyArray<AggregateRow>): ReadonlyArray<Row> =>
  rows.map((row) => [row.timestamp, row.value])

const assertAsOf = (sayings: ReadonlyArray<Saying>, sensor: SensorId, asOf: Position) =>
  Effect.gen(function* () {
    assert.deepStrictEqual(
      shown(yield* rowsOf(sensor, asOf)),
      yield* naive(sayings, sensor, asOf),
      `as of ${asOf}`
    )
  })

/** Every stored row of the sensors, emptied ones too. */
const stored = (sensors: ReadonlyArray<SensorId>) =>
  Effect.gen(function* () {
    const store = yield* MinuteStore
    const checkpoint = yield* store.checkpoint("minutes")
    return yield* Effect.forEach(sensors, (one) =>
      store.between(
        checkpoint?.generation ?? 0,
        { sensorId: one, minute: minute(-100) },
        minute(1_000),
        10_000
      )
    )
  })

export const derivedContract = (name: string, make: MakeDerived, runs: number): void => {
  const test = (title: string, body: Effect.Effect<void, unknown, All>, batchMax = 4) =>
    it.effect(title, () => Effect.provide(body, make(batchMax)))

  describe(`derived sensors, ${name}`, () => {
    test(
      "are computed of what there was and of what comes, each with a number, an id and a version of its own",
      Effect.gen(function* () {
        const minutes = yield* Minutes
        yield* append([reading(901, 0, 20), reading(902, 5, 50), reading(901, 65, 21), reading(903, 1, 1)])
        yield* minutes.catchUp
        const difference = yield* say(
          "difference",
          "s901 - s902",
          [901, 902],
          (a, b) => (a?.mean ?? 0) - (b?.mean ?? 0),
          "C"
        )
        const most = yield* say(
          "most",
          "max(s901.max, s902.max) * s901.count",
          [901, 902],
          (a, b) => Math.max(a?.max ?? 0, b?.max ?? 0) * (a?.count ?? 0)
        )
        yield* minutes.catchUp
        assert.deepStrictEqual(shown(yield* rowsOf(difference.sensor)), [[minute(0), -30]])
        yield* append([reading(902, 70, 1), reading(901, 1, 22), reading(901, 200, 5)])
        yield* minutes.catchUp
        const rows = yield* rowsOf(difference.sensor)
        assert.deepStrictEqual(shown(rows), [
          [minute(0), -29],
          [minute(1), 20]
        ])
        assert.deepStrictEqual(shown(yield* rowsOf(most.sensor)), [
          [minute(0), 100],
          [minute(1), 21]
        ])
        const [row] = rows
        assert.deepInclude(row, {
          count: 1,
          sum: -29,
          min: -29,
          max: -29,
          stddev: 0,
          unit: "C",
          name: "difference"
        })
        assert.deepInclude(row, { expected: 1, completeness: 1, first: -29, last: -29, p50: -29 })
        const ids = [...rows, ...(yield* rowsOf(most.sensor))].map(({ id }) => id)
        assert.strictEqual(new Set(ids).size, 4)
        assert.isAtLeast(Math.min(...ids), DERIVED_ID_MIN)
        const log = yield* EventLog
        const sensor = yield* Effect.flatten(log.sensor(difference.sensor))
        assert.deepInclude(sensor, { name: "difference", status: "derived", intervalMs: 60_000 })
        assert.isAtLeast(sensor.id, 1_000_000_000)
        const then = yield* log.sensorsAsOf((yield* log.head).position)
        assert.deepStrictEqual(then.find(({ id }) => id === sensor.id)?.status, "derived")
      })
    )

    test(
      "take no readings, of devices or of people, and keep their name",
      Effect.gen(function* () {
        const log = yield* EventLog
        yield* append([reading(911, 0, 20)])
        const { sensor } = yield* say("twice", "2 * s911", [911], (a) => 2 * (a?.mean ?? 0))
        const named = { ...reading(1, 1, 5), sensor: { _tag: "Named" as const, name: "twice" } }
        const [outcome] = yield* append([named])
        assert.strictEqual(
          outcome?._tag === "Rejected" ? outcome.faults[0]?.code : outcome?._tag,
          "sensor-derived"
        )
        for (const one of [named, reading(sensor, 1, 5)]) {
          const refused = yield* Effect.flip(log.record([one]))
          assert.strictEqual(refused._tag, "AppendRefused")
        }
        yield* append([{ ...named, sensor: { _tag: "Named", name: "a device" } }])
        const taken = yield* Effect.flip(
          log.derive({
            name: "a device",
            said: {
              expression: "s911",
              sources: [{ sensor: sensorId(911), name: null }],
              unit: null,
              type: null,
              description: null
            }
          })
        )
        assert.strictEqual(taken._tag, "SensorNameTaken")
        const head = yield* log.head
        yield* say("twice", "2 * s911", [911], () => 0)
        assert.deepStrictEqual(yield* log.head, head)
        yield* log.retire([sensor])
        assert.strictEqual((yield* Effect.flatten(log.sensor(sensor))).status, "derived")
      })
    )

    test(
      "go on where a fold was cut off, and are not seen before all of them are there",
      Effect.gen(function* () {
        const minutes = yield* Minutes
        const store = yield* MinuteStore
        yield* append(Array.from({ length: 12 }, (_, at) => reading(921, 60 * at, at)))
        yield* minutes.catchUp
        const { position: at, sensor } = yield* say(
          "squares",
          "s921 * s921",
          [921],
          (a) => (a?.mean ?? 0) ** 2
        )
        yield* append([reading(921, 0, 100)])
        for (let page = 0; page < 3; page += 1) yield* minutes.step
        // Two minutes a page: of three pages.
        const checkpoint = yield* store.checkpoint("minutes")
        assert.strictEqual(checkpoint?.position, at - 1)
        assert.deepStrictEqual(yield* rowsOf(sensor), [])
        const all = yield* Effect.flatMap(Aggregates, (service) =>
          service.aggregates({}, { interval: "1m", limit: 1_000, skip: 11 })
        )
        assert.deepStrictEqual(
          all.rows.map((row) => row.sensorId),
          [sensorId(921)]
        )
        const [before] = yield* stored([sensor])
        assert.strictEqual(before?.length, 6)
        const again = Context.get(yield* Layer.build(Layer.fresh(minutesLayer({ batchMax: 4 }))), Minutes)
        yield* again.step
        const [after] = yield* stored([sensor])
        assert.deepStrictEqual(
          after?.map((row) => row.minute),
          Array.from({ length: 8 }, (_, n) => minute(n))
        )
        yield* again.catchUp
        yield* minutes.catchUp
        assert.deepStrictEqual(
          shown(yield* rowsOf(sensor)),
          Array.from({ length: 12 }, (_, n) => [minute(n), n === 0 ? 2_500 : n * n] as const)
        )
      }).pipe(Effect.scoped)
    )

    test(
      "equal a direct computation, whatever happens to the log, as of every position, and so does a rebuild",
      Effect.gen(function* () {
        const minutes = yield* Minutes
        const log = yield* EventLog
        let compared = 0
        for (const [run, script] of scripts(runs, 7).entries()) {
          const base = 1_000 + run * 10
          const [a, b, c] = [base + 1, base + 2, base + 3]
          const third = Math.floor(script.length / 3)
          const sayings: Array<Saying> = []
          for (const [at, action] of script.entries()) {
            if (at === third) {
              sayings.push(
                yield* say(
                  `x${base}`,
                  `s${a} - s${b} / 2`,
                  [a, b],
                  (x, y) => (x?.mean ?? 0) - (y?.mean ?? 0) / 2
                ),
                yield* say(
                  `y${base}`,
                  `1 / (s${c} - s${c}.max)`,
                  [c],
                  (x) => 1 / ((x?.mean ?? 0) - (x?.max ?? 0))
                )
              )
            }
            if (at === 2 * third) {
              sayings.push(
                yield* say(
                  `x${base}`,
                  `s${c}.count + s${b}`,
                  [c, b],
                  (x, y) => (x?.count ?? 0) + (y?.mean ?? 0)
                )
              )
            }
            yield* perform(action, base, minutes.step)
          }
          yield* minutes.catchUp
          const sensors = [...new Set(sayings.map(({ sensor }) => sensor))]
          assert.strictEqual(sensors.length, 2)
          const { position: head } = yield* log.head
          for (const sensor of sensors) {
            for (let asOf = 0; asOf <= head; asOf += 1 + Math.floor(head / 40)) {
              yield* assertAsOf(sayings, sensor, position(asOf))
            }
            for (const { position: at } of sayings) {
              yield* assertAsOf(sayings, sensor, position(at - 1))
              yield* assertAsOf(sayings, sensor, at)
            }
            yield* assertAsOf(sayings, sensor, head)
            compared += (yield* rowsOf(sensor)).length
          }
          const before = yield* stored(sensors)
          yield* minutes.rebuild()
          assert.deepStrictEqual(yield* stored(sensors), before)
          for (const { position: at, sensor } of sayings) yield* assertAsOf(sayings, sensor, position(at - 1))
        }
        assert.isAbove(compared, 2 * runs)
      })
    )
  })
}
