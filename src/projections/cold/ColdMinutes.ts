/** The events of a minute, of the log or of the file of a cold day. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { dayStart } from "../../domain/dataset/DayFile.js"
import type { Event } from "../../domain/Event.js"
import type { Position } from "../../domain/Ids.js"
import { MICROS_PER_DAY, MICROS_PER_MINUTE, micros } from "../../domain/Time.js"
import { coldDays, coldDaysWithin } from "../../eventlog/cold/ColdDays.js"
import { touchingCold } from "../../eventlog/cold/ColdEvents.js"
import type { ColdLogService } from "../../eventlog/cold/ColdLog.js"
import { unlessCold } from "../../eventlog/cold/ColdTold.js"
import type { LogError } from "../../eventlog/EventLog.js"
import { keyOf, touching } from "../minutes/MinuteQueries.js"
import type { MinuteKey } from "../minutes/MinuteStore.js"

export const touchingAcross = (
  sql: SqlClient,
  database: Pick<DatabaseService, "dialect" | "encodeTime">,
  lake: ColdLogService,
  { minute, sensorId }: MinuteKey,
  asOf: Position
) => {
  const day = dayStart(minute)
  const ofLog = touching(sql, database, { sensorId, minute }, asOf)
  const days = coldDays(sql, database, { start: day, end: micros(day + MICROS_PER_DAY) })
  const end = micros(minute + MICROS_PER_MINUTE)
  return unlessCold(
    ofLog,
    days,
    (days): Effect.Effect<ReadonlyArray<Event>, SqlError | Rows.BadCell | LogError> =>
      days.length === 0
        ? Effect.map(ofLog, ({ answer }) => answer)
        : touchingCold(lake, days, { sensor: sensorId, start: minute, end, asOf })
  )
}

const LIVE = "(SELECT c.generation FROM checkpoints c WHERE c.projection = 'minutes')"

/** The sensor and time of the event at a position; of a cold day those of the minute that begins with it. */
export const eventAt = (
  sql: SqlClient,
  database: Pick<DatabaseService, "encodeTime">,
  id: number
): Effect.Effect<MinuteKey | undefined, SqlError | Rows.BadCell> =>
  Effect.gen(function* () {
    const first = Effect.flatMap(Rows.first(keyOf))
    const event = yield* sql`SELECT e.sensor_id, e.occurred_at AS minute FROM events e
      WHERE e.position = ${id}`.pipe(first)
    if (event !== undefined) return event
    for (const { day } of yield* coldDaysWithin(sql, id - 1, id)) {
      const row = yield* sql`SELECT m.sensor_id, m.minute FROM sensor_minutes m
        WHERE m.generation = ${sql.literal(LIVE)} AND m.minute >= ${database.encodeTime(day)}
          AND m.minute < ${database.encodeTime(day + MICROS_PER_DAY)} AND m.id = ${id} LIMIT 1`.pipe(first)
      if (row !== undefined) return row
    }
    return undefined
  })
