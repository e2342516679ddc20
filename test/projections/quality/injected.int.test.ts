/**
 * A run of devices with faults injected, each in a number that is known, through decoding, the log and the fold: each
 * fault is found by the check that should find it, and a clean run has nothing to find.
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { DIMENSIONS } from "../../../src/domain/quality/QualityChecks.js"
import { formatTime, MICROS_PER_MILLI, MICROS_PER_SECOND, micros } from "../../../src/domain/Time.js"
import { EventLog } from "../../../src/eventlog/EventLog.js"
import { DEFAULT_DECODE_LIMITS, decode } from "../../../src/ingest/codecs/MessageDecode.js"
import * as Minutes from "../../../src/projections/minutes/Minutes.js"
import * as Quality from "../../../src/projections/quality/Quality.js"
import { describeDatabases } from "../../support/databases.js"
import { at } from "../handmade.js"
import { awake, live } from "./measured.js"

const START = at("2026-11-22T10:00:00.000000Z")
const SECONDS = 1_200
const END = micros(START + SECONDS * MICROS_PER_SECOND)

const encoder = new TextEncoder()
const arrived = ({ arrives, body }: Message) => ({
  topic: "sensors",
  payload: encoder.encode(body),
  qos: 1 as const,
  clientId: null,
  arrivedAt: micros(START + arrives * MICROS_PER_SECOND)
})

interface Message {
  /** Seconds after START at which the device measured, and at which the message arrives. */
  readonly measured: number
  readonly arrives: number
  readonly body: string
}

const message = (
  sensor: number,
  second: number,
  value: number,
  more: object = {},
  arrives = second
): Message => ({
  measured: second,
  arrives,
  body: JSON.stringify({
    sensor_id: sensor,
    timestamp: formatTime(START + second * MICROS_PER_SECOND),
    value,
    metadata: { unit: "C", type: "temperature", range: [-50, 100] },
    ...more
  })
})

/** One a second, its values never twice the same in a row. */
const wave = (second: number) =>
  Math.round((20 + 5 * Math.sin(second / 90) + (second % 2 === 0 ? 0.13 : -0.13)) * 100) / 100

const clean = (sensor: number, seconds = SECONDS): ReadonlyArray<Message> =>
  Array.from({ length: seconds }, (_, second) =>
    message(sensor, second, wave(second), { seq: second, epoch: "boot" })
  )

const without = (list: ReadonlyArray<Message>, ...gone: ReadonlyArray<number>) =>
  list.filter(({ measured }) => !gone.includes(measured))

const replaced = (sensor: number, change: (second: number) => Message | undefined) =>
  clean(sensor).map((one) => change(one.measured) ?? one)

/** What is injected, into a sensor of its own: the check that should find it, and how many it should find. */
const INJECTED: ReadonlyArray<{
  readonly fault: string
  readonly check: string
  readonly count: number
  readonly make: (sensor: number) => ReadonlyArray<Message>
}> = [
  {
    fault: "drops",
    check: "received",
    count: 7,
    make: (sensor) => without(clean(sensor), 100, 101, 102, 500, 900, 901, 902)
  },
  {
    fault: "holes in the sequence",
    check: "sequence_whole",
    count: 3,
    make: (sensor) => without(clean(sensor), 300, 301, 700)
  },
  {
    fault: "repeats under another seq",
    check: "told_once",
    count: 4,
    make: (sensor) => [
      ...clean(sensor),
      ...[50, 150, 250, 350].map((s) => message(sensor, s, wave(s), { seq: s, epoch: "again" }, s + 1))
    ]
  },
  {
    fault: "conflicts",
    check: "one_value_a_time",
    count: 3,
    make: (sensor) => [...clean(sensor), ...[60, 160, 260].map((s) => message(sensor, s, wave(s) + 1))]
  },
  {
    fault: "late",
    check: "recorded_in_time",
    count: 5,
    make: (sensor) =>
      replaced(sensor, (s) =>
        s >= 400 && s < 405 ? message(sensor, s, wave(s), { seq: s, epoch: "boot" }, s + 120) : undefined
      )
  },
  {
    fault: "from the future",
    check: "not_ahead",
    count: 2,
    make: (sensor) =>
      replaced(sensor, (s) =>
        s === 600 || s === 601 ? message(sensor, s, wave(s), { seq: s, epoch: "boot" }, s - 30) : undefined
      )
  },
  {
    fault: "a clock that is not set",
    check: "clock_set",
    count: 6,
    make: (sensor) =>
      replaced(sensor, (s) =>
        s >= 800 && s < 806
          ? message(sensor, s, wave(s), { seq: s, epoch: "boot", timestamp: s - 800 })
          : undefined
      )
  },
  {
    fault: "stuck",
    check: "not_stuck",
    count: 120,
    make: (sensor) =>
      replaced(sensor, (s) =>
        s >= 200 && s < 320 ? message(sensor, s, 20.5, { seq: s, epoch: "boot" }) : undefined
      )
  },
  {
    fault: "spikes",
    check: "no_spikes",
    count: 3,
    make: (sensor) =>
      replaced(sensor, (s) =>
        s === 111 || s === 555 || s === 999 ? message(sensor, s, 80, { seq: s, epoch: "boot" }) : undefined
      )
  },
  {
    fault: "a jump",
    check: "usual_steps",
    count: 1,
    make: (sensor) =>
      clean(sensor).map(({ measured: s }) =>
        message(sensor, s, wave(s) + (s >= 700 ? 40 : 0), { seq: s, epoch: "boot" })
      )
  },
  {
    fault: "out of range",
    check: "in_range",
    count: 2,
    make: (sensor) =>
      replaced(sensor, (s) =>
        s === 10 || s === 20 ? message(sensor, s, 140, { seq: s, epoch: "boot" }) : undefined
      )
  },
  {
    fault: "malformed",
    check: "accepted",
    count: 2,
    make: (sensor) => [
      ...clean(sensor),
      { measured: 5, arrives: 5, body: "{not json" },
      { measured: 6, arrives: 6, body: JSON.stringify({ sensor_id: sensor, value: "warm" }) }
    ]
  },
  {
    fault: "an unregistered metric",
    check: "described",
    count: SECONDS,
    make: (sensor) =>
      clean(sensor).map(({ measured: s }) =>
        message(sensor, s, wave(s), { metadata: {}, seq: s, epoch: "boot" })
      )
  }
]

/** Appends messages as they arrive, a minute's at a time, each batch at the time of its last. */
const send = (messages: ReadonlyArray<Message>) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const sorted = [...messages].sort((a, b) => a.arrives - b.arrives)
    for (let from = 0; sorted.length > from; ) {
      const second = sorted[from]?.arrives ?? 0
      const until = sorted.findIndex(({ arrives }) => arrives >= second + 20)
      const batch = sorted.slice(from, until < 0 ? sorted.length : until)
      // Early ones of a batch wait for its end: less than what is late.
      yield* TestClock.setTime(
        (START + (batch.at(-1)?.arrives ?? second) * MICROS_PER_SECOND) / MICROS_PER_MILLI
      )
      const items = batch.flatMap((one) =>
        decode(arrived(one), { ...DEFAULT_DECODE_LIMITS, futureMicrosMax: 1e13 }, () => "nonce")
      )
      yield* log.append(items)
      from += batch.length
    }
    yield* log.describe(
      [...new Set((yield* log.sensors({ limit: 1_000 })).map(({ id }) => id))].map((id) => ({
        id,
        intervalMs: 1_000,
        said: {}
      }))
    )
    const minutes = yield* Minutes.Minutes
    yield* minutes.catchUp
    yield* TestClock.setTime(END / MICROS_PER_MILLI)
  })

const checksOf = (report: { readonly details: Record<string, { readonly checks: ReadonlyArray<Found> }> }) =>
  new Map(Object.values(report.details).flatMap(({ checks }) => checks.map((check) => [check.name, check])))
interface Found {
  readonly name: string
  readonly failed: number
  readonly denominator: number
}

describeDatabases("injected faults", (database) => {
  it.effect("are found, each by its check, and as many as there are", () =>
    Effect.gen(function* () {
      yield* send(INJECTED.flatMap(({ make }, i) => make(i + 1)))
      const quality = yield* Quality.Quality
      const all = checksOf(yield* awake(quality.report({ start: START, end: END })))
      const listed = yield* Effect.forEach(INJECTED, ({ check, count, fault }, i) =>
        Effect.gen(function* () {
          const sensorId = (yield* Effect.flatMap(EventLog, (log) => log.sensors({ limit: 1_000 })))[i]?.id
          const page = yield* awake(
            quality.failures({
              start: START,
              end: END,
              ...(check === "accepted" || sensorId === undefined ? {} : { sensorId }),
              check: check as Parameters<typeof quality.failures>[0]["check"],
              skip: 0,
              limit: 5_000
            })
          )
          return { fault, injected: count, found: page.rows.reduce((sum, row) => sum + row.count, 0) }
        })
      )
      assert.deepStrictEqual(
        listed,
        INJECTED.map(({ count, fault }) => ({ fault, injected: count, found: count }))
      )
      // Of all sensors too, but for faults that look like others: drops are holes of a sequence, an out-of-range
      // value is a spike.
      for (const { check, count } of INJECTED) assert.isAtLeast(all.get(check)?.failed ?? 0, count, check)
    }).pipe(Effect.provide(live(database)))
  )

  it.effect("are not there in a clean run: 100 on each dimension that has data", () =>
    Effect.gen(function* () {
      yield* send([...clean(1), ...clean(2), ...clean(3)])
      const quality = yield* Quality.Quality
      const { aggregated_details, details, results } = yield* awake(
        quality.report({ start: START, end: END })
      )
      for (const dimension of DIMENSIONS) {
        assert.strictEqual(results.sensor_data[dimension], 100, dimension)
        assert.strictEqual(results.aggregated_sensor_data[dimension], 100, dimension)
      }
      const empty = [...Object.values(details), ...Object.values(aggregated_details)]
        .flatMap(({ checks }) => checks)
        .filter(({ denominator }) => denominator === 0)
      assert.deepStrictEqual(
        empty.map(({ name }) => name),
        ["amendments_attached"]
      )
    }).pipe(Effect.provide(live(database)))
  )
})
