/** A device's append: a batch of readings and rejected messages, in one transaction. */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { BadCell } from "../../db/Rows.js"
import { type EventId, type ReadingId, readingId, type SensorId } from "../../domain/Ids.js"
import type { Faults } from "../../domain/rejected/RejectionFault.js"
import { keyOf } from "../EventKey.js"
import type { AppendItem, AppendOutcome } from "../EventLog.js"
import type { Session } from "./Session.js"
import { countImports, importsNamed } from "./SqlImports.js"
import { keepRejected, type Rejection } from "./SqlRejected.js"
import { existingKeys } from "./SqlStore.js"

type ReadingItem = Extract<AppendItem, { readonly _tag: "Reading" }>

interface KeyedItem {
  readonly item: ReadingItem
  readonly sensor: SensorId
  readonly key: EventId
}

/** The sensor's number and the key of each reading, or why its sensor can't be registered. */
const keyed = (
  session: Session,
  item: ReadingItem
): Effect.Effect<KeyedItem | Faults, SqlError | BadCell> | KeyedItem => {
  const sensor = session.sensors.known(item.reading.sensor)
  if (sensor !== undefined) return { item, sensor: sensor, key: keyOf(sensor, item.reading) }
  return session.sensorFor(item.reading).pipe(
    Effect.map((sensor) => ({ item, sensor, key: keyOf(sensor, item.reading) })),
    Effect.catchTag("SensorRefused", ({ fault }) => Effect.succeed([fault]))
  )
}

export const append = (session: Session, items: ReadonlyArray<AppendItem>) =>
  Effect.gen(function* () {
    const importOf = yield* importsNamed(session, items)
    const readings = items.filter((item): item is ReadingItem => item._tag === "Reading")
    if (readings.length > 0) yield* session.sensors.load(readings.map((item) => item.reading.sensor))
    const rejections: Array<Rejection> = []
    const keys: Array<KeyedItem | Faults> = []
    for (const item of items) {
      if (item._tag === "Rejected") {
        rejections.push(item)
        keys.push(item.faults)
        continue
      }
      const outcome = keyed(session, item)
      const resolved = Effect.isEffect(outcome) ? yield* outcome : outcome
      if (!("key" in resolved)) rejections.push({ source: item.source, faults: resolved })
      keys.push(resolved)
    }
    const eventKeys = keys.flatMap((entry) => ("key" in entry ? [entry.key] : []))
    const existing =
      eventKeys.length === 0
        ? new Map<string, ReadingId>()
        : yield* existingKeys(session.sql, session.database, eventKeys)
    const outcomes: Array<AppendOutcome> = []
    for (const entry of keys) {
      if (!("key" in entry)) {
        outcomes.push({ _tag: "Rejected", faults: entry })
        continue
      }
      const repeated = existing.get(entry.key)
      if (repeated !== undefined) outcomes.push({ _tag: "Repeated", id: repeated })
      else {
        const sensor = session.sensors.get(entry.sensor)
        if (sensor === undefined) return yield* Effect.dieMessage(`sensor ${entry.sensor} was not loaded`)
        const importId = importOf(entry.item)
        const reading = importId === undefined ? entry.item.reading : { ...entry.item.reading, importId }
        const draft = yield* session.reading(sensor, reading, entry.key, null)
        existing.set(entry.key, readingId(draft.position))
        outcomes.push({ _tag: "Stored", position: draft.position })
      }
    }
    yield* keepRejected(session, rejections)
    yield* countImports(session, items, outcomes, importOf)
    return outcomes as ReadonlyArray<AppendOutcome>
  })
