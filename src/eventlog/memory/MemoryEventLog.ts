/**
 * The event log in memory: for tests and simulations. It holds the port's invariants as the stores on disk do,
 * by the same rules, and loses all of it with its scope.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { isUnder } from "../../domain/access/Topic.js"
import { type Event, inForce } from "../../domain/Event.js"
import type { Position, SensorId } from "../../domain/Ids.js"
import type { Reading } from "../../domain/Reading.js"
import type { RejectedMessage } from "../../domain/rejected/RejectedMessage.js"
import type { Micros } from "../../domain/Time.js"
import { derivationsOf } from "../derived/Derivations.js"
import { deriveSensor } from "../derived/MemoryDerivations.js"
import {
  DEFAULT_LOG_LIMITS,
  EventLog,
  type EventLogLimits,
  type EventLogService,
  type ReadingFilter,
  type ReadingPage
} from "../EventLog.js"
import { backwards, sensorsAsOf } from "./MemoryAsOf.js"
import { removeReading, removeReadings, replaceReading } from "./MemoryChanges.js"
import { appendItems, chainOf, recordOne, toReading } from "./MemoryReadings.js"
import { describeSensors, retireSensors } from "./MemorySensors.js"
import { MemoryStore } from "./MemoryStore.js"

const isBehind = (row: Event, { occurredAt, position }: NonNullable<ReadingPage["after"]>): boolean =>
  row.occurredAt > occurredAt || (row.occurredAt === occurredAt && row.position > position)

/** The rows in force that match, in the order of (occurredAt, position), from `after` on. */
function* matching(
  store: MemoryStore,
  { clockSet, end, importId, sensorIds, start, type, unit }: ReadingFilter,
  asOf: Position,
  after?: ReadingPage["after"]
): Generator<Event> {
  const ids = sensorIds === undefined ? undefined : new Set(sensorIds)
  for (const row of store.rows) {
    const { occurredAt } = row
    if (occurredAt < (start ?? 0) || (after !== undefined && !isBehind(row, after))) continue
    if (end !== undefined && occurredAt >= end) return
    if (!inForce(row, asOf) || (ids !== undefined && !ids.has(row.sensorId))) continue
    if (clockSet !== undefined && (row.timeSource === "device") !== clockSet) continue
    if (importId !== undefined && row.importId !== importId) continue
    const metadata = store.metadataOf(row)
    if (type !== undefined && metadata.type !== type) continue
    if (unit !== undefined && metadata.unit !== unit) continue
    yield row
  }
}

const readingsPage = (
  store: MemoryStore,
  filter: ReadingFilter,
  page: ReadingPage
): ReadonlyArray<Reading> => {
  const readings: Array<Reading> = []
  let skipped = 0
  if (page.limit <= 0) return readings
  const rows =
    page.order === "desc"
      ? backwards(matching(store, filter, page.asOf), page.after)
      : matching(store, filter, page.asOf, page.after)
  for (const row of rows) {
    if (skipped++ < (page.skip ?? 0)) continue
    readings.push(toReading(store, row, page.asOf))
    if (readings.length === page.limit) break
  }
  return readings
}

const count = (store: MemoryStore, filter: ReadingFilter, asOf: Position): number => {
  let readings = 0
  for (const _ of matching(store, filter, asOf)) readings++
  return readings
}

const byTimeAndKey = (a: Event, b: Event): number =>
  a.occurredAt - b.occurredAt || (a.eventId < b.eventId ? -1 : 1)

const rowsInForce = (
  store: MemoryStore,
  sensor: SensorId,
  start: Micros,
  end: Micros,
  asOf: Position
): ReadonlyArray<Event> => [...matching(store, { sensorIds: [sensor], start, end }, asOf)].sort(byTimeAndKey)

/** The last in force in the order of (time, position). */
const lastReading = (store: MemoryStore, sensor: SensorId, asOf: Position): Reading | undefined => {
  const last = store.rows.findLast((row) => row.sensorId === sensor && inForce(row, asOf))
  return last === undefined ? undefined : toReading(store, last, asOf)
}

type RejectedPlace = Pick<RejectedMessage, "firstSeen" | "id">
const newestFirst = (a: RejectedPlace, b: RejectedPlace): number =>
  b.firstSeen - a.firstSeen || (a.id < b.id ? -1 : 1)

/** The writes, each in a transaction of its own. */
const writes = (
  store: MemoryStore,
  limits: EventLogLimits
): Pick<
  EventLogService,
  | ("append" | "record" | "replace" | "remove" | "removeAll" | "describe" | "retire" | "derive")
  | ("beginImport" | "importUndone")
> => ({
  beginImport: (start) => store.transact(() => Effect.sync(() => store.imports.begin(start, store.now))),
  importUndone: (id) => store.transact(() => Effect.sync(() => store.imports.undone(id, store.now))),
  append: (items) => store.transact(() => appendItems(store, limits, items)),
  record: (readings) =>
    store.transact(() =>
      Effect.forEach(readings, (reading, index) => recordOne(store, limits, reading, index))
    ),
  replace: (id, by, options = {}) => store.transact(() => replaceReading(store, limits, id, by, options)),
  remove: (id, options = {}) => store.transact(() => removeReading(store, id, options)),
  removeAll: (readings, options = {}) =>
    store.transact(() => Effect.sync(() => removeReadings(store, readings, options))),
  describe: (sensors) => store.transact(() => describeSensors(store, sensors)),
  derive: (request) => store.transact(() => deriveSensor(store, request)),
  retire: (ids) => store.transact(() => Effect.sync(() => retireSensors(store, ids)))
})

const reads = (store: MemoryStore): Omit<EventLogService, keyof ReturnType<typeof writes>> => ({
  head: store.read(() => store.head),
  derivations: store.read(() => derivationsOf(store.derivations)),
  tail: (after, upTo, limit) => store.read(() => store.slice(after, Math.min(upTo, after + limit))),
  reading: (id, asOf) =>
    store.read(() =>
      Option.fromNullable(chainOf(store, id, asOf).at(-1)).pipe(
        Option.filter((row) => row.type !== "ReadingDeleted"),
        Option.map((row) => toReading(store, row, asOf))
      )
    ),
  history: (id) => store.read(() => chainOf(store, id, store.head.position)),
  readings: (filter, page) => store.read(() => readingsPage(store, filter, page)),
  readingsNow: (filter, page) =>
    store.read(() => {
      const { position } = store.head
      return { position, readings: readingsPage(store, filter, { ...page, asOf: position }) }
    }),
  countReadings: (filter, asOf) => store.read(() => count(store, filter, asOf)),
  inForce: (sensor, start, end, asOf) => store.read(() => rowsInForce(store, sensor, start, end, asOf)),
  metadata: (sensor, version) => store.read(() => Option.fromNullable(store.versionOf(sensor, version))),
  sensors: ({ afterId, limit, skip = 0 }) =>
    store.read(() =>
      store
        .sensorIds()
        .filter((id) => id > (afterId ?? 0))
        .slice(skip, skip + limit)
        .map((id) => store.knownSensor(id))
    ),
  sensor: (id) => store.read(() => Option.fromNullable(store.sensor(id))),
  sensorsNamed: (names, asOf) =>
    store.read(() => store.sensorIds().filter((id) => names.includes(store.nameAsOf(id, asOf) ?? ""))),
  sensorsAsOf: (asOf) => store.read(() => sensorsAsOf(store, asOf)),
  lastReadings: (ids, asOf) =>
    store.read(
      () =>
        new Map(
          ids.flatMap((id) => {
            const last = lastReading(store, id, asOf ?? store.head.position)
            return last === undefined ? [] : [[id, last] as const]
          })
        )
    ),
  imports: (page) => store.read(() => store.imports.page(page)),
  rejected: ({ after, limit, skip = 0, topic }) =>
    store.read(() =>
      [...store.rejected.values()]
        .filter((message) => topic === undefined || isUnder(message.topic, topic))
        .filter((message) => after === undefined || newestFirst(after, message) < 0)
        .sort(newestFirst)
        .slice(skip, skip + limit)
    ),
  committed: () => Effect.never,
  rejectedTotals: store.read(() => ({ messages: store.rejected.size, bytes: store.rejectedBytes }))
})

/** A log of its own, empty. */
export const make = (limits: EventLogLimits = DEFAULT_LOG_LIMITS): Effect.Effect<EventLogService> =>
  Effect.sync(() => {
    const store = new MemoryStore()
    return { ...writes(store, limits), ...reads(store) }
  })

export const layer = (limits?: EventLogLimits): Layer.Layer<EventLog> => Layer.effect(EventLog, make(limits))
