/** A device's append: a batch of readings and rejected messages, in one transaction. */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Rows from "../../../db/Rows.js"
import { dayStart } from "../../../domain/dataset/DayFile.js"
import {
  type EventId,
  type ImportId,
  position,
  type ReadingId,
  readingId,
  type SensorId
} from "../../../domain/Ids.js"
import type { Faults } from "../../../domain/rejected/RejectionFault.js"
import { archivedFault, coldDaysOf } from "../../cold/ColdWrites.js"
import { keyOf, keyOfRestore } from "../../EventKey.js"
import type { AppendItem, AppendOutcome } from "../../EventLog.js"
import type { Session } from "../Session.js"
import { countImports, importsNamed } from "../SqlImports.js"
import { existingKeys } from "../SqlStore.js"
import { keepRejected, type Rejection } from "./KeepRejected.js"
import { knownOf, type LookAhead, mayBeRepeat } from "./LookAhead.js"

type ReadingItem = Extract<AppendItem, { readonly _tag: "Reading" }>

interface KeyedItem {
  readonly item: ReadingItem
  readonly sensor: SensorId
  readonly key: EventId
}

/** The sensor's number and the key of each reading, or why its sensor can't be registered. */
const keyed = (
  session: Session,
  item: ReadingItem,
  ahead: LookAhead["keys"][number]
): KeyedItem | Effect.Effect<KeyedItem | Faults, SqlError | Rows.BadCell> => {
  const sensor = session.sensors.known(item.reading.sensor)
  if (sensor !== undefined && session.sensors.get(sensor)?.status !== "derived") {
    return { item, sensor, key: ahead?.sensor === sensor ? ahead.key : keyOf(sensor, item.reading) }
  }
  return session.sensorFor(item.reading).pipe(
    Effect.map((sensor) => ({ item, sensor, key: keyOf(sensor, item.reading) })),
    Effect.catchTag("SensorRefused", ({ fault }) => Effect.succeed([fault]))
  )
}

interface Restoring {
  /** The reading that was deleted. */
  readonly from: ReadingId
  readonly key: EventId
}

/** The deletions, by the undo of an import, of these readings. */
const undoings = (session: Session, ids: ReadonlyArray<ReadingId>) =>
  session.sql`SELECT e.position, d.position AS deletion FROM events e JOIN events d ON d.position = e.superseded_by
    WHERE ${session.sql.in("e.position", ids)} AND d.type = 'ReadingDeleted' AND d.import_id IS NOT NULL`.pipe(
    Effect.flatMap(
      Rows.every(
        (row) => [readingId(Rows.integer(row.position)), position(Rows.integer(row.deletion))] as const
      )
    ),
    Effect.map((rows) => new Map(rows))
  )

/**
 * Of an import's readings, those that an import brought which was undone: each comes again under a key of its own, as
 * the file may be the same with what was wrong put right. Other repeats stay what they are.
 */
const comingAgain = (
  session: Session,
  entries: ReadonlyArray<KeyedItem | Faults>,
  existing: Map<string, ReadingId>,
  importOf: (item: AppendItem) => ImportId | undefined
) =>
  Effect.gen(function* () {
    const restoring = new Map<EventId, Restoring>()
    let open = entries.flatMap((entry) => {
      const from = "key" in entry && importOf(entry.item) !== undefined ? existing.get(entry.key) : undefined
      return "key" in entry && from !== undefined ? [{ entry, key: entry.key, from }] : []
    })
    while (open.length > 0) {
      const deletions = yield* undoings(
        session,
        open.map(({ from }) => from)
      )
      const next = open.flatMap(({ entry, from, key }) => {
        const deletion = deletions.get(from)
        const { occurredAt } = entry.item.reading
        return deletion === undefined ? [] : [{ entry, from, key: keyOfRestore(key, deletion, occurredAt) }]
      })
      if (next.length === 0) break
      for (const { entry, from, key } of next) restoring.set(entry.key, { from, key })
      const there = yield* existingKeys(
        session.sql,
        session.database,
        next.map(({ key }) => key)
      )
      for (const [key, id] of there) existing.set(key, id)
      open = next.flatMap(({ entry, key }) => {
        const from = there.get(key)
        return from === undefined ? [] : [{ entry, key, from }]
      })
    }
    return restoring
  })

/** Which of these keys the log has, each with the position of its event. */
const existingOf = (session: Session, ahead: LookAhead, keys: ReadonlyArray<EventId>) => {
  const { existing, open } = knownOf(ahead, session.since(ahead.asOf), keys)
  if (open.length === 0) return Effect.succeed(existing)
  return Effect.map(existingKeys(session.sql, session.database, open), (found) => {
    for (const [key, id] of found) existing.set(key, id)
    return existing
  })
}

/** `ahead`: what was told of the items before the head was locked. */
export const append = (session: Session, items: ReadonlyArray<AppendItem>, ahead: LookAhead) =>
  Effect.gen(function* () {
    const importOf = yield* importsNamed(session, items)
    yield* session.sensors.load(items.flatMap((item) => (item._tag === "Reading" ? item.reading.sensor : [])))
    const cold = yield* coldDaysOf(
      session,
      items.flatMap((item) => (item._tag === "Reading" ? [item.reading.occurredAt] : []))
    )
    const rejections: Array<Rejection> = []
    const entries: Array<KeyedItem | Faults> = []
    const asked: Array<EventId> = []
    for (const [at, item] of items.entries()) {
      const keying =
        item._tag === "Rejected"
          ? item.faults
          : cold.has(dayStart(item.reading.occurredAt))
            ? [archivedFault(null, item.reading.occurredAt)]
            : keyed(session, item, ahead.keys[at])
      const entry = Effect.isEffect(keying) ? yield* keying : keying
      entries.push(entry)
      if (!("key" in entry)) rejections.push({ source: item.source, faults: entry })
      else if (mayBeRepeat(entry.item.reading, session.sensors.newestAt(entry.sensor))) asked.push(entry.key)
    }
    const existing = yield* existingOf(session, ahead, asked)
    const again = yield* comingAgain(session, entries, existing, importOf)
    const outcomes: Array<AppendOutcome> = []
    for (const entry of entries) {
      if (!("key" in entry)) {
        outcomes.push({ _tag: "Rejected", faults: entry })
        continue
      }
      const restoring = again.get(entry.key)
      const key = restoring?.key ?? entry.key
      const repeated = existing.get(key)
      if (repeated !== undefined) outcomes.push({ _tag: "Repeated", id: repeated })
      else {
        const sensor = session.sensors.get(entry.sensor)
        if (sensor === undefined) return yield* Effect.dieMessage(`sensor ${entry.sensor} was not loaded`)
        const importId = importOf(entry.item)
        const reading = importId === undefined ? entry.item.reading : { ...entry.item.reading, importId }
        const drafting = session.reading(sensor, reading, key, restoring?.from ?? null)
        const draft = Effect.isEffect(drafting) ? yield* drafting : drafting
        existing.set(key, readingId(draft.position))
        outcomes.push({ _tag: "Stored", position: draft.position })
      }
    }
    yield* keepRejected(session, rejections, ahead)
    yield* countImports(session, items, outcomes, importOf)
    return outcomes as ReadonlyArray<AppendOutcome>
  })
