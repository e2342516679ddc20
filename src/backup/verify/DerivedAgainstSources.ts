/** The minutes of derived sensors against their definitions: each is computed again from the minutes of its sources. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../../db/Rows.js"
import { type Derivation, derivationsAsOf, keptMinute } from "../../domain/derived/Derivation.js"
import { formatTime, MICROS_PER_MINUTE, type Micros } from "../../domain/Time.js"
import { derivations } from "../../eventlog/derived/DerivationRows.js"
import { rowsOf } from "../../projections/minutes/MinuteQueries.js"
import type { BesideDatabase } from "../BesideDatabase.js"
import { checkpointOf, differing, type StoredRow, storedRows } from "./MinuteCells.js"

/** Minutes of one snapshot. */
const PAGE_MINUTES = 500

interface Scope {
  readonly sql: SqlClient
  readonly database: BesideDatabase
  readonly generation: number
}

/** The minutes of the definition's sources. */
const sourcesOf = (
  { database, generation, sql }: Scope,
  { sources }: Derivation,
  minutes: ReadonlyArray<Micros>
) =>
  Effect.gen(function* () {
    const keys = minutes.flatMap((minute) => sources.map((sensorId) => ({ sensorId, minute })))
    const byMinute = new Map(minutes.map((minute) => [minute, new Map()]))
    for (const { minute, sensorId, state } of yield* rowsOf(sql, database, generation, keys))
      byMinute.get(minute)?.set(sensorId, state)
    return byMinute
  })

const differingOf = (
  scope: Scope,
  derivation: Derivation,
  row: StoredRow,
  states: Parameters<typeof keptMinute>[2]
) =>
  differing("sensor_minutes", scope.generation, row, {
    sensorId: derivation.sensor,
    minute: row.minute,
    state: keptMinute(derivation, row.minute, states)
  })

/** A minute of the spell that all sources have, and the derived sensor does not; none: there is no such. */
const lackingIn = (
  { database: { encodeTime }, generation, sql }: Scope,
  { sensor, sources }: Derivation,
  from: number,
  to: number | null
) => {
  const [first, ...others] = sources
  const isThere = (id: number | undefined) =>
    sql`EXISTS (SELECT 1 FROM sensor_minutes o WHERE o.generation = ${generation} AND o.sensor_id = ${id ?? 0}
      AND o.minute = m.minute)`
  return sql`SELECT m.minute AS minute FROM sensor_minutes m
    WHERE m.generation = ${generation} AND m.sensor_id = ${first ?? 0} AND m.minute >= ${encodeTime(from)}
      AND ${to === null ? sql`1 = 1` : sql`m.minute < ${encodeTime(to)}`}
      AND ${sql.and([sql`NOT ${isThere(sensor)}`, ...others.map(isThere)])}
    ORDER BY m.minute LIMIT 1`.pipe(Effect.flatMap(Rows.first(({ minute }) => Rows.time(minute))))
}

/**
 * The next minutes of a derived sensor, as of one moment. `due`: the definition that the fold is just coming to: it has
 * made some of the minutes already.
 */
const pageFaults = (
  scope: Scope,
  derivation: Derivation,
  due: Derivation | undefined,
  from: number,
  read: (rows: number) => void
) =>
  Effect.gen(function* () {
    const { database, generation, sql } = scope
    const { sensor } = derivation
    const faults: Array<string> = []
    const rows = yield* storedRows(
      sql,
      database,
      "sensor_minutes",
      { generation, sensor, from },
      PAGE_MINUTES
    )
    const minutes = rows.map(({ minute }) => minute)
    const definitions = yield* Effect.forEach(
      [derivation, ...(due === undefined ? [] : [due])],
      (definition) => Effect.map(sourcesOf(scope, definition, minutes), (states) => ({ definition, states }))
    )
    for (const row of rows) {
      const [columns = [], ...others] = definitions.map(({ definition, states }) =>
        differingOf(scope, definition, row, states.get(row.minute) ?? new Map())
      )
      if (columns.length > 0 && others.every((other) => other.length > 0)) {
        faults.push(
          `the minute ${formatTime(row.minute)} of derived sensor ${sensor} is not what its sources give: ${columns.join(", ")}`
        )
      }
    }
    read(rows.length)
    const last = rows.length < PAGE_MINUTES ? undefined : rows.at(-1)
    const next = last === undefined ? null : last.minute + MICROS_PER_MINUTE
    const lacking = yield* lackingIn(scope, derivation, from, next)
    if (lacking !== undefined)
      faults.push(`the minute ${formatTime(lacking)} of derived sensor ${sensor} is not stored`)
    return { faults, next }
  })

/** The definitions that hold, each with the next one of its sensor where that is being folded. */
const definitionsNow = (sql: SqlClient) =>
  Effect.gen(function* () {
    const { asOf } = yield* checkpointOf(sql)
    const all = yield* derivations(sql)
    return [...derivationsAsOf(all, asOf).values()].map((derivation) => ({
      derivation,
      due: all.find(({ position, sensor }) => sensor === derivation.sensor && position === asOf + 1)
    }))
  })

/** Which minutes of derived sensors are not what their definitions make of their sources. */
export const derivedFaults = (database: BesideDatabase, faultsMax: number, read: (rows: number) => void) =>
  Effect.gen(function* () {
    const faults: Array<string> = []
    const sensors = (yield* database.read(definitionsNow)).map(({ derivation }) => derivation.sensor)
    for (const sensor of sensors) {
      for (let from: number | null = 0; from !== null && faults.length < faultsMax; ) {
        const at: number = from
        const page = yield* database.snapshot((sql) =>
          Effect.gen(function* () {
            const now = (yield* definitionsNow(sql)).find(({ derivation }) => derivation.sensor === sensor)
            if (now === undefined) return { faults: [], next: null }
            const { generation } = yield* checkpointOf(sql)
            return yield* pageFaults({ sql, database, generation }, now.derivation, now.due, at, read)
          })
        )
        faults.push(...page.faults)
        from = page.next
        yield* Effect.sleep(0)
      }
    }
    return faults
  })
