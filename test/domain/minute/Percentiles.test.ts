/**
 * Percentiles of a day merged from its minutes, against the exact ones: on data that are made here, and on real data
 * where they lie beside the checkout (`../shared/data`, or the folder that TIDEMARK_TEST_DATA names).
 */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { eventId, position } from "../../../src/domain/Ids.js"
import * as Minute from "../../../src/domain/minute/Minute.js"
import * as Sketch from "../../../src/domain/minute/Sketch.js"
import { MICROS_PER_DAY, micros, minuteOf, parseTime } from "../../../src/domain/Time.js"

interface Sample {
  /** µs since the epoch. */
  readonly at: number
  readonly value: number
}

const grouped = (samples: ReadonlyArray<Sample>, key: (sample: Sample) => number) => {
  const groups = new Map<number, Array<Sample>>()
  for (const sample of samples) {
    const group = groups.get(key(sample)) ?? []
    group.push(sample)
    groups.set(key(sample), group)
  }
  return groups
}

const minute = (samples: ReadonlyArray<Sample>): Minute.Minute =>
  Minute.fold(
    samples.map(({ at, value }, index) => ({
      position: position(index + 1),
      eventId: eventId(index.toString(16).padStart(32, "0")),
      occurredAt: micros(at),
      value,
      sensorVersion: 1,
      lat: null,
      lng: null
    }))
  )

/** Each day merged from its minutes; answers how many days there were. */
const assertDays = (name: string, samples: ReadonlyArray<Sample>): number => {
  const days = grouped(samples, ({ at }) => Math.floor(at / MICROS_PER_DAY))
  for (const [day, list] of days) {
    const minutes = [...grouped(list, ({ at }) => minuteOf(at)).values()].map(minute)
    const { count, p50, p95, p99 } = Minute.figures(Minute.mergeAll(minutes))
    const sorted = list.map(({ value }) => value).sort((a, b) => a - b)
    assert.strictEqual(count, sorted.length)
    for (const [percent, given] of [
      [50, p50],
      [95, p95],
      [99, p99]
    ] as const) {
      // Lower nearest rank, said apart from the product.
      const exact = sorted[Math.floor(((sorted.length - 1) * percent) / 100)] ?? Number.NaN
      const off = Math.abs((given ?? Number.NaN) - exact)
      assert.isAtMost(off, 0.01 * Math.abs(exact), `${name}, day ${day}, p${percent}: ${given} for ${exact}`)
    }
    assert.deepStrictEqual(Minute.mergeAll(minutes).sketch, Sketch.ofValues(sorted))
  }
  return days.size
}

const START = 1_718_323_200_000_000
/** Numbers from 0 to 1 that look random and are the same each time. */
const noise = (seed: number) => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return seed / 2 ** 32
}

const MADE: Record<string, (random: () => number, second: number) => number> = {
  temperature: (random, s) => 18 + 6 * Math.sin((s / 86_400) * 2 * Math.PI) + random(),
  "below and above zero": (random, s) => 4 * Math.sin(s / 4_000) + random() - 0.5,
  "heavy tail": (random) => 1 / (1e-9 + random()),
  "steps, mostly zero": (random) => (random() < 0.9 ? 0 : Math.floor(random() * 5)),
  "tiny and huge": (random) => (random() < 0.5 ? -1 : 1) * 10 ** (600 * random() - 300)
}

describe("percentiles of a day merged from minutes", () => {
  for (const [name, value] of Object.entries(MADE)) {
    it(`are within 1 % of the exact ones: made, ${name}`, () => {
      const random = noise(name.length)
      const samples = Array.from({ length: 28_800 }, (_, n) => ({
        at: START + 3_000_000 * n,
        value: value(random, 3 * n)
      }))
      assert.strictEqual(assertDays(name, samples), 1)
    })
  }

  const folder = process.env.TIDEMARK_TEST_DATA ?? "../shared/data"
  const telemetry = join(folder, "iot-telemetry/raw_data_large.json")
  it.skipIf(!existsSync(telemetry))("are within 1 % of the exact ones: real, iot-telemetry", () => {
    const messages: ReadonlyArray<{ ts: number; device: string; data: Record<string, unknown> }> = JSON.parse(
      readFileSync(telemetry, "utf8")
    )
    const series = new Map<string, Array<Sample>>()
    for (const { data, device, ts } of messages) {
      for (const [metric, said] of Object.entries(data)) {
        const name = `${device} ${metric}`
        const list = series.get(name) ?? []
        list.push({ at: Math.round(ts * 1e6), value: Number(said) })
        series.set(name, list)
      }
    }
    assert.isAtLeast(series.size, 21)
    for (const [name, samples] of series) assert.isAtLeast(assertDays(name, samples), 1)
  })

  const nab = join(folder, "nab/nab_ambient_temperature_system_failure.csv")
  it.skipIf(!existsSync(nab))("are within 1 % of the exact ones: real, nab", () => {
    const [, ...lines] = readFileSync(nab, "utf8").trim().split(/\r?\n/)
    const samples = lines.map((line): Sample => {
      const [time, value] = line.split(",")
      const at = parseTime(time)
      if (at._tag === "Left") throw new Error(`${time} ${at.left}`)
      return { at: at.right, value: Number(value) }
    })
    assert.isAtLeast(assertDays("nab", samples), 300)
  })
})
