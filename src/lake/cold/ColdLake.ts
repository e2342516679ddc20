/**
 * The files of cold days, read back: what `ColdLog` asks for. A file is what was archived, by its SHA-256, or it is not read.
 *
 * Invariants: no more than DAYS_HELD days are held, and one is read at a time. A day that was dropped has at most
 * DAY_ROWS_MAX rows: `archive drop` leaves others.
 */
import { open } from "node:fs/promises"
import { gunzipSync } from "node:zlib"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { dateText } from "../../domain/dataset/DayFile.js"
import type { ColdDay } from "../../eventlog/cold/ColdDays.js"
import { ColdLog, type ColdLogService, isArchived } from "../../eventlog/cold/ColdLog.js"
import { ColdRows } from "../../eventlog/cold/ColdRows.js"
import { LogCorrupt } from "../../eventlog/EventLog.js"
import { parquetRows } from "../../formats/ParquetRows.js"
import { nextTurn } from "../../telemetry/EventLoop.js"
import { lakeAt } from "../LakeAddress.js"
import { bytesOf, sliceOf } from "../LakeFiles.js"
import { faultOf, LakeFault } from "../LakeFormat.js"
import type { LakeStore } from "../LakeStore.js"

/** Rows of a day: some 300 MB while they are held. */
export const DAY_ROWS_MAX = 4_000_000

const DAYS_HELD = 3
/** Rows of all days that are held, the one that is read among them. */
const ROWS_HELD = DAY_ROWS_MAX

/** The events of readings of a file of a lake, which is checked first. */
export const coldRowsOf = (store: LakeStore, file: Pick<ColdDay, "path" | "sha256">) =>
  Effect.gen(function* () {
    const trying = <A>(run: () => Promise<A>) =>
      Effect.tryPromise({ try: run, catch: (cause) => faultOf(file.path, cause) })
    const path = yield* store.local(file.path)
    const { sha256 } = yield* bytesOf(path, file.path)
    if (sha256 !== file.sha256) {
      return yield* new LakeFault({ path: file.path, reason: "its SHA-256 is not that of what was archived" })
    }
    const handle = yield* Effect.acquireRelease(
      trying(() => open(path, "r")),
      (opened) => Effect.promise(() => opened.close().catch(() => {}))
    )
    const { columns, groups, read } = yield* trying(async () => {
      const { size } = await handle.stat()
      return await parquetRows(
        { byteLength: size, slice: (start, end = size) => sliceOf(handle, start, end) },
        gunzipSync
      )
    })
    const capacity = groups.at(-1)?.end ?? 0
    const making = <A>(run: () => A) => Effect.try({ try: run, catch: (cause) => faultOf(file.path, cause) })
    const rows = yield* making(() => ColdRows.of(columns, capacity))
    for (const { end, first } of groups) {
      const some = yield* trying(() => read(first, end))
      yield* making(() => rows.add(some))
      yield* nextTurn
    }
    return rows.sealed()
  }).pipe(Effect.scoped)

export const coldLake = Effect.gen(function* () {
  const oneAtATime = yield* Effect.makeSemaphore(1)
  /** By the digest of the file; the last one was asked for last. */
  const held = new Map<string, ColdRows>()
  const hold = (key: string, rows: ColdRows) => {
    held.delete(key)
    held.set(key, rows)
    return rows
  }
  /** Before a day is read, not behind it: else both would be in memory. */
  const makeRoom = (readings: number) => {
    let total = [...held.values()].reduce((sum, { size }) => sum + size, readings)
    for (const [other, { size }] of held) {
      if (held.size < DAYS_HELD && total <= ROWS_HELD) break
      held.delete(other)
      total -= size
    }
  }
  const read = (day: ColdDay) =>
    Effect.gen(function* () {
      const known = held.get(day.sha256)
      if (known !== undefined) return hold(day.sha256, known)
      makeRoom(day.readings)
      const store = yield* lakeAt(day.lake)
      return hold(day.sha256, yield* coldRowsOf(store, day))
    }).pipe(
      Effect.scoped,
      Effect.mapError((error) =>
        error instanceof LakeFault && error.reason.includes("SHA-256")
          ? new LogCorrupt({ reason: `${day.lake}/${error.message}` })
          : isArchived([day], `which can't be read now (${dateText(day.day)}: ${String(error)})`)
      )
    )
  return {
    rows: (day) => {
      const known = held.get(day.sha256)
      return known === undefined
        ? oneAtATime.withPermits(1)(read(day))
        : Effect.succeed(hold(day.sha256, known))
    }
  } satisfies ColdLogService
})

export const layer: Layer.Layer<ColdLog> = Layer.effect(ColdLog, coldLake)
