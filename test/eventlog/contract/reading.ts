/** How readings are read: in order, in pages, by filter. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { position, type SensorId, sensorId } from "../../../src/domain/Ids.js"
import { micros } from "../../../src/domain/Time.js"
import { EventLog, type ReadingFilter } from "../../../src/eventlog/EventLog.js"
import { at, candidate, headPosition, look, numbered, publish, put, type Suite } from "./support.js"

/** 60 readings of 3 sensors, out of order and with ties; some corrected, moved and deleted. */
const mixture = Effect.gen(function* () {
  const log = yield* EventLog
  const said = [
    { type: "temperature", unit: "C" },
    { type: "humidity", unit: "%" },
    { type: "temperature", unit: "K" }
  ]
  for (const part of [0, 1, 2]) {
    const readings = Array.from({ length: 20 }, (_, n) => {
      const index = part * 20 + ((n * 7) % 20)
      return candidate(Math.floor(index / 6), index, {
        sensor: numbered((index % 3) + 1),
        said: said[index % 3] ?? {}
      })
    })
    yield* publish(...readings)
  }
  const all = yield* look
  for (const reading of all.filter((_, index) => index % 9 === 0)) yield* put(reading, { value: -1 })
  for (const reading of all.filter((_, index) => index % 9 === 4)) yield* log.remove(reading.id)
  for (const reading of all.filter((_, index) => index % 20 === 7)) yield* put(reading, { occurredAt: at(3) })
  return yield* look
})

const paging = ({ test }: Suite): void => {
  test(
    "orders by time, then position, and pages through that without loss or repeat",
    Effect.gen(function* () {
      const log = yield* EventLog
      const all = yield* mixture
      const asOf = yield* headPosition
      const sorted = all.toSorted((a, b) => a.occurredAt - b.occurredAt || a.position - b.position)
      assert.deepStrictEqual(all, sorted)
      for (const limit of [1, 7, 1_000]) {
        const paged = []
        for (let after = undefined as (typeof all)[number] | undefined; ; ) {
          const page = yield* log.readings({}, { asOf, limit, after })
          paged.push(...page)
          after = page.at(-1)
          if (page.length < limit || after === undefined) break
          // What arrives meanwhile is not seen.
          yield* publish(candidate(paged.length / 10, 1_000 + limit))
        }
        assert.deepStrictEqual(paged, all)
        for (const skip of [0, 5, all.length, all.length + 5]) {
          assert.deepStrictEqual(
            yield* log.readings({}, { asOf, limit, skip }),
            all.slice(skip, skip + limit)
          )
        }
      }
    })
  )

  test(
    "filters by sensor, type, unit and half-open time, all together",
    Effect.gen(function* () {
      const log = yield* EventLog
      const all = yield* mixture
      const asOf = yield* headPosition
      const cases: ReadonlyArray<ReadingFilter> = [
        { sensorIds: [sensorId(2)] },
        { sensorIds: [sensorId(1), sensorId(3)] },
        { sensorIds: [] },
        { sensorIds: [sensorId(99)] },
        { type: "temperature" },
        { type: "Temperature" },
        { unit: "%" },
        { type: "temperature", unit: "K" },
        { type: "humidity", unit: "C" },
        { start: at(3) },
        { end: at(3) },
        { start: at(3), end: at(4) },
        { start: at(3), end: at(3) },
        { start: micros(at(3) + 1), end: micros(at(4) + 1) },
        { sensorIds: [sensorId(1)], type: "temperature", unit: "C", start: at(1), end: at(8) }
      ]
      for (const filter of cases) {
        const { end, sensorIds, start, type, unit } = filter
        const expected = all.filter(
          (reading) =>
            (sensorIds === undefined || sensorIds.includes(reading.sensorId)) &&
            (type === undefined || reading.type === type) &&
            (unit === undefined || reading.unit === unit) &&
            (start === undefined || reading.occurredAt >= start) &&
            (end === undefined || reading.occurredAt < end)
        )
        const title = JSON.stringify(filter)
        assert.deepStrictEqual(yield* log.readings(filter, { asOf, limit: 1_000 }), expected, title)
        assert.strictEqual(yield* log.countReadings(filter, asOf), expected.length, title)
        for (const skip of [0, 2]) {
          const now = yield* log.readingsNow(filter, { limit: 3, skip })
          assert.deepStrictEqual(now, { position: asOf, readings: expected.slice(skip, skip + 3) }, title)
        }
        const newest = yield* log.readingsNow(filter, { limit: 3, order: "desc" })
        assert.deepStrictEqual(newest.readings, expected.toReversed().slice(0, 3), title)
        const after = expected[1]
        if (after === undefined) continue
        assert.deepStrictEqual(
          yield* log.readings(filter, { asOf, limit: 3, after }),
          expected.slice(2, 5),
          title
        )
        assert.deepStrictEqual(
          yield* log.readings(filter, { asOf, limit: 3, skip: 2 }),
          expected.slice(2, 5),
          title
        )
      }
    })
  )

  test(
    "gives a sensor's rows in force by (time, event id), and its last reading",
    Effect.gen(function* () {
      const log = yield* EventLog
      const all = yield* mixture
      const asOf = yield* headPosition
      for (const id of [1, 2, 3].map(sensorId)) {
        const rows = yield* log.inForce(id, at(1), at(9), asOf)
        const keys = new Map(
          (yield* log.tail(position(0), asOf, 1_000)).map((row) => [row.position, row.eventId])
        )
        const expected = all
          .filter(({ occurredAt, sensorId }) => sensorId === id && occurredAt >= at(1) && occurredAt < at(9))
          .toSorted(
            (a, b) =>
              a.occurredAt - b.occurredAt ||
              (String(keys.get(a.position)) < String(keys.get(b.position)) ? -1 : 1)
          )
        assert.deepStrictEqual(
          rows.map((row) => [row.position, row.value]),
          expected.map((reading) => [reading.position, reading.value])
        )
      }
      const ids: ReadonlyArray<SensorId> = [1, 2, 3, 99].map(sensorId)
      const last = yield* log.lastReadings(ids)
      for (const id of ids) {
        const own = all.filter((reading) => reading.sensorId === id)
        const newest = own.reduce((latest, reading) => Math.max(latest, reading.occurredAt), 0)
        const found = last.get(id)
        if (own.length === 0) assert.isUndefined(found)
        else
          assert.deepInclude(
            own.filter((reading) => reading.occurredAt === newest),
            found
          )
      }
      assert.strictEqual((yield* log.lastReadings([])).size, 0)
    })
  )
}

export const reading = (suite: Suite): void => {
  paging(suite)
}
