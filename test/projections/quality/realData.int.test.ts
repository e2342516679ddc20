/**
 * Quality of real recordings (test/support/recordings.ts): read as `tidemark replay` reads them, decoded, appended,
 * folded and measured. What is found is what a plain look at the file finds, and what is known of the recordings.
 */
import { existsSync, readFileSync } from "node:fs"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { open, type ReplayFileOptions, timeOf } from "../../../src/cli/replay/ReplayFile.js"
import {
  MICROS_PER_HOUR,
  MICROS_PER_MILLI,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  type Micros,
  micros
} from "../../../src/domain/Time.js"
import { type AppendItem, EventLog } from "../../../src/eventlog/EventLog.js"
import { DEFAULT_DECODE_LIMITS, decode } from "../../../src/ingest/codecs/MessageDecode.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import * as Quality from "../../../src/projections/quality/Quality.js"
import { describeDatabases } from "../../support/databases.js"
import { ambient, telemetry } from "../../support/recordings.js"
import { awake, live } from "./measured.js"

const BATCH = 500
/** Some seconds of work, on a machine that may have other work too. */
const TIMEOUT_MS = 240_000
const encoder = new TextEncoder()

/** Every message of the file, as it was told; `keep` chooses among its readings. Ends at the last one's time. */
const replay = (path: string, options: ReplayFileOptions, keep: (item: AppendItem) => boolean) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const { messages } = yield* open(path, options)
    let last: Micros = micros(0)
    const batches = Stream.grouped(messages, BATCH)
    yield* Stream.runForEach(batches, (batch) =>
      Effect.gen(function* () {
        const items = [...batch].flatMap(({ payload, topic }) => {
          const time = timeOf(payload)
          if (time._tag === "Some") last = micros(Math.max(last, time.value))
          const message = { topic, payload: encoder.encode(payload), qos: 1 as const, clientId: null }
          return decode({ ...message, arrivedAt: last }, DEFAULT_DECODE_LIMITS, () => "nonce")
        })
        yield* TestClock.setTime(Math.ceil(last / MICROS_PER_MILLI))
        yield* log.append(items.filter(keep))
      })
    )
    yield* Effect.flatMap(Minutes.Minutes, ({ catchUp }) => catchUp)
    const sensors = yield* log.sensors({ limit: 1_000 })
    return { last, sensors }
  }).pipe(Effect.provide(NodeFileSystem.layer))

interface Point {
  /** µs since the epoch. */
  readonly at: number
  readonly value: number
}

/** Middle of the first hundred steps, in µs. */
const usualInterval = (points: ReadonlyArray<Point>): number => {
  const steps = points.slice(1, 101).map(({ at }, i) => at - (points[i]?.at ?? at))
  steps.sort((a, b) => a - b)
  return ((steps[49] ?? Number.NaN) + (steps[50] ?? Number.NaN)) / 2
}

/** Neighbours further apart than `longerThan` µs, and how many readings fell out: the gap, rounded, less one. */
const holesOf = (points: ReadonlyArray<Point>, interval: number, longerThan: number) =>
  points.slice(1).flatMap(({ at }, i) => {
    const before = points[i]?.at ?? at
    return at - before > longerThan
      ? [{ start: before, end: at, missing: Math.round((at - before) / interval) - 1 }]
      : []
  })

/** Values that stand out from both neighbours, on one side, by ten times the mean of the steps that change it. */
const glitchesOf = (points: ReadonlyArray<Point>, interval: number) => {
  const steps = points
    .slice(1)
    .flatMap(({ at, value }, i) => {
      const before = points[i]
      return before === undefined || (at - before.at) / interval >= 1.5
        ? []
        : [Math.abs(value - before.value)]
    })
    .filter((step) => step > 0)
  const usual = (10 * steps.reduce((sum, step) => sum + step, 0)) / steps.length
  return points.filter(({ value }, i) => {
    const [before, after] = [points[i - 1]?.value ?? value, points[i + 1]?.value ?? value]
    const near = before < after === value > after ? after : before
    const far = near === after ? before : after
    const between = (value - before) * (value - after) <= 0
    return !between && Math.abs(value - near) - Math.abs(near - far) > usual
  })
}

const METRICS = ["temp", "humidity"]

/** By the sensor's name: each device's temperatures and humidities, in the order of time. */
const telemetrySeries = (): ReadonlyMap<string, ReadonlyArray<Point>> => {
  const series = new Map<string, Array<Point>>()
  const messages: ReadonlyArray<{ ts: number; device_id: string; data: Record<string, number> }> = JSON.parse(
    readFileSync(telemetry, "utf8")
  )
  for (const { data, device_id, ts } of messages) {
    // A double holds seconds to a quarter of a microsecond: the fraction by itself, or it is rounded twice.
    const seconds = Math.floor(ts)
    const at = seconds * 1e6 + Math.round((ts - seconds) * 1e6)
    for (const metric of METRICS) {
      const name = `${device_id}/${metric}`
      const list = series.get(name) ?? []
      list.push({ at, value: data[metric] ?? Number.NaN })
      series.set(name, list)
    }
  }
  for (const list of series.values()) list.sort((a, b) => a.at - b.at)
  return series
}

const PAGE = { skip: 0, limit: 5_000 }
const tenths = (value: number) => Math.round(value * 10) / 10

/** What is known of the three devices: the messages missing in their holes, and values that are no weather. */
const DEVICES = {
  "0e:9c:00:4c:1c:51": { missing: 11_511, temp: [6.9, 6.3, 6.2, 6.4], humidity: [62.2, 62.6, 22.9, 62] },
  "5e:44:3b:f3:79:c8": { missing: 12_642, temp: [4.5, 10.4, 13.7], humidity: [53.4, 53.4, 53.3, 53.3] },
  "f3:6b:f4:34:c0:17": { missing: 18_578, temp: [], humidity: [] }
} as const
const knownOf = (name: string) => {
  const [device, metric] = name.split("/")
  const known = DEVICES[device as keyof typeof DEVICES]
  return { missing: known.missing, glitches: known[metric as "temp" | "humidity"] }
}

type Hole = ReturnType<typeof holesOf>[number]

/** The recorder stopped, not a device: the holes of all begin and end together, to a step of the slowest. */
const assertTogether = (holes: ReadonlyArray<ReadonlyArray<Hole>>) => {
  const [first = [], ...others] = holes
  for (const [i, { end, start }] of first.entries()) {
    for (const other of others) {
      assert.closeTo(other[i]?.start ?? 0, start, 30 * MICROS_PER_SECOND)
      assert.closeTo(other[i]?.end ?? 0, end, 30 * MICROS_PER_SECOND)
    }
  }
}

describeDatabases("the quality of real recordings", (database) => {
  it.effect.skipIf(!existsSync(telemetry))(
    "iot-telemetry: 47 holes a device to the second, the messages missing in them, and its glitches",
    () =>
      Effect.gen(function* () {
        const keep = (item: AppendItem) =>
          item._tag === "Reading" && METRICS.includes(item.source.metric ?? "")
        const { last, sensors } = yield* replay(telemetry, {}, keep)
        const quality = yield* Quality.Quality
        const series = telemetrySeries()
        assert.sameMembers(
          sensors.map(({ name }) => name),
          [...series.keys()]
        )
        const window = { start: micros(last - 24 * MICROS_PER_HOUR), end: micros(last + 1) }
        const gaps = yield* awake(quality.gaps({ ...window, ...PAGE, longerThan: MICROS_PER_MINUTE }))
        const spikes = yield* awake(quality.failures({ ...window, ...PAGE, check: "no_spikes" }))
        const holes = sensors.map(({ id, name }) => {
          const points = series.get(name ?? "") ?? []
          const interval = usualInterval(points)
          const known = knownOf(name ?? "")
          const found = gaps.rows
            .filter(({ open: atEdge, sensorId }) => sensorId === id && !atEdge)
            .map(({ end, missing, start }): Hole => ({ start, end, missing }))
          assert.deepStrictEqual(found, holesOf(points, interval, MICROS_PER_MINUTE), `${name}`)
          assert.strictEqual(found.length, 47)
          assert.strictEqual(
            found.reduce((sum, { missing }) => sum + missing, 0),
            known.missing
          )
          const glitches = spikes.rows
            .filter(({ sensorId }) => sensorId === id)
            .map(({ at, value }): Point => ({ at, value: value ?? Number.NaN }))
          assert.deepStrictEqual(glitches, glitchesOf(points, interval), `${name}`)
          assert.includeMembers(
            glitches.map(({ value }) => tenths(value)),
            [...known.glitches]
          )
          return found
        })
        assertTogether(holes)
      }).pipe(Effect.provide(live(database))),
    TIMEOUT_MS
  )

  it.effect.skipIf(!existsSync(ambient))(
    "nab: the ambient temperature is 92.13 % complete, with 10 gaps and 621 missing hours",
    () =>
      Effect.gen(function* () {
        const { last } = yield* replay(
          ambient,
          { sensor: "1", unit: "F", type: "temperature" },
          ({ _tag }) => _tag === "Reading"
        )
        const points = readFileSync(ambient, "utf8")
          .trim()
          .split(/\r?\n/)
          .slice(1)
          .map((line): Point => {
            const [time = "", value] = line.split(",")
            return { at: 1_000 * Date.parse(`${time.replace(" ", "T")}Z`), value: Number(value) }
          })
        const first = points[0]?.at ?? 0
        const window = { start: micros(first), end: micros(last + MICROS_PER_HOUR) }
        yield* TestClock.setTime(window.end / MICROS_PER_MILLI)
        const quality = yield* Quality.Quality
        const gaps = yield* awake(quality.gaps({ ...window, ...PAGE, longerThan: 0 }))
        const report = yield* awake(quality.report(window))

        const holes = holesOf(points, MICROS_PER_HOUR, MICROS_PER_HOUR)
        const found = gaps.rows.map(({ end, missing, start }): Hole => ({ start, end, missing }))
        assert.deepStrictEqual(found, holes)
        assert.strictEqual(holes.length, 10)
        assert.strictEqual(
          holes.reduce((sum, { missing }) => sum + missing, 0),
          621
        )
        const { denominator, numerator, score } = report.details.completeness
        const hours = (last - first) / MICROS_PER_HOUR + 1
        assert.deepStrictEqual({ numerator, denominator }, { numerator: points.length, denominator: hours })
        assert.strictEqual(score?.toFixed(2), "92.13")
      }).pipe(Effect.provide(live(database))),
    TIMEOUT_MS
  )
})
