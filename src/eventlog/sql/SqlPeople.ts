/** What a person does to readings: record, replace, remove. Each reads the current row under the head's lock. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Rows from "../../db/Rows.js"
import type { Event } from "../../domain/Event.js"
import {
  eventId as eventIdOf,
  type Position,
  type ReadingId,
  readingId,
  type SensorId
} from "../../domain/Ids.js"
import { normalValue, type Reading, type ReadingCandidate, type Replacement } from "../../domain/Reading.js"
import { type Metadata, UNKNOWN_METADATA } from "../../domain/Sensor.js"
import { refuseCold, refuseMaybeCold } from "../cold/ColdWrites.js"
import {
  describedMetadata,
  isMove,
  movedPayload,
  originAfter,
  placeReplacement,
  reasonPayload,
  refusedAt,
  replacementMetadata,
  type Saying,
  sameReading
} from "../Decide.js"
import { keyOf, keyOfCorrection, keyOfDeletion, keyOfMove, keyOfRestore } from "../EventKey.js"
import {
  type ChangeOptions,
  ReadingChanged,
  ReadingNotFound,
  type RecordOutcome,
  type RemovalOptions,
  type ReplaceOutcome
} from "../EventLog.js"
import type { Session } from "./Session.js"
import { currentOf, history, readingAt } from "./SqlReads.js"
import { loadVersion } from "./SqlSensors.js"
import { Versions } from "./Versions.js"

const readingWithin = ({ database, sql }: Session, at: Position) => readingAt(sql, new Versions(database), at)

/** What was drafted, as the reading that it makes: read back would be the same. */
const drafted = (session: Session, draft: Event, id: ReadingId, version: Metadata): Reading => ({
  id,
  position: draft.position,
  sensorId: draft.sensorId,
  sensorVersion: draft.sensorVersion,
  occurredAt: draft.occurredAt,
  recordedAt: session.recordedAt,
  timeSource: draft.timeSource ?? "device",
  value: draft.value ?? 0,
  lat: draft.lat ?? version.lat,
  lng: draft.lng ?? version.lng,
  unit: version.unit,
  type: version.type,
  description: version.description,
  name: session.sensors.get(draft.sensorId)?.name ?? null
})

const versionOf = (session: Session, sensor: SensorId, version: number) => {
  const entry = session.sensors.get(sensor)
  return entry?.version === version
    ? Effect.succeed(entry.metadata)
    : Effect.map(loadVersion(session.sql, sensor, version), (metadata) => metadata ?? UNKNOWN_METADATA)
}

const positionOfKey = (sql: SqlClient, key: string) =>
  sql`SELECT position FROM events WHERE event_id = ${Buffer.from(key, "hex")}`.pipe(
    Effect.flatMap(Rows.first(({ position }) => readingId(Rows.integer(position))))
  )

/** One reading of `record`: found in force, or new, or restored under a key of its own after each deletion. */
const recordOne = (session: Session, byKey: Map<string, RecordOutcome>, candidate: ReadingCandidate) =>
  Effect.gen(function* () {
    const sensorId = yield* session.sensorFor(candidate)
    let key = keyOf(sensorId, candidate)
    let restoredFrom: ReadingId | undefined
    for (;;) {
      const again = byKey.get(key)
      if (again !== undefined) return { ...again, created: false }
      const id = yield* positionOfKey(session.sql, key)
      if (id === undefined) break
      const chain = yield* history(session.sql, id)
      const last = chain.at(-1)
      if (last === undefined || last.type !== "ReadingDeleted") {
        const reading = last === undefined ? undefined : yield* readingWithin(session, last.position)
        if (reading === undefined || Option.isNone(reading))
          return yield* Effect.dieMessage(`no reading ${id}`)
        return { created: false, reading: reading.value }
      }
      restoredFrom = id
      key = keyOfRestore(eventIdOf(key), last.position, candidate.occurredAt)
    }
    const sensor = session.sensors.get(sensorId)
    if (sensor === undefined) return yield* Effect.dieMessage(`sensor ${sensorId} was not loaded`)
    const drafting = session.reading(sensor, candidate, key, restoredFrom ?? null)
    const draft = Effect.isEffect(drafting) ? yield* drafting : drafting
    const version = yield* versionOf(session, sensorId, draft.sensorVersion)
    const recorded = { created: true, reading: drafted(session, draft, readingId(draft.position), version) }
    byKey.set(key, recorded)
    return recorded
  })

export const record = (session: Session, readings: ReadonlyArray<ReadingCandidate>) =>
  Effect.gen(function* () {
    yield* session.sensors.load(readings.map((reading) => reading.sensor))
    yield* refuseCold(
      session,
      readings.map(({ occurredAt }) => occurredAt)
    )
    const byKey = new Map<string, RecordOutcome>()
    const recorded: Array<RecordOutcome> = []
    for (const [index, candidate] of readings.entries()) {
      const refused = refusedAt(index)
      recorded.push(
        yield* Effect.catchTag(recordOne(session, byKey, candidate), "SensorRefused", (error) =>
          Effect.fail(refused(error))
        )
      )
    }
    return recorded as ReadonlyArray<RecordOutcome>
  })

/** The reading in force, under the lock; or why it can't be amended. */
const amendable = (session: Session, id: ReadingId, options: ChangeOptions) =>
  Effect.gen(function* () {
    const chain = yield* history(session.sql, id)
    const current: Event | undefined = currentOf(chain, chain.at(-1)?.position ?? (0 as Position))
    if (chain.length === 0) yield* refuseMaybeCold(session, id)
    if (current === undefined) return yield* new ReadingNotFound({ id })
    yield* refuseCold(session, [current.occurredAt])
    if (options.ifPosition !== undefined && options.ifPosition !== current.position) {
      return yield* new ReadingChanged({ id, position: current.position })
    }
    const reading = yield* readingWithin(session, current.position)
    if (Option.isNone(reading)) return yield* new ReadingNotFound({ id })
    yield* session.sensors.load([{ _tag: "Numbered", id: current.sensorId }])
    return { current: reading.value, row: current }
  })

type Deletable = Pick<Reading, "id" | "position" | "sensorId" | "sensorVersion" | "occurredAt">

const draftDeletion = (
  session: Session,
  current: Deletable,
  reason: Saying & Pick<RemovalOptions, "importId">
) => {
  const deletion = session.draft({
    eventId: keyOfDeletion(current.id, current.position, current.occurredAt),
    type: "ReadingDeleted",
    sensorId: current.sensorId,
    sensorVersion: current.sensorVersion,
    occurredAt: current.occurredAt,
    value: null,
    lat: null,
    lng: null,
    readingId: current.id,
    timeSource: null,
    importId: reason.importId ?? null,
    payload: reasonPayload(reason)
  })
  session.link(current.position, deletion.position)
}

/** The sensor that a replacement names, registered where nobody knew it. */
const targetSensor = (session: Session, by: Replacement) =>
  Effect.gen(function* () {
    const ref = { _tag: "Numbered", id: by.sensorId } as const
    yield* session.sensors.load([ref])
    const statement = describedMetadata(UNKNOWN_METADATA, by.said)
    yield* session
      .sensorFor({ sensor: ref, said: statement, occurredAt: by.occurredAt })
      .pipe(Effect.catchTag("SensorRefused", (error) => Effect.fail(refusedAt(0)(error))))
    return session.sensors.get(by.sensorId)?.metadata ?? UNKNOWN_METADATA
  })

export const replace = (session: Session, id: ReadingId, by: Replacement, options: ChangeOptions) =>
  Effect.gen(function* () {
    const { current, row } = yield* amendable(session, id, options)
    const own = yield* versionOf(session, current.sensorId, current.sensorVersion)
    const moved = isMove(current, by)
    if (moved) yield* refuseCold(session, [by.occurredAt])
    const target = by.sensorId === current.sensorId ? null : yield* targetSensor(session, by)
    const replacement = replacementMetadata(current, own, target, by.said)
    if (sameReading(current, own, by, replacement))
      return { change: "None", reading: current } satisfies ReplaceOutcome
    const { metadata, place } = placeReplacement(target ?? own, replacement)
    const version = yield* session.sensors.versionFor(by.sensorId, metadata)
    if (moved) draftDeletion(session, current, options)
    const draft = session.draft({
      eventId: moved
        ? keyOfMove(id, current.position, by.occurredAt)
        : keyOfCorrection(id, current.position, by.occurredAt),
      type: moved ? "ReadingRecorded" : "ReadingCorrected",
      sensorId: by.sensorId,
      sensorVersion: version,
      occurredAt: by.occurredAt,
      value: normalValue(by.value),
      lat: place?.lat ?? null,
      lng: place?.lng ?? null,
      readingId: moved ? null : id,
      ...originAfter(row, by),
      payload: moved ? movedPayload(id, options) : reasonPayload(options)
    })
    if (!moved) session.link(current.position, draft.position)
    const reading = drafted(session, draft, moved ? readingId(draft.position) : id, metadata)
    return { change: moved ? "Moved" : "Corrected", reading } satisfies ReplaceOutcome
  })

export const remove = (session: Session, id: ReadingId, options: ChangeOptions) =>
  Effect.gen(function* () {
    const { current } = yield* amendable(session, id, options)
    draftDeletion(session, current, options)
    return current
  })

export const removeAll = (session: Session, readings: ReadonlyArray<Reading>, reason: RemovalOptions) =>
  Effect.gen(function* () {
    yield* refuseCold(
      session,
      readings.map(({ occurredAt }) => occurredAt)
    )
    const positions = readings.map(({ position }) => position)
    const rows = yield* session.sql`SELECT e.position FROM events e
      WHERE ${session.sql.in("e.position", positions)} AND e.superseded_by IS NULL`.pipe(
      Effect.flatMap(Rows.every((row) => Rows.integer(row.position)))
    )
    const untouched = new Set(rows)
    let deleted = 0
    for (const reading of readings) {
      const isUntouched = untouched.has(reading.position)
      const row = isUntouched ? reading : currentOf(yield* history(session.sql, reading.id), session.start)
      if (row === undefined) continue
      draftDeletion(session, { ...row, id: reading.id }, reason)
      deleted += 1
    }
    return deleted
  })
