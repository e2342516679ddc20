/** Which intervals may hold something, from the stored minutes, for both dialects. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type { ByDialect } from "../../db/Dialect.js"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { DERIVED_ID_MIN, MINUTE_BITS } from "../../domain/derived/Derivation.js"
import { type Position, sensorId } from "../../domain/Ids.js"
import {
  type Interval,
  intervalAt,
  intervalMicros,
  intervalMonths,
  intervalShift
} from "../../domain/minute/Interval.js"
import { type DivisionSpell, divisionEnd, divisionSpell } from "../../domain/minute/LocalInterval.js"
import { MICROS_PER_DAY, MICROS_PER_MINUTE, MICROS_PER_SECOND, micros } from "../../domain/Time.js"
import { keyOf } from "./MinuteQueries.js"
import type { CandidateQuery, MinuteKey } from "./MinuteStore.js"

/**
 * Of a row that was folded further: it may have been there as of the position. The id of a derived one says which
 * definition was its sensor's first, and not when the minute was.
 */
export const mayHaveBeen = (sql: SqlClient, asOf: Position) => {
  const least = String(DERIVED_ID_MIN)
  const first = sql.literal(`((m.id - ${least}) >> ${MINUTE_BITS})`)
  return sql`(m.id <= ${asOf} OR (m.id >= ${sql.literal(least)} AND EXISTS (SELECT 1 FROM catalogue_events c
    WHERE c.position = ${first} AND c.log_position <= ${asOf})))`
}

/** In force as of the position with matching metadata, or folded further than that: see `candidates` of the port. */
const mayHold = (sql: SqlClient, { asOf, filter }: CandidateQuery) => {
  const settled = [sql`m.position <= ${asOf}`, sql`m.readings > 0`]
  const version = sql.literal(
    "SELECT 1 FROM sensor_versions v WHERE v.sensor_id = m.sensor_id AND v.version = m.sensor_version"
  )
  if (filter.type !== undefined) settled.push(sql`EXISTS (${version} AND v.type = ${filter.type})`)
  if (filter.unit !== undefined) settled.push(sql`EXISTS (${version} AND v.unit = ${filter.unit})`)
  return sql`(${sql.and(settled)} OR (m.position > ${asOf} AND ${mayHaveBeen(sql, asOf)}))`
}

const conditions = (sql: SqlClient, database: DatabaseService, query: CandidateQuery) => {
  const { after, filter, generation } = query
  // The first whole interval that starts at or after a time.
  const aligned = (time: number) => database.encodeTime(time <= 0 ? time : divisionEnd(query, time - 1))
  const all: Array<Fragment> = [sql`m.generation = ${generation}`]
  const [only] = filter.sensorIds ?? []
  if (filter.sensorIds !== undefined) {
    if (filter.sensorIds.length === 1 && only !== undefined) all.push(sql`m.sensor_id = ${only}`)
    else all.push(only === undefined ? sql`1 = 0` : sql`${sql.in("m.sensor_id", filter.sensorIds)}`)
  }
  if (filter.start !== undefined) all.push(sql`m.minute >= ${aligned(filter.start)}`)
  if (filter.end !== undefined) all.push(sql`m.minute < ${aligned(filter.end)}`)
  if (after !== undefined) {
    const [from, to] = [after.minute, divisionEnd(query, after.minute)].map(database.encodeTime)
    // Expanded: no range is made of a row comparison.
    if (query.order === "desc") {
      all.push(sql`m.minute < ${to}`, sql`(m.minute < ${from} OR m.sensor_id < ${after.sensorId})`)
    } else all.push(sql`m.minute >= ${from}`, sql`(m.minute >= ${to} OR m.sensor_id > ${after.sensorId})`)
  }
  all.push(mayHold(sql, query))
  return sql.and(all)
}

/** The number of the interval of some months that a minute is in, on clocks that are so far ahead of UTC, µs. */
const MONTHS: ByDialect<(months: number, offset: number) => string> = {
  mysql: (months, offset) => {
    const local = `(m.minute + INTERVAL ${offset / MICROS_PER_MINUTE} MINUTE)`
    return `(EXTRACT(YEAR FROM ${local}) * 12 + EXTRACT(MONTH FROM ${local}) - 1) DIV ${months}`
  },
  sqlite: (months, offset) => {
    const part = (name: string) =>
      `CAST(strftime('%${name}', m.minute, '${offset / MICROS_PER_SECOND} seconds') AS INTEGER)`
    return `(${part("Y")} * 12 + ${part("m")} - 1) / ${months}`
  }
}

/** The same of intervals of this length, µs, after the minute is shifted. */
const LENGTHS: ByDialect<(length: number, shift: number) => string> = {
  mysql: (length, shift) =>
    `(TIMESTAMPDIFF(MINUTE, '1970-01-01', m.minute) + ${shift / MICROS_PER_MINUTE}) DIV ${length / MICROS_PER_MINUTE}`,
  sqlite: (length, shift) =>
    `(CAST(strftime('%s', m.minute) AS INTEGER) + ${shift / MICROS_PER_SECOND}) / ${length / MICROS_PER_SECOND}`
}

const indexOf = ({ dialect }: DatabaseService, interval: Interval, offset: number): string => {
  const months = intervalMonths(interval)
  if (months !== null) return MONTHS[dialect](months, offset)
  const length = intervalMicros(interval)
  // Databases cut towards 0, and a clock may be behind 1970.
  const ahead = offset < 0 ? Math.ceil(MICROS_PER_DAY / length) : 0
  const index = LENGTHS[dialect](length, intervalShift(interval) + offset + ahead * length)
  return ahead === 0 ? index : `${index} - ${ahead}`
}

const UTC_SPELL: DivisionSpell = { from: 0, to: Number.POSITIVE_INFINITY, offset: 0 }

/** Those of a spell. */
const within = (sql: SqlClient, database: DatabaseService, query: CandidateQuery, spell: DivisionSpell) => {
  const { interval } = query
  const bounds =
    spell === UTC_SPELL
      ? []
      : [
          sql`m.minute >= ${database.encodeTime(spell.from)}`,
          sql`m.minute < ${database.encodeTime(spell.to)}`
        ]
  const where = sql.and([conditions(sql, database, query), ...bounds])
  const down = sql.literal(query.order === "desc" ? "DESC" : "ASC")
  const page = sql`LIMIT ${String(query.limit)} OFFSET ${String(query.skip)}`
  if (interval === "1m") {
    return sql`SELECT m.minute, m.sensor_id FROM sensor_minutes m WHERE ${where}
      ORDER BY m.minute ${down}, m.sensor_id ${down} ${page}`.pipe(Effect.flatMap(Rows.every(keyOf)))
  }
  const { from, offset } = spell
  const startOf = (index: number) => (offset === null ? from : intervalAt(interval, index) - offset)
  const bucket = sql.literal(offset === null ? "m.generation" : indexOf(database, interval, offset))
  return sql`SELECT ${bucket} AS bucket, m.sensor_id AS sensor_id FROM sensor_minutes m WHERE ${where}
    GROUP BY bucket, m.sensor_id ORDER BY bucket ${down}, m.sensor_id ${down} ${page}`.pipe(
    Effect.flatMap(
      Rows.every((row) => ({
        sensorId: sensorId(Rows.integer(row.sensor_id)),
        minute: micros(Math.max(0, startOf(Rows.integer(row.bucket))))
      }))
    )
  )
}

/** The first minute of all that match. */
const nextMinute = (sql: SqlClient, database: DatabaseService, query: CandidateQuery) =>
  sql`SELECT m.minute, m.sensor_id FROM sensor_minutes m WHERE ${conditions(sql, database, query)}
    ORDER BY m.minute ${sql.literal(query.order === "desc" ? "DESC" : "ASC")} LIMIT 1`.pipe(
    Effect.flatMap(Rows.every(keyOf)),
    Effect.map(([first]) => first)
  )

/** Keys that are passed over at once. */
const SKIP_MAX = 10_000

/** On the clocks of a zone: spell by spell, from one that holds something to the next. */
const bySpell = (sql: SqlClient, database: DatabaseService, query: CandidateQuery) =>
  Effect.gen(function* () {
    const keys: Array<MinuteKey> = []
    let { after, skip } = query
    while (keys.length < query.limit) {
      const rest: CandidateQuery = { ...query, after, skip: 0 }
      const next = yield* nextMinute(sql, database, rest)
      if (next === undefined) break
      const spell = divisionSpell(query, next.minute)
      let limit: number
      let page: ReadonlyArray<MinuteKey>
      do {
        limit = skip > 0 ? Math.min(skip, SKIP_MAX) : query.limit - keys.length
        page = yield* within(sql, database, { ...rest, after, limit }, spell)
        if (skip > 0) skip -= page.length
        else keys.push(...page)
        after = page.at(-1) ?? after
      } while (page.length === limit && keys.length < query.limit)
    }
    return keys
  })

export const candidates = (sql: SqlClient, database: DatabaseService, query: CandidateQuery) =>
  query.zone === undefined || query.interval === "1m"
    ? within(sql, database, query, UTC_SPELL)
    : bySpell(sql, database, query)
