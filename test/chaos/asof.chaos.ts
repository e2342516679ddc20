/**
 * Readings as of a position, while 1,000 messages/s arrive and some of what is there is corrected.
 *
 * Proves: a cursor gives each reading of its first page's position exactly once; and the same export with the same
 * `as_of`, an hour and 10,000 corrections later, is equal to the byte. The hour is passed by the clock of a program
 * that is started again under libfaketime (Debian's package faketime); without it nothing but the restart lies
 * between the two.
 */
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { assert } from "vitest"
import { report, scaled } from "./kit/figures.js"
import { newPlan, onBoth, type Scene } from "./kit/scene.js"
import type { Server } from "./kit/server.js"
import { calm, numberOf, type Store } from "./kit/store.js"

const READINGS = scaled(100_000, 5_000)
const CORRECTIONS = scaled(10_000, 500)
const RATE = 1_000
const PAGE = 1_000
/** Corrections under way at once. */
const AT_ONCE = 8
const LATER_SECONDS = 3_600
const FORMATS = ["json", "columns", "csv", "ndjson", "parquet", "arrow"]

const LIBRARIES = ["x86_64", "aarch64"].map(
  (machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`
)

interface Reading {
  readonly id: number
  readonly sensor_id: number
  readonly timestamp: string
  readonly value: number
  readonly position: number
}

/** A clock that is an hour ahead; nothing where libfaketime is not installed. */
const later = (): Readonly<Record<string, string>> => {
  const library = LIBRARIES.find((path) => existsSync(path))
  return library === undefined
    ? {}
    : { LD_PRELOAD: library, FAKETIME: `+${LATER_SECONDS}s`, DONT_FAKE_MONOTONIC: "1" }
}

/** What time a server has, ms since the epoch. */
const clockOf = async (server: Server): Promise<number> =>
  Date.parse((await fetch(`${server.http}/health`)).headers.get("date") ?? "")

const get = async (server: Server, path: string): Promise<Response> => {
  const response = await fetch(server.http + path)
  assert.strictEqual(response.status, 200, path)
  return response
}

/** Corrects readings, some at a time, until it is told to stop or has none left; answers how many. */
const correcting = (server: Server, readings: ReadonlyArray<Reading>, shift: number) => {
  const left = readings.values()
  let done = 0
  let stopped = false
  const one = async (): Promise<void> => {
    for (const { id, sensor_id, timestamp, value } of left) {
      const response = await fetch(`${server.http}/data/${id}`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ sensor_id, timestamp, value: value + shift })
      })
      assert.strictEqual(response.status, 200, await response.text())
      done += 1
      if (stopped) return
    }
  }
  const all = Promise.all(Array.from({ length: AT_ONCE }, one)).then(() => done)
  return {
    all,
    stop: () => {
      stopped = true
      return all
    }
  }
}

/** All pages from the first on: what they hold, and the position that they stand for. */
const walk = async (server: Server) => {
  const readings: Array<Reading> = []
  let position = 0
  for (let path: string | undefined = `/data/?limit=${PAGE}`; path !== undefined; ) {
    const response = await get(server, path)
    if (position === 0) position = Number(response.headers.get("tidemark-position"))
    readings.push(...((await response.json()) as ReadonlyArray<Reading>))
    path = /<([^>]*)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1]
  }
  return { readings, position }
}

/** The hash of each export as of a position. */
const exports = async (server: Server, position: number): Promise<ReadonlyMap<string, string>> => {
  const hashes = new Map<string, string>()
  for (const list of ["data", "aggregated_data", "sensors", "events"]) {
    for (const format of FORMATS) {
      const path = `/${list}?format=${format}&as_of=${position}`
      const hash = createHash("sha256")
      for await (const chunk of (await get(server, path)).body ?? []) hash.update(chunk)
      hashes.set(path, hash.digest("hex"))
    }
  }
  return hashes
}

const asOf = async (scene: Scene, store: Store): Promise<void> => {
  const server = await scene.server(store.url)
  await server.ready()
  const publisher = scene.publisher("asof", { port: server.mqttPort, plan: newPlan(), rate: RATE })
  await publisher.acknowledgedMore(READINGS, READINGS * 10)
  // Those that the pages come to last.
  const latest = await get(server, `/data/?limit=${PAGE}&order=desc`)
  const known = (await latest.json()) as ReadonlyArray<Reading>

  const meanwhile = correcting(server, known, 1)
  const { position, readings } = await walk(server)
  const corrected = await meanwhile.stop()
  // What was corrected on the way is there as it was at the first page.
  const wanted = await store.query(
    `SELECT COALESCE(reading_id, position) AS id, position, value FROM events WHERE position <= ?
      AND type IN ('ReadingRecorded', 'ReadingCorrected') AND (superseded_by IS NULL OR superseded_by > ?)
      ORDER BY occurred_at, position`,
    [position, position]
  )
  const pick = ({ id, position, value }: Readonly<Record<"id" | "position" | "value", unknown>>) =>
    `${Number(id)} ${Number(position)} ${Number(value)}`
  const same = readings.every((reading, index) => {
    const row = wanted[index]
    return (
      row !== undefined && pick(reading) === pick({ id: row.id, position: row.position, value: row.value })
    )
  })
  assert.strictEqual(readings.length, wanted.length)
  assert.isTrue(same, "the pages are not the readings as of the first one")
  assert.isAbove(corrected, 0)
  const { produced } = await publisher.stop()

  await calm(store)
  const at = await numberOf(store, "SELECT position FROM log_head")
  const before = await exports(server, at)
  await server.end("SIGTERM")
  const aged = await scene.server(store.url, later())
  await aged.ready()
  const minutes = ((await clockOf(aged)) - Date.now()) / 60_000
  await correcting(aged, readings.slice(-CORRECTIONS), 2).all
  await calm(store)
  const after = await exports(aged, at)
  const different = [...before].filter(([path, hash]) => after.get(path) !== hash).map(([path]) => path)
  const now = await numberOf(store, "SELECT position FROM log_head")
  report(`as of a position on ${store.name}`, {
    messages: produced,
    "readings paged": readings.length,
    "corrected meanwhile": corrected,
    "corrections before the second export": CORRECTIONS,
    "minutes later": minutes,
    exports: before.size,
    different: different.length
  })
  assert.deepStrictEqual(different, [])
  assert.isAtLeast(now, at + CORRECTIONS)
  // It would show, if it were not for `as_of`.
  const hashes = await exports(aged, now)
  assert.notStrictEqual(
    hashes.get(`/data?format=csv&as_of=${now}`),
    after.get(`/data?format=csv&as_of=${at}`)
  )
}

onBoth(`${READINGS} readings as of a position, under ${RATE} messages/s`, asOf)
