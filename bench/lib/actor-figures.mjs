// What is measured of many sensors in one process, alike for Tidemark's actors and for the bare wheel: the share of a
// core, the heap of each, and how late they tick.
import { readFileSync } from "node:fs"

const PERIOD_MS = 1_000
const PERIOD_MICROS = 1_000 * PERIOD_MS
/** The first tick, from which the others are counted, may itself be late by so much. */
const EARLY_MICROS = 100_000
/** The start of all of them, and the compiler, are not measured. */
const WARM_UP_SECONDS = 5

export const settings = () => {
  const [actors = "10000", seconds = "20", ...rest] = process.argv.slice(2)
  return { actors: Number(actors), seconds: Number(seconds), rest }
}

/** Sensors as sensors.json declares them, of all four signals. */
export const sensorsOf = (count) =>
  Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    lat: 46.05,
    lng: 14.51,
    unit: "C",
    type: "temperature",
    range: [0, 45],
    description: `Sensor ${index + 1}`,
    interval_ms: PERIOD_MS,
    decimals: 2,
    signal: [
      { kind: "uniform" },
      { kind: "random_walk" },
      { kind: "daily_wave", noise: 0.5, peak_hour: 15 },
      { kind: "constant", value: 21 }
    ][index % 4],
    faults: { drop: 0, duplicate: 0, late: 0, spike: 0, stuck: 0, malformed: 0 }
  }))

/** How late each tick of sensors 1 to `count` is, against start + n periods. Ticks that were skipped are counted. */
export class Lateness {
  measuring = false
  ticks = 0
  skipped = 0
  // Of 0.1 ms each; the last one takes what is later.
  #histogram = new Uint32Array(20_001)
  #starts
  #counts

  constructor(count) {
    this.count = count
    this.#starts = new Float64Array(count + 1)
    this.#counts = new Uint32Array(count + 1)
  }

  ticked(id, micros) {
    if (this.#starts[id] === 0) this.#starts[id] = micros
    const since = micros - this.#starts[id]
    const number = Math.floor((since + EARLY_MICROS) / PERIOD_MICROS)
    const skipped = number - this.#counts[id]
    this.#counts[id] = number + 1
    if (!this.measuring) return
    this.ticks += 1
    this.skipped += Math.max(0, skipped)
    const late = Math.max(0, since - number * PERIOD_MICROS)
    this.#histogram[Math.min(20_000, Math.floor(late / 100))] += 1
  }

  /** In ms. */
  percentile(share) {
    let left = share * this.ticks
    for (const [bucket, count] of this.#histogram.entries()) {
      left -= count
      if (left <= 0) return (bucket + 1) / 10
    }
    return Number.NaN
  }
}

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, 1_000 * seconds))

const heap = () => {
  if (globalThis.gc === undefined) throw new Error("needs node --expose-gc")
  for (let i = 0; i < 3; i++) globalThis.gc()
  return process.memoryUsage()
}
/** How long the main thread has waited for a core, in ms, where Linux tells: lateness that others cause. */
const waitedMs = () => {
  try {
    return (
      Number(readFileSync(`/proc/${process.pid}/task/${process.pid}/schedstat`, "utf8").split(" ")[1]) / 1e6
    )
  } catch {
    return Number.NaN
  }
}
const bytes = (usage) => usage.heapUsed + usage.arrayBuffers

/** Starts all, lets them run, and answers the figures. `published` counts what reached the sink. */
export const measure = async (start, lateness, seconds, published) => {
  const before = bytes(heap())
  await start()
  await sleep(WARM_UP_SECONDS)
  const eachBytes = (bytes(heap()) - before) / lateness.count
  // What the collection held up is caught up with.
  await sleep(2)
  const [cpu, clock, sent, waited] = [process.cpuUsage(), performance.now(), published(), waitedMs()]
  lateness.measuring = true
  await sleep(seconds)
  lateness.measuring = false
  const { user, system } = process.cpuUsage(cpu)
  const elapsed = performance.now() - clock
  return {
    corePercent: ((user + system) / 1_000 / elapsed) * 100,
    waitingPercent: (100 * (waitedMs() - waited)) / elapsed,
    bytesEach: Math.round(eachBytes),
    ticksPerSecond: Math.round((lateness.ticks / elapsed) * 1_000),
    publishedPerSecond: Math.round(((published() - sent) / elapsed) * 1_000),
    skipped: lateness.skipped,
    lateMsP50: lateness.percentile(0.5),
    lateMsP99: lateness.percentile(0.99)
  }
}
