import { assert, describe, it } from "@effect/vitest"
import { sensorId } from "../../../src/domain/Ids.js"
import { UNKNOWN_METADATA } from "../../../src/domain/Sensor.js"
import { MICROS_PER_MINUTE, MICROS_PER_SECOND, micros } from "../../../src/domain/Time.js"
import { renderSensor, type SensorView } from "../../../src/web/sensors/SensorPage.js"

const NOW = micros(1_800_000_000_000_000)

const DEVICE: SensorView = {
  now: NOW,
  sensor: {
    id: sensorId(7),
    name: "shed",
    status: "active",
    version: 1,
    metadata: UNKNOWN_METADATA,
    intervalMs: null,
    estimatedIntervalMs: null,
    versionSince: NOW
  },
  status: null,
  newest: [],
  corrections: [],
  correctionsSince: null
}

/** The newest readings of a device, a second apart. */
const readings = (count: number, timeSource: "device" | "arrival" = "device"): SensorView["newest"] =>
  Array.from({ length: count }, (_, index) => {
    const at = micros(NOW - index * MICROS_PER_SECOND)
    return { id: index + 1, occurredAt: at, recordedAt: at, timeSource, value: index }
  })

describe("the page of a derived sensor", () => {
  const page = renderSensor({
    ...DEVICE,
    sensor: { ...DEVICE.sensor, status: "derived", name: "dew point" },
    derivation: {
      name: "dew point",
      expression: "dew_point(s1, s2)",
      version: 4,
      sources: [{ sensor: 1, name: "attic" }],
      minutes: [
        [NOW - 2 * MICROS_PER_MINUTE, 11],
        [NOW - MICROS_PER_MINUTE, 12.5]
      ]
    }
  })

  it("has its newest minute, and says that it is derived", () => {
    assert.include(page, '<span class="state derived" data-state>derived</span>')
    assert.include(page, "<strong data-value>12.5</strong>")
    assert.include(page, "1 min, as it is derived")
    assert.include(page, "Its last 2 minutes")
  })

  it("leads to its minutes, and not to readings or checks that it does not have", () => {
    assert.include(page, 'href="/aggregated_data/7?format=csv"')
    for (const part of ["/data/7", "Gaps", ">Quality</a> ·", 'class="note"']) assert.notInclude(page, part)
  })
})

describe("the page of a device", () => {
  it("draws how regularly it speaks from ten steps on, and says of fewer that they are too few", () => {
    const few = renderSensor({ ...DEVICE, newest: readings(9) })
    assert.notInclude(few, "histogram")
    assert.strictEqual(few.split("Too few readings to tell.").length, 3)
    // Ten readings have nine steps between them.
    assert.strictEqual(renderSensor({ ...DEVICE, newest: readings(10) }).split("<figure").length, 2)
    const many = renderSensor({ ...DEVICE, newest: readings(11) })
    assert.include(many, "10 steps of its newest readings")
    assert.include(many, "11 delays")
  })

  it("says plainly that readings have the time of their arrival: it is no fault", () => {
    const words = (list: SensorView["newest"]) =>
      /<p class="(\w+)">([^<]*arrival)/.exec(renderSensor({ ...DEVICE, newest: list }))?.slice(1)
    assert.deepStrictEqual(words(readings(1, "arrival")), [
      "quiet",
      "Its one reading has the time of its arrival"
    ])
    assert.strictEqual(
      words([...readings(1, "arrival"), ...readings(1)])?.[1],
      "1 of its 2 newest readings has the time of its arrival"
    )
    assert.strictEqual(
      words(readings(2, "arrival"))?.[1],
      "2 of its 2 newest readings have the time of their arrival"
    )
    assert.isUndefined(words(readings(2)))
  })

  it("tells of a simulation where there is one", () => {
    const status = { state: "running", restarts: 0, lastError: null, lastReadingAt: null } as const
    assert.include(renderSensor({ ...DEVICE, status }), "<h2>Simulation</h2>")
    for (const part of ["Simulation", "simulate"]) assert.notInclude(renderSensor(DEVICE), part)
  })

  const straight = { from: null, offset: -0.5, scale: 1.02, polynomial: null }

  it("tells how its readings are put right, since when, and that it shows what was measured", () => {
    const said = { version: 9, at: NOW, by: "ann", reason: "ice <bath>" }
    const curved = { from: NOW, offset: null, scale: null, polynomial: [0, -1, 0, 0.25] }
    const page = renderSensor({
      ...DEVICE,
      calibration: { unit: "Cel", segments: [straight, curved], ...said }
    })
    for (const part of [
      "<code>−0.5 + 1.02 × x</code> <bdi>°C</bdi>",
      "<code>−x + 0.25 × x³</code>",
      "Version 9",
      "by <bdi>ann</bdi>: <bdi>ice &lt;bath&gt;</bdi>",
      "Values on this page are as measured",
      'href="/sensors/7/calibration/history"'
    ])
      assert.include(page, part)
  })

  it("shows no calibration where nobody made one, or where it was taken back", () => {
    const back = { unit: null, segments: [], version: 9, at: NOW, by: null, reason: null }
    for (const calibration of [null, back])
      assert.notInclude(renderSensor({ ...DEVICE, calibration }), "alibrat")
  })

  it("has its tags, and nothing of tags where it has none", () => {
    const page = renderSensor({ ...DEVICE, tags: { site: "berlin", line: "<3>" } })
    assert.include(page, "<bdi>site=berlin</bdi>")
    assert.include(page, "<bdi>line=&lt;3&gt;</bdi>")
    assert.notInclude(renderSensor(DEVICE), "Tags")
  })

  it("leads to its readings, and to the checks of them", () => {
    const page = renderSensor({ ...DEVICE, newest: readings(3) })
    for (const part of ['href="/data/7?format=csv"', "Gaps", "check=received"]) assert.include(page, part)
  })
})
