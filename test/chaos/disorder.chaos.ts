/**
 * Every message delivered three times, shuffled over ten minutes of device time, a tenth of them late by up to a day,
 * a hundredth corrected over HTTP, some of these twice, between deliveries that say the old value again.
 *
 * Proves: the minutes are, to the bit, those of a clean run (each message once, in order, corrected at the end), on
 * both databases; and the clean run's are the fold of what was meant.
 */
import { createHash } from "node:crypto"
import mqtt from "mqtt"
import { assert, describe, inject, it } from "vitest"
import { chance, report, scaled } from "./kit/figures.js"
import { Fold } from "./kit/fold.js"
import { messageOf } from "./kit/plan.mjs"
import { newPlan, Scene } from "./kit/scene.js"
import { calm, mysqlStore, type Row, type Store, sqliteStore } from "./kit/store.js"

const MESSAGES = scaled(20_000, 2_000)
const DELIVERIES = 3
const SENSORS = 20
/** Half a second and a bit: no two device times are equal. */
const STEP_MICROS = 500_009
const SECOND_MICROS = 1_000_000
const MINUTE_MICROS = 60 * SECOND_MICROS
const SHUFFLED_MICROS = 10 * MINUTE_MICROS
const LATE_MICROS = 24 * 60 * MINUTE_MICROS
const LATE = 0.1
const CORRECTED = 0.01
/** Of those that are corrected. */
const TWICE = 0.3
/** Corrections are made between so many deliveries. */
const CHUNK = 2_000
const WINDOW = 500

interface Reading {
  readonly n: number
  readonly sensor: number
  readonly micros: number
  readonly value: number
  /** The values of its corrections, in order. */
  readonly corrections: ReadonlyArray<number>
}

const random = chance(24)
const plan = newPlan(SENSORS)
const base = plan.baseMicros - LATE_MICROS

const readings: ReadonlyArray<Reading> = Array.from({ length: MESSAGES }, (_, n) => {
  const { sensor, value } = messageOf(plan, n)
  const times = random() < CORRECTED ? (random() < TWICE ? 2 : 1) : 0
  const corrections = Array.from({ length: times }, () => (random() - 0.5) * 1_000)
  return { n, sensor, micros: base + n * STEP_MICROS, value, corrections }
})

/** Each three times, by the time at which it comes: its own, and up to ten minutes, or a day, later. */
const disordered: ReadonlyArray<Reading> = readings
  .flatMap((reading) => Array.from({ length: DELIVERIES }, () => reading))
  .map((reading) => ({
    reading,
    at: reading.micros + random() * (random() < LATE ? LATE_MICROS : SHUFFLED_MICROS)
  }))
  .sort((a, b) => a.at - b.at)
  .map(({ reading }) => reading)

const timestampOf = (micros: number): string => {
  const millis = Math.floor(micros / 1_000)
  return `${new Date(millis).toISOString().slice(0, 23)}${String(micros - millis * 1_000).padStart(3, "0")}Z`
}

/** Publishes in this order, a window at a time, and waits until all is acknowledged. */
const publish = async (client: mqtt.MqttClient, some: ReadonlyArray<Reading>): Promise<void> => {
  for (let at = 0; at < some.length; at += WINDOW) {
    await Promise.all(
      some.slice(at, at + WINDOW).map(({ micros, sensor, value }) => {
        const payload = { sensor_id: sensor, timestamp: timestampOf(micros), value, metadata: { unit: "C" } }
        return client.publishAsync("sensors/disorder", JSON.stringify(payload), { qos: 1 })
      })
    )
  }
}

/** Ids of readings, by sensor and device time as the database writes it. */
const idsOf = async (store: Store): Promise<ReadonlyMap<string, number>> => {
  const rows = await store.query(
    "SELECT position, sensor_id, occurred_at FROM events WHERE type = 'ReadingRecorded'"
  )
  return new Map(rows.map((row) => [`${row.sensor_id} ${timeOf(row.occurred_at)}`, Number(row.position)]))
}

/** Both dialects' times as one text: MySQL's protocol leaves out a fraction of zero. */
const timeOf = (column: unknown): string => {
  const [seconds, fraction = ""] = String(column).replace(" ", "T").replace("Z", "").split(".")
  return `${seconds}.${fraction.padEnd(6, "0")}Z`
}

const correct = async (http: string, store: Store, some: ReadonlyArray<Reading>): Promise<number> => {
  const ids = await idsOf(store)
  let done = 0
  for (const { corrections, micros, sensor } of some) {
    const timestamp = timestampOf(micros)
    const id = ids.get(`${sensor} ${timestamp}`)
    for (const value of corrections) {
      const response = await fetch(`${http}/data/${id}`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ sensor_id: sensor, timestamp, value })
      })
      assert.strictEqual(response.status, 200, await response.text())
      done += 1
    }
  }
  return done
}

/** All minutes without positions, event ids and versions, which depend on the order of arrival. */
const DUMP = `SELECT sensor_id, minute, readings, value_sum, value_min, value_max, value_mean, value_stddev,
  value_first, value_last, first_at, last_at, sum_exact, squares_exact,
  value_p50, value_p95, value_p99, HEX(sketch) AS sketch FROM sensor_minutes
  WHERE generation = (SELECT generation FROM checkpoints WHERE projection = 'minutes')
  ORDER BY sensor_id, minute`

const TIMES = new Set(["minute", "first_at", "last_at"])
const lineOf = (row: Row): string =>
  JSON.stringify(Object.entries(row).map(([name, column]) => (TIMES.has(name) ? timeOf(column) : column)))

interface Outcome {
  readonly rows: ReadonlyArray<Row>
  readonly hash: string
  readonly corrections: number
  readonly events: number
}

/** One run on a new database. Corrections come between the deliveries, or at the end. */
const run = async (
  store: Store,
  deliveries: ReadonlyArray<Reading>,
  correctedWithin: boolean
): Promise<Outcome> => {
  const scene = new Scene()
  scene.atEnd(() => store.remove())
  try {
    const server = await scene.server(store.url)
    await server.ready()
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${server.mqttPort}`)
    scene.atEnd(() => client.end(true))
    const uncorrected = new Set(readings.filter(({ corrections }) => corrections.length > 0))
    let corrections = 0
    for (let at = 0; at < deliveries.length; at += CHUNK) {
      const chunk = deliveries.slice(at, at + CHUNK)
      await publish(client, chunk)
      const due = correctedWithin ? [...uncorrected].filter((reading) => chunk.includes(reading)) : []
      for (const reading of due) uncorrected.delete(reading)
      corrections += await correct(server.http, store, due)
    }
    corrections += await correct(server.http, store, [...uncorrected])
    assert.isTrue(await calm(store), "the minutes were never folded")
    const rows = await store.query(DUMP)
    const hash = createHash("sha256").update(rows.map(lineOf).join("\n")).digest("hex")
    const [count] = await store.query("SELECT COUNT(*) AS n FROM events WHERE type LIKE 'Reading%'")
    return { rows, hash, corrections, events: Number(count?.n) }
  } finally {
    await scene.end()
  }
}

/** What was meant, folded by other code than the program's: sums and counts by sensor and minute. */
const meant = (): ReadonlyMap<string, Fold> => {
  const folds = new Map<string, Fold>()
  for (const { corrections, micros, sensor, value } of readings) {
    const key = `${sensor} ${timestampOf(Math.floor(micros / MINUTE_MICROS) * MINUTE_MICROS)}`
    const fold = folds.get(key) ?? new Fold()
    folds.set(key, fold)
    fold.add(corrections.at(-1) ?? value)
  }
  return folds
}

const checkMeant = ({ rows }: Outcome): void => {
  const folds = meant()
  assert.strictEqual(rows.length, folds.size)
  for (const row of rows) {
    const figures = folds.get(`${row.sensor_id} ${timeOf(row.minute)}`)?.figures()
    assert.deepStrictEqual(
      [row.readings, row.value_sum, row.value_min, row.value_max],
      [figures?.count, figures?.sum, figures?.min, figures?.max],
      `sensor ${row.sensor_id}, ${timeOf(row.minute)}`
    )
  }
}

/** Of the clean runs, by database: they must agree as well. */
const hashes = new Map<string, string>()

const disorder = async (make: () => Store | Promise<Store>): Promise<void> => {
  const first = await make()
  const clean = await run(first, readings, false)
  const wild = await run(await make(), disordered, true)
  const store = first.name
  report(`disorder on ${store}`, {
    messages: MESSAGES,
    deliveries: disordered.length,
    corrections: wild.corrections,
    events: wild.events,
    minutes: wild.rows.length,
    "clean hash": clean.hash.slice(0, 16),
    "hash in disorder": wild.hash.slice(0, 16)
  })
  checkMeant(clean)
  assert.isAbove(wild.corrections, MESSAGES * CORRECTED * 0.5, "too few corrections")
  assert.strictEqual(wild.corrections, clean.corrections)
  assert.strictEqual(wild.events, MESSAGES + wild.corrections, "an event a message and correction")
  assert.strictEqual(wild.hash, clean.hash)
  hashes.set(store, clean.hash)
  assert.strictEqual(new Set(hashes.values()).size, 1, "the databases disagree")
}

describe(`${MESSAGES} messages × ${DELIVERIES}, shuffled, late and corrected`, () => {
  it("SQLite", () => disorder(sqliteStore))
  const server = inject("mysqlUrl")
  it.skipIf(server === "")("MariaDB", () => disorder(() => mysqlStore(server)))
})
