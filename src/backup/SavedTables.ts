/**
 * Which tables a backup has, and what their columns are: as the migrations say it, so that a table that is new is saved
 * before anybody thinks of it.
 */
import { migrations } from "../../migrations/index.js"

/** `key`: bytes as hex digits; `bytes`: as base64; `json`: an object or null. Times are whole microseconds. */
export type CellKind = "integer" | "double" | "time" | "key" | "bytes" | "text" | "json"

export interface Column {
  readonly name: string
  readonly kind: CellKind
}

export interface SavedTable {
  readonly name: string
  readonly columns: ReadonlyArray<Column>
  /** The columns of its primary key, in order. */
  readonly key: ReadonlyArray<string>
}

/**
 * Made from the log, or from the audit's entries; or about this database alone. The log's head is in the manifest. A backup
 * has the readings of cold days, so no day is cold in what is restored.
 */
export const MADE_AGAIN: ReadonlySet<string> = new Set([
  ...["log_head", "log_reservations", "log_digests", "audit_head", "checkpoints", "metadata"],
  ...["ownership", "processes", "cold_days", "cold_runs"],
  ...["sensor_minutes", "interval_sets", "interval_marks", "sensor_hours", "sensor_days", "quality_hours"]
])

/** Set beside the event that supersedes a row: a restore sets it again from the events. */
const LINK = "superseded_by"

const KINDS: ReadonlyArray<readonly [type: RegExp, kind: CellKind]> = [
  [/^(BIGINT|INT|SMALLINT|TINYINT)/, "integer"],
  [/^DOUBLE/, "double"],
  [/^DATETIME/, "time"],
  [/^BINARY/, "key"],
  [/BLOB/, "bytes"],
  [/^JSON/, "json"],
  [/./, "text"]
]
const TYPE = "(?:BIGINT|INT|SMALLINT|TINYINT|DOUBLE|DATETIME|BINARY|VARCHAR|CHAR|JSON|\\w*TEXT|\\w*BLOB)\\b"
const TABLE = /^\s*CREATE TABLE IF NOT EXISTS (\w+)/
const COLUMN = new RegExp(`(?:^\\s*|ADD COLUMN )(\\w+) (${TYPE})`, "gm")
const KEY = /PRIMARY KEY \(([^)]*)\)|^\s*(\w+) [^\n]*\bPRIMARY KEY/m

const columnsIn = (text: string): ReadonlyArray<Column> =>
  [...text.matchAll(COLUMN)].map(([, name = "", type = ""]) => ({
    name,
    kind: KINDS.find(([pattern]) => pattern.test(type))?.[1] ?? "text"
  }))

const keyIn = (text: string): ReadonlyArray<string> => {
  const [, several, one] = KEY.exec(text) ?? []
  return several?.split(",").map((name) => name.trim()) ?? (one === undefined ? [] : [one])
}

/** All tables that the migrations make, in their order. */
export const allTables: ReadonlyArray<SavedTable> = migrations.flatMap(({ mysql }) => {
  const name = TABLE.exec(mysql)?.[1]
  if (name === undefined) return []
  const added = migrations.flatMap(({ adds, mysql: text }) => (adds?.table === name ? columnsIn(text) : []))
  return [{ name, columns: [...columnsIn(mysql), ...added], key: keyIn(mysql) }]
})

const saved = allTables.filter(({ name }) => !MADE_AGAIN.has(name))

/** The log itself, without what is set on its rows later. */
export const eventsTable: SavedTable = saved
  .filter(({ name }) => name === "events")
  .map((table) => ({ ...table, columns: table.columns.filter(({ name }) => name !== LINK) }))[0] ?? {
  name: "events",
  columns: [],
  key: []
}

/** What else can't be made again: each is saved whole. */
export const savedTables: ReadonlyArray<SavedTable> = saved.filter(({ name }) => name !== "events")
