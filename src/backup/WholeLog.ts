/** The events of the log by position, with those of cold days: a backup has all of them, and digests are of all. */
import * as Effect from "effect/Effect"
import type { DatabaseService } from "../db/Transaction.js"
import type { Event } from "../domain/Event.js"
import { position } from "../domain/Ids.js"
import { tailAcross } from "../eventlog/cold/ColdEvents.js"
import type { ColdLogService } from "../eventlog/cold/ColdLog.js"
import { type Cell, type Cells, sortedKeys } from "./RowText.js"
import { eventsBetween } from "./SavedRows.js"
import { eventsTable } from "./SavedTables.js"

const CELLS: Readonly<Record<string, (event: Event) => Cell>> = {
  position: (event) => event.position,
  event_id: (event) => event.eventId,
  type: (event) => event.type,
  sensor_id: (event) => event.sensorId,
  sensor_version: (event) => event.sensorVersion,
  occurred_at: (event) => event.occurredAt,
  recorded_at: (event) => event.recordedAt,
  value: (event) => event.value,
  lat: (event) => event.lat,
  lng: (event) => event.lng,
  reading_id: (event) => event.readingId,
  superseded_by: (event) => event.supersededBy,
  payload: (event) => (event.payload === null ? null : (sortedKeys(event.payload) as Cell)),
  time_source: (event) => (event.timeSource === "device" ? null : event.timeSource),
  import_id: (event) => event.importId
}

/** An event as the cells of these columns of its table. */
export const cellsOfEvent = (columns: ReadonlyArray<{ readonly name: string }>) => {
  const cells = columns.map(({ name }) => CELLS[name] ?? (() => null))
  return (event: Event): Cells => cells.map((cell) => cell(event))
}

const cellsOf = cellsOfEvent(eventsTable.columns)

export interface WholeBlock {
  readonly rows: ReadonlyArray<Cells>
  /** Some of them come from a lake. */
  readonly cold: boolean
}

/** The events with `after < position <= upTo`, in order. */
export const wholeEvents = (
  { read }: Pick<DatabaseService, "read">,
  lake: ColdLogService,
  after: number,
  upTo: number
) =>
  read((sql) =>
    Effect.gen(function* () {
      const rows = yield* eventsBetween(sql, eventsTable.columns, after, upTo)
      if (rows.length === upTo - after) return { rows, cold: false } satisfies WholeBlock
      const events = yield* tailAcross(sql, lake, position(after), position(upTo), upTo - after)
      const all = events.map(cellsOf)
      return { rows: all, cold: all.length > rows.length } satisfies WholeBlock
    })
  )
