/** The one-minute aggregates against the log: each is folded again in memory, as of where the fold has come to. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import { type Position, type SensorId, sensorId } from "../../domain/Ids.js"
import { foldAsOf } from "../../domain/minute/Minute.js"
import { formatTime, MICROS_PER_MINUTE } from "../../domain/Time.js"
import { touchingAcross } from "../../projections/cold/ColdMinutes.js"
import type { BesideDatabase } from "../BesideDatabase.js"
import { checkpointOf, differing, storedRows } from "./MinuteCells.js"

/** Minutes of one snapshot. */
const PAGE_MINUTES = 100

/** Those of derived sensors are made of other minutes, and not of events of their own. */
const foldedSensors = ({ read }: BesideDatabase) =>
  read((sql) =>
    sql`SELECT id FROM sensors WHERE status <> 'derived' ORDER BY id`.pipe(
      Effect.flatMap(Rows.every(({ id }) => sensorId(Rows.integer(id))))
    )
  )

/** How many events of a sensor's readings are of a spell. */
const countBetween = (
  sql: SqlClient,
  { encodeTime }: BesideDatabase,
  sensor: SensorId,
  asOf: Position,
  from: number,
  to: number | null
) =>
  sql`SELECT COUNT(*) AS n FROM events WHERE sensor_id = ${sensor} AND position <= ${asOf}
    AND type IN ('ReadingRecorded', 'ReadingCorrected', 'ReadingDeleted')
    AND occurred_at >= ${encodeTime(from)} AND ${to === null ? sql`1 = 1` : sql`occurred_at < ${encodeTime(to)}`}`.pipe(
    Effect.flatMap(Rows.only(({ n }) => Rows.integer(n)))
  )

/** The next minutes of a sensor from a time on, as of one moment; `next`: where to go on, null: there are no more. */
const pageFaults = (
  sql: SqlClient,
  database: BesideDatabase,
  sensor: SensorId,
  from: number,
  read: (rows: number) => void
) =>
  Effect.gen(function* () {
    const faults: Array<string> = []
    const { asOf, generation } = yield* checkpointOf(sql)
    const rows = yield* storedRows(
      sql,
      database,
      "sensor_minutes",
      { generation, sensor, from },
      PAGE_MINUTES
    )
    let touched = 0
    for (const row of rows) {
      const { minute } = row
      const events = yield* touchingAcross(sql, database, database.lake, { sensorId: sensor, minute }, asOf)
      const folded = { sensorId: sensor, minute, state: foldAsOf(events, asOf) }
      const columns = differing("sensor_minutes", generation, row, folded)
      if (columns.length > 0) {
        faults.push(
          `the minute ${formatTime(minute)} of sensor ${sensor} is not the fold of the log: ${columns.join(", ")}`
        )
      }
      touched += events.length
      read(events.length)
    }
    const last = rows.length < PAGE_MINUTES ? undefined : rows.at(-1)
    const next = last === undefined ? null : last.minute + MICROS_PER_MINUTE
    if ((yield* countBetween(sql, database, sensor, asOf, from, next)) > touched)
      faults.push(`sensor ${sensor} has readings in minutes that are not stored, from ${formatTime(from)} on`)
    return { faults, next }
  })

const sensorFaults = (
  database: BesideDatabase,
  sensor: SensorId,
  faultsMax: number,
  read: (rows: number) => void
) =>
  Effect.gen(function* () {
    const faults: Array<string> = []
    for (let from: number | null = 0; from !== null && faults.length < faultsMax; ) {
      const at: number = from
      const page = yield* database.snapshot((sql) => pageFaults(sql, database, sensor, at, read))
      faults.push(...page.faults)
      from = page.next
    }
    return faults
  })

/** Which minutes are not what the log says. */
export const minuteFaults = (database: BesideDatabase, faultsMax: number, read: (rows: number) => void) =>
  Effect.gen(function* () {
    const faults: Array<string> = []
    for (const sensor of yield* foldedSensors(database)) {
      if (faults.length >= faultsMax) break
      faults.push(...(yield* sensorFaults(database, sensor, faultsMax, read)))
      yield* Effect.sleep(0)
    }
    return faults
  })
