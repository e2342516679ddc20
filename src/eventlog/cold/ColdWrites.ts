/**
 * Nothing is added to a cold day or changed of it: whether a reading is there already only its file knows, and the file is
 * not read under the lock of the log's head.
 */
import * as Effect from "effect/Effect"
import { dateText, dayStart } from "../../domain/dataset/DayFile.js"
import type { ReadingId } from "../../domain/Ids.js"
import { fault } from "../../domain/rejected/RejectionFault.js"
import { MICROS_PER_DAY, type Micros, micros } from "../../domain/Time.js"
import type { Session } from "../sql/Session.js"
import { type ColdDay, coldDays, coldDaysWithin } from "./ColdDays.js"
import { isArchived } from "./ColdLog.js"

/**
 * A day is marked when its end is as long ago as this by the log's own clock at least, which never falls: what is newer is
 * in no cold day.
 */
export const COLD_AFTER = MICROS_PER_DAY

type Writing = Pick<Session, "sql" | "database" | "recordedAt" | "coldDays">

/** The cold days that any of these times is in. */
export const coldDaysOf = (
  { coldDays: count, database, recordedAt, sql }: Writing,
  times: Iterable<Micros>
) =>
  Effect.gen(function* () {
    const days = new Set<Micros>()
    if (count === 0) return new Map<Micros, ColdDay>()
    for (const time of times) if (time < recordedAt - COLD_AFTER) days.add(dayStart(time))
    if (days.size === 0) return new Map<Micros, ColdDay>()
    const sorted = [...days].sort((a, b) => a - b)
    const end = micros((sorted.at(-1) ?? 0) + MICROS_PER_DAY)
    const found = yield* coldDays(sql, database, { start: sorted[0], end })
    return new Map(found.flatMap((cold) => (days.has(cold.day) ? [[cold.day, cold] as const] : [])))
  })

/** Why a device's reading of a cold day is rejected. */
export const archivedFault = (field: string | null, time: Micros) =>
  fault("day-archived", field, dateText(dayStart(time)))

/** Fails where a time is in a cold day. */
export const refuseCold = (session: Writing, times: Iterable<Micros>) =>
  Effect.flatMap(coldDaysOf(session, times), (found) =>
    found.size === 0
      ? Effect.void
      : Effect.fail(isArchived([...found.values()], "and none is added or changed there"))
  )

/** Fails where a reading that the log has not may be one of a cold day. */
export const refuseMaybeCold = ({ coldDays: count, sql }: Writing, id: ReadingId) =>
  Effect.flatMap(count === 0 ? Effect.succeed([]) : coldDaysWithin(sql, id - 1, id), (days) =>
    days.length === 0
      ? Effect.void
      : Effect.fail(isArchived(days, `and reading ${id}, if it is there, is not changed`))
  )
