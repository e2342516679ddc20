import { assert, describe, it } from "@effect/vitest"
import { type Faults, NO_FAULTS } from "../../src/domain/SimulatedSensor.js"
import { micros } from "../../src/domain/Time.js"
import {
  INITIAL_FAULTS,
  LATE_SECONDS_MAX,
  LATE_SECONDS_MIN,
  type Message,
  misbehave,
  payloadOf
} from "../../src/sensors/Faults.js"
import { sensorDraw } from "../../src/sensors/Signal.js"
import { simulated } from "./support.js"

const READINGS = 20_000

// One message list a reading; the reading at second i measures (i % 45).
const play = (faults: Partial<Faults>): ReadonlyArray<ReadonlyArray<Message>> => {
  const sensor = simulated(1, { faults: { ...NO_FAULTS, ...faults } })
  const draw = sensorDraw(1, sensor.id, 0)
  let state = INITIAL_FAULTS
  return Array.from({ length: READINGS }, (_, i) => {
    const played = misbehave(sensor, state, micros(i * 1_000_000), i % 45, draw)
    state = played.state
    return played.messages
  })
}
const valueOf = (message: Message): number => JSON.parse(message.payload).value
const share = (readings: ReadonlyArray<unknown>): number => readings.length / READINGS

describe("Faults", () => {
  it("says a reading as a device does", () => {
    assert.deepStrictEqual(JSON.parse(payloadOf(simulated(7), micros(1_718_389_665_123_456), 21.5)), {
      sensor_id: "7",
      timestamp: "2024-06-14T18:27:45.123456Z",
      value: 21.5,
      metadata: {
        location: { lat: 46, lng: 14 },
        unit: "C",
        type: "temperature",
        description: "Sensor 7"
      }
    })
  })

  it("sends each reading once, at once, where no fault is declared", () => {
    for (const [i, messages] of play({}).entries()) {
      assert.strictEqual(messages.length, 1)
      assert.strictEqual(messages[0]?.dueAt, i * 1_000_000)
      assert.strictEqual(messages[0] && valueOf(messages[0]), i % 45)
    }
  })

  it("drops", () => {
    assert.approximately(share(play({ drop: 0.1 }).filter((messages) => messages.length === 0)), 0.1, 0.01)
  })

  it("sends the very same message twice", () => {
    const twice = play({ duplicate: 0.1 }).filter((messages) => messages.length === 2)
    assert.approximately(share(twice), 0.1, 0.01)
    for (const [a, b] of twice) {
      assert.deepStrictEqual(a, b)
      assert.notStrictEqual(a, b)
    }
  })

  it("sends late, with the reading's own time", () => {
    const late = play({ late: 0.1 }).flatMap((messages, i) =>
      messages.filter((message) => message.dueAt !== i * 1_000_000)
    )
    assert.approximately(share(late), 0.1, 0.01)
    for (const { measuredAt, dueAt, payload } of late) {
      assert.isAtLeast(dueAt - measuredAt, LATE_SECONDS_MIN * 1_000_000)
      assert.isAtMost(dueAt - measuredAt, LATE_SECONDS_MAX * 1_000_000)
      assert.strictEqual(JSON.parse(payload).value, (measuredAt / 1_000_000) % 45)
    }
  })

  it("spikes out of the range", () => {
    const values = play({ spike: 0.1 }).flat().map(valueOf)
    assert.approximately(share(values.filter((value) => value < 0 || value > 45)), 0.1, 0.01)
  })

  it("sticks to a value for a while", () => {
    const values = play({ stuck: 0.01 }).flat().map(valueOf)
    const repeats = values.filter((value, i) => i > 0 && value === values[i - 1])
    assert.isAbove(repeats.length, READINGS * 0.05)
    assert.isBelow(repeats.length, READINGS * 0.25)
  })

  it("garbles a payload so that it is no reading", () => {
    const garbled = play({ malformed: 0.1 })
      .flat()
      .filter(({ payload }) => {
        try {
          return typeof JSON.parse(payload).value !== "number"
        } catch {
          return true
        }
      })
    assert.approximately(share(garbled), 0.1, 0.01)
  })
})
