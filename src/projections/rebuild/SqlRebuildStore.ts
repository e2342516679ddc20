/** What a rebuild reads and stores, in the database. */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { ByDialect } from "../../db/Dialect.js"
import { timeCell } from "../../db/Dialect.js"
import * as Rows from "../../db/Rows.js"
import type { DatabaseService } from "../../db/Transaction.js"
import { isEventType } from "../../domain/Event.js"
import { eventId, type Position, position, sensorId } from "../../domain/Ids.js"
import { mapped } from "../../eventlog/LogFailure.js"
import * as Checkpoints from "../Checkpoints.js"
import { allSets, markHours } from "../intervals/IntervalSets.js"
import { rowsOf } from "../minutes/MinuteQueries.js"
import type { FoldEvent, MinuteKey, RebuildStore, RebuiltRows, RebuiltTable } from "../minutes/MinuteStore.js"
import { upsertMinutes } from "../minutes/MinuteWrites.js"

/** A key as hex digits: a buffer for each of many costs the driver more than a text. */
const HEX: ByDialect<(column: string) => string> = {
  mysql: (column) => column,
  sqlite: (column) => `LOWER(HEX(${column}))`
}

const REST: ByDialect<string> = {
  mysql: "CONCAT(e.type, ':', COALESCE(e.superseded_by, ''))",
  sqlite: "e.type || ':' || COALESCE(e.superseded_by, '')"
}

/** As few cells as can be: drivers take a third of the time for each, and `rest` is null of nearly every event. */
const columnsOf = (sql: SqlClient, { dialect }: DatabaseService) =>
  `${HEX[dialect]("e.event_id")}, e.sensor_id, e.sensor_version, ${timeCell(sql, "e.occurred_at")}, e.value, e.lat, e.lng,
    CASE WHEN e.type = 'ReadingRecorded' AND e.superseded_by IS NULL THEN NULL
      ELSE ${REST[dialect]} END`

const CELLS = [
  "event_id",
  "sensor_id",
  "sensor_version",
  "occurred_at",
  "value",
  "lat",
  "lng",
  "type and superseded_by"
] as const

const PLAIN = { type: "ReadingRecorded", supersededBy: null } as const

/** Null: of a type that the log's own reader may know. */
const restOf = (cell: unknown): Pick<FoldEvent, "type" | "supersededBy"> | null => {
  if (cell === null) return PLAIN
  const [type = "", supersededBy = ""] = Rows.text(cell).split(":")
  if (!isEventType(type)) return null
  return { type, supersededBy: supersededBy === "" ? null : position(Rows.integer(supersededBy)) }
}

const foldEventOf = (cells: ReadonlyArray<unknown>, at: number): FoldEvent | null => {
  const rest = restOf(cells[7])
  return (
    rest && {
      position: position(at),
      eventId: eventId(typeof cells[0] === "string" ? cells[0] : Rows.hex(cells[0])),
      type: rest.type,
      sensorId: sensorId(Rows.integer(cells[1])),
      sensorVersion: Rows.integer(cells[2]),
      occurredAt: Rows.time(cells[3]),
      value: Rows.maybeDouble(cells[4]),
      lat: Rows.maybeDouble(cells[5]),
      lng: Rows.maybeDouble(cells[6]),
      supersededBy: rest.supersededBy
    }
  )
}

const isWhole = (events: ReadonlyArray<FoldEvent | null>): events is ReadonlyArray<FoldEvent> =>
  !events.includes(null)

/** Where as many rows come as there are positions, each is known without being read. */
const tail = (
  sql: SqlClient,
  database: DatabaseService,
  after: Position,
  upTo: Position,
  limit: number
): Effect.Effect<ReadonlyArray<FoldEvent> | null, SqlError | Rows.BadCell> => {
  const last = Math.min(upTo, after + limit)
  return sql`SELECT ${sql.literal(columnsOf(sql, database))} FROM events e
    WHERE e.position > ${after} AND e.position <= ${last} ORDER BY e.position`.values.pipe(
    Effect.flatMap((rows) => {
      if (rows.length !== last - after) return Effect.succeed(null)
      let at: number = after
      return Effect.map(Rows.everyOf(CELLS, (cells) => foldEventOf(cells, ++at))(rows), (events) =>
        isWhole(events) ? events : null
      )
    })
  )
}

const setOf = (sql: SqlClient, generation: number) =>
  Effect.map(allSets(sql), (sets) =>
    sets.find((set) => set.generation === generation && set.state !== "dead")
  )

const TABLES = { minutes: "sensor_minutes", hours: "sensor_hours", days: "sensor_days" } as const

const rows = (
  sql: SqlClient,
  database: DatabaseService,
  table: RebuiltTable,
  generation: number,
  keys: ReadonlyArray<MinuteKey>
) =>
  table === "minutes"
    ? rowsOf(sql, database, generation, keys)
    : Effect.flatMap(setOf(sql, generation), (set) =>
        set === undefined ? Effect.succeed([]) : rowsOf(sql, database, set.id, keys, TABLES[table])
      )

const storeRows = (
  sql: SqlClient,
  database: DatabaseService,
  generation: number,
  { days, derived, hours, minutes }: RebuiltRows
) =>
  Effect.gen(function* () {
    yield* upsertMinutes(sql, database, generation, minutes)
    yield* upsertMinutes(sql, database, generation, derived)
    yield* markHours(sql, database, generation, derived)
    const set = yield* setOf(sql, generation)
    if (set === undefined) return
    yield* upsertMinutes(sql, database, set.id, hours, TABLES.hours)
    yield* upsertMinutes(sql, database, set.id, days, TABLES.days)
  })

export const makeRebuildStore = (database: DatabaseService): RebuildStore => ({
  tail: (after, upTo, limit) => mapped(database.read((sql) => tail(sql, database, after, upTo, limit))),
  zone: (generation) =>
    mapped(database.read((sql) => Effect.map(setOf(sql, generation), (set) => set?.zone ?? null))),
  rows: (table, generation, keys) =>
    keys.length === 0
      ? Effect.succeed([])
      : mapped(database.read((sql) => rows(sql, database, table, generation, keys))),
  store: (from, to, rebuilt) =>
    Checkpoints.moveFrom(database, "minutes.rebuild", from, to, (sql) =>
      storeRows(sql, database, from.generation, rebuilt)
    )
})
