import { assert, describe, it } from "@effect/vitest"
import type { Event } from "../../../src/domain/Event.js"
import { eventId, position, sensorId } from "../../../src/domain/Ids.js"
import { type Sensor, UNKNOWN_METADATA } from "../../../src/domain/Sensor.js"
import { micros } from "../../../src/domain/Time.js"
import { Recent } from "../../../src/eventlog/sql/Recent.js"

const event = (at: number): Event => ({
  position: position(at),
  eventId: eventId(String(at).padStart(32, "0")),
  type: "ReadingRecorded",
  sensorId: sensorId(1),
  sensorVersion: 1,
  occurredAt: micros(at),
  recordedAt: micros(at),
  timeSource: "device",
  importId: null,
  value: at,
  lat: null,
  lng: null,
  readingId: null,
  supersededBy: null,
  payload: null
})

const sensor: Sensor = {
  id: sensorId(7),
  name: "boiler/temp",
  status: "active",
  version: 1,
  metadata: UNKNOWN_METADATA,
  intervalMs: null,
  estimatedIntervalMs: null,
  versionSince: micros(0)
}

interface Also {
  readonly links?: ReadonlyArray<[number, number]>
  /** The last event of a sensor before and after it. */
  readonly sensors?: readonly [start: number, end: number]
}

/** Commits events from just after `start` to `end`. */
const commit = (
  recent: Recent,
  start: number,
  end: number,
  { links = [], sensors: [before, after] = [1, 1] }: Also = {}
) =>
  recent.committed({
    start: position(start),
    end: position(end),
    events: Array.from({ length: end - start }, (_, n) => event(start + n + 1)),
    links: links.map(([superseded, by]) => [position(superseded), position(by)] as const),
    sensors: { start: position(before), end: position(after), touched: start === 0 ? [sensor] : [] },
    newest: start === 0 ? [[sensorId(1), micros(0)] as const] : []
  })

const positions = (recent: Recent, after: number, upTo: number, limit = 1_000) =>
  recent.tail(position(after), position(upTo), limit)?.map((one) => one.position as number)

describe("what a log remembers of its own appends", () => {
  it("gives the tail that it has whole, and nothing where a part is missing", () => {
    const recent = new Recent()
    assert.isUndefined(positions(recent, 0, 0))
    commit(recent, 0, 3)
    commit(recent, 3, 5)
    assert.deepStrictEqual(positions(recent, 0, 5), [1, 2, 3, 4, 5])
    assert.deepStrictEqual(positions(recent, 2, 4), [3, 4])
    assert.deepStrictEqual(positions(recent, 2, 5, 2), [3, 4])
    assert.deepStrictEqual(positions(recent, 5, 5), [])
    assert.isUndefined(positions(recent, 2, 6))
  })

  it("forgets the events when another process has appended in between", () => {
    const recent = new Recent()
    commit(recent, 0, 3)
    commit(recent, 10, 12)
    assert.isUndefined(positions(recent, 0, 12))
    assert.isUndefined(positions(recent, 9, 12))
    assert.deepStrictEqual(positions(recent, 10, 12), [11, 12])
  })

  it("knows its sensors until any sensor has changed, whatever others append", () => {
    const recent = new Recent()
    assert.isUndefined(recent.sensorsPosition)
    commit(recent, 0, 3, { sensors: [0, 1] })
    assert.strictEqual(recent.sensorsPosition, position(1))
    assert.strictEqual(recent.sensor(sensorId(7), position(1)), sensor)
    assert.strictEqual(recent.named("boiler/temp", position(1)), sensor.id)
    assert.isUndefined(recent.sensor(sensorId(7), position(2)))
    assert.isUndefined(recent.named("boiler/temp", position(2)))
    commit(recent, 10, 12)
    assert.strictEqual(recent.sensor(sensorId(7), position(1)), sensor)
    commit(recent, 20, 21, { sensors: [15, 15] })
    assert.isUndefined(recent.sensor(sensorId(7), position(15)))
  })

  it("knows how new the events of its sensors are, as of its own last commit alone", () => {
    const recent = new Recent()
    commit(recent, 0, 3)
    assert.strictEqual(recent.newestAt(sensorId(1), position(3)), micros(3))
    assert.isUndefined(recent.newestAt(sensorId(7), position(3)))
    commit(recent, 3, 5)
    assert.strictEqual(recent.newestAt(sensorId(1), position(5)), micros(5))
    assert.isUndefined(recent.newestAt(sensorId(1), position(4)))
    commit(recent, 10, 12)
    assert.isUndefined(recent.newestAt(sensorId(1), position(12)))
  })

  it("tells how new a sensor's events were, whatever came since", () => {
    const recent = new Recent()
    assert.isUndefined(recent.head)
    commit(recent, 0, 3)
    assert.strictEqual(recent.head, position(3))
    assert.deepStrictEqual(recent.newestOf({ _tag: "Numbered", id: sensorId(1) }), {
      id: sensorId(1),
      at: micros(3)
    })
    assert.isUndefined(recent.newestOf({ _tag: "Numbered", id: sensorId(2) }))
    assert.isUndefined(recent.newestOf({ _tag: "Named", name: "nobody" }))
  })

  it("shows a link that was set since", () => {
    const recent = new Recent()
    commit(recent, 0, 3)
    commit(recent, 3, 4, { links: [[2, 4]] })
    assert.deepStrictEqual(
      recent.tail(position(0), position(4), 10)?.map((one) => one.supersededBy as number | null),
      [null, 4, null, null]
    )
  })

  it("is bounded", () => {
    const recent = new Recent()
    for (let start = 0; start < 100_000; start += 500) commit(recent, start, start + 500)
    assert.isUndefined(positions(recent, 0, 100_000))
    assert.isUndefined(positions(recent, 58_000, 100_000, 100_000))
    assert.lengthOf(positions(recent, 99_000, 100_000) ?? [], 1_000)
  })
})
