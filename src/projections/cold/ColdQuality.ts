/** The events about readings that quality is counted from, of the log and of the files of cold days. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { BadCell } from "../../db/Rows.js"
import type { Event } from "../../domain/Event.js"
import { sensorId } from "../../domain/Ids.js"
import { micros } from "../../domain/Time.js"
import { coldDays, type Stretch, stretchesOf } from "../../eventlog/cold/ColdDays.js"
import { unlessCold } from "../../eventlog/cold/ColdTold.js"
import type { LogError } from "../../eventlog/EventLog.js"
import {
  type EventPlace,
  type QualityDb,
  type Spell,
  type Statements,
  statements
} from "../quality/SqlQuality.js"

type CellsOfEvents = ReadonlyArray<ReadonlyArray<unknown>>

export type ReadEvents = (
  ...of: Parameters<Statements["events"]>
) => Effect.Effect<CellsOfEvents, SqlError | BadCell | LogError>

/** The cells that the statement gives. A correction is of the same day as its reading, and so are both in the file. */
const cellsOf = (event: Event): ReadonlyArray<unknown> => [
  event.sensorId,
  event.position,
  event.type,
  event.occurredAt,
  event.recordedAt,
  event.value,
  event.sensorVersion,
  event.readingId,
  event.timeSource === "device" ? null : event.timeSource,
  event.supersededBy,
  event.readingId,
  event.payload
]

export const eventsAcross = (db: QualityDb, sql: SqlClient): ReadEvents => {
  const ask = statements(db, sql)
  const ofFile = (
    { cold, end, start }: Stretch,
    sensor: number,
    asOf: number,
    after: EventPlace | null,
    limit: number
  ) =>
    Effect.gen(function* () {
      if (cold === null) return []
      const from = Math.max(start ?? 0, after?.occurredAt ?? 0)
      const cells: Array<ReadonlyArray<unknown>> = []
      for (const event of (yield* db.lake.rows(cold)).ofSensor(
        sensorId(sensor),
        from,
        end ?? Number.MAX_SAFE_INTEGER
      )) {
        if (cells.length === limit) break
        const isBehind =
          after === null || event.occurredAt > after.occurredAt || event.position > after.position
        if (isBehind && event.position <= asOf) cells.push(cellsOf(event))
      }
      return cells
    })
  return (sensors, spell, asOf, after, limit) =>
    unlessCold(
      ask.events(sensors, spell, asOf, after, limit),
      coldDays(sql, db, { start: micros(spell.start), end: micros(spell.end) }),
      (days): Effect.Effect<CellsOfEvents, SqlError | BadCell | LogError> =>
        Effect.gen(function* () {
          const stretches = stretchesOf({ start: micros(spell.start), end: micros(spell.end) }, days)
          const cells: Array<ReadonlyArray<unknown>> = []
          for (const sensor of [...new Set(sensors)].sort((a, b) => a - b)) {
            for (const stretch of stretches) {
              const left = limit - cells.length
              if (left <= 0) return cells
              const within: Spell = { start: stretch.start ?? spell.start, end: stretch.end ?? spell.end }
              if (after !== null && within.end <= after.occurredAt) continue
              cells.push(
                ...(stretch.cold === null
                  ? (yield* ask.events([sensor], within, asOf, after, left)).answer
                  : yield* ofFile(stretch, sensor, asOf, after, left))
              )
            }
          }
          return cells
        })
    )
}
