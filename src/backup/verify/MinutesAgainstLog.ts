/** The one-minute aggregates against the log: each is folded again in memory, as of where the fold has come to. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import { position, type SensorId, sensorId } from "../../domain/Ids.js"
import { foldAsOf } from "../../domain/minute/Minute.js"
import { formatTime, micros } from "../../domain/Time.js"
import { touching } from "../../projections/minutes/MinuteQueries.js"
import { COLUMNS, valuesOf } from "../../projections/minutes/MinuteRows.js"
import type { BesideDatabase } from "../BesideDatabase.js"
import { type Cells, cellsOf } from "../RowText.js"

/** Minutes of one snapshot. */
const PAGE_MINUTES = 100
const COLUMN_LIST = COLUMNS.map(([name, kind]) => ({ name, kind }))
const NAMES = COLUMN_LIST.map(({ name }) => name)
const [MINUTE, SKETCH] = [NAMES.indexOf("minute"), NAMES.indexOf("sketch")]

/** Those of derived sensors are made of other minutes, and not of events of their own. */
const foldedSensors = ({ read }: BesideDatabase) =>
  read((sql) =>
    sql`SELECT id FROM sensors WHERE status <> 'derived' ORDER BY id`.pipe(
      Effect.flatMap(Rows.every(({ id }) => sensorId(Rows.integer(id))))
    )
  )

const checkpointOf = (sql: SqlClient) =>
  sql`SELECT position, generation FROM checkpoints WHERE projection = 'minutes'`.pipe(
    Effect.flatMap(
      Rows.only((row) => ({
        asOf: position(Rows.integer(row.position)),
        generation: Rows.integer(row.generation)
      }))
    )
  )

/** Times as the database has them, and not as `timeCell` does: few rows are read. */
const pageBehind = (
  sql: SqlClient,
  { encodeTime }: BesideDatabase,
  generation: number,
  sensor: SensorId,
  after: number
) =>
  sql`SELECT ${sql.literal(NAMES.join(", "))} FROM sensor_minutes
    WHERE generation = ${generation} AND sensor_id = ${sensor} AND minute > ${encodeTime(after)}
    ORDER BY minute LIMIT ${sql.literal(String(PAGE_MINUTES))}`.values.pipe(
    Effect.flatMap(cellsOf(COLUMN_LIST))
  )

const plain = (value: string | number | Uint8Array | null) =>
  value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value

/** The names of the columns that differ; a row without a sketch was folded by an earlier version, and will be again. */
const differing = (stored: Cells, folded: Cells): ReadonlyArray<string> =>
  stored[SKETCH] === null ? [] : NAMES.filter((_, at) => stored[at] !== folded[at])

const sensorFaults = (
  database: BesideDatabase,
  sensor: SensorId,
  faultsMax: number,
  read: (rows: number) => void
) =>
  Effect.gen(function* () {
    const faults: Array<string> = []
    let after = 0
    let touched = 0
    for (let more = true; more && faults.length < faultsMax; ) {
      yield* database.snapshot((sql) =>
        Effect.gen(function* () {
          const { asOf, generation } = yield* checkpointOf(sql)
          const rows = yield* pageBehind(sql, database, generation, sensor, after)
          for (const row of rows) {
            const minute = micros(Number(row[MINUTE]))
            const events = yield* touching(sql, database, { sensorId: sensor, minute }, asOf)
            const folded = valuesOf(generation, { sensorId: sensor, minute, state: foldAsOf(events, asOf) })
            const columns = differing(row, folded.map(plain))
            if (columns.length > 0) {
              faults.push(
                `the minute ${formatTime(minute)} of sensor ${sensor} is not the fold of the log: ${columns.join(", ")}`
              )
            }
            touched += events.length
            after = minute
            read(events.length)
          }
          more = rows.length === PAGE_MINUTES
          if (more) return
          const all =
            yield* sql`SELECT COUNT(*) AS n FROM events WHERE sensor_id = ${sensor} AND position <= ${asOf}
            AND type IN ('ReadingRecorded', 'ReadingCorrected', 'ReadingDeleted')`.pipe(
              Effect.flatMap(Rows.only(({ n }) => Rows.integer(n)))
            )
          if (all > touched) faults.push(`sensor ${sensor} has readings in minutes that are not stored`)
        })
      )
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
