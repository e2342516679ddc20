/**
 * `POST /data/delete`: readings that were stored wrongly, deleted by a filter.
 *
 * Invariants:
 * 1. What is deleted are the readings in force that match and were there at the position of the request.
 * 2. Each deletion is an event. They are appended by the batch, so that nobody waits long for the log; a request that
 *    was cut off has deleted whole batches, and the same filter goes on with the rest.
 */
import * as Effect from "effect/Effect"
import {
  DELETED_MAX,
  DeletionFilter,
  DeletionInput,
  type DeletionResult,
  deletionFaults,
  SENSORS_COUNTED_MAX
} from "../../api/data/Deletion.js"
import type { Import } from "../../domain/dataset/ImportsDataset.js"
import { type ImportId, type Position, position, type SensorId } from "../../domain/Ids.js"
import type { Reading } from "../../domain/Reading.js"
import { formatTime, type Micros, micros } from "../../domain/Time.js"
import type { CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import type { EventLogService, LogError, ReadingFilter, RemovalOptions } from "../../eventlog/EventLog.js"
import { nextTurn } from "../../telemetry/EventLoop.js"
import { CurrentPrincipal } from "../core/Auth.js"
import { invalid, invalidField, notFound, Refusal } from "../core/Problems.js"
import { byNumber } from "../listing/SensorFilter.js"
import { jsonBody } from "../writing/Body.js"
import { decodeKnown, strangersIn } from "../writing/UnknownFields.js"

const COUNT_ROWS = 1_000
/** Readings of one transaction: it holds the log for some 50 ms. */
const BATCH_ROWS = 200

const decode = decodeKnown(DeletionInput, (body) => [
  ...strangersIn(body, new Set(Object.keys(DeletionInput.fields)), "a deletion"),
  ...(typeof body === "object" && body !== null && "filter" in body
    ? strangersIn(body.filter, new Set(Object.keys(DeletionFilter.fields)), "a deletion's filter", "filter.")
    : [])
])

/** Which readings: `now` is the position of the request, and what came behind `upTo` is left alone. */
interface Selection {
  readonly filter: ReadingFilter
  readonly now: Position
  readonly upTo: Position
}

/** Gives all of them, some at a time; `take` says whether to go on. */
const walk = (
  log: EventLogService,
  { filter, now, upTo }: Selection,
  limit: number,
  take: (readings: ReadonlyArray<Reading>) => Effect.Effect<boolean, LogError>
): Effect.Effect<void, LogError> =>
  Effect.gen(function* () {
    let after: Reading | undefined
    for (;;) {
      const page: ReadonlyArray<Reading> = yield* log.readings(filter, { asOf: now, limit, after })
      const more = yield* take(page.filter(({ id }) => id <= upTo))
      after = page.at(-1)
      if (!more || after === undefined || page.length < limit) return
      yield* nextTurn
    }
  })

interface Tally {
  readonly name: string | null
  matched: number
  readonly first: Micros
  last: Micros
}

const count = (log: EventLogService, selection: Selection) =>
  Effect.gen(function* () {
    const tallies = new Map<SensorId, Tally>()
    yield* walk(log, selection, COUNT_ROWS, (readings) => {
      for (const { name, occurredAt, sensorId } of readings) {
        const tally = tallies.get(sensorId) ?? { name, matched: 0, first: occurredAt, last: occurredAt }
        tally.matched += 1
        tally.last = occurredAt
        tallies.set(sensorId, tally)
      }
      return Effect.succeed(true)
    })
    return tallies
  })

const removeUpTo = (log: EventLogService, selection: Selection, max: number, options: RemovalOptions) =>
  Effect.gen(function* () {
    let deleted = 0
    let left = max
    yield* walk(log, selection, BATCH_ROWS, (readings) => {
      const batch = readings.slice(0, left)
      left -= batch.length
      return Effect.map(log.removeAll(batch, options), (count) => {
        deleted += count
        return left > 0
      })
    })
    return deleted
  })

const resultOf = (
  tallies: ReadonlyMap<SensorId, Tally>,
  { upTo }: Selection,
  dryRun: boolean,
  deleted: number
): DeletionResult => {
  const all = [...tallies].sort(([, a], [, b]) => b.matched - a.matched)
  const matched = all.reduce((sum, [, tally]) => sum + tally.matched, 0)
  const edge = (times: ReadonlyArray<Micros>, of: (...times: ReadonlyArray<number>) => number) =>
    times.length === 0 ? null : formatTime(of(...times))
  return {
    dry_run: dryRun,
    position: upTo,
    matched,
    deleted,
    remaining: dryRun ? matched : Math.max(0, matched - DELETED_MAX),
    start_time: edge(
      all.map(([, { first }]) => first),
      Math.min
    ),
    end_time: edge(
      all.map(([, { last }]) => last),
      Math.max
    ),
    sensors: all.slice(0, SENSORS_COUNTED_MAX).map(([id, { first, last, matched: own, name }]) => ({
      sensor_id: id,
      name,
      matched: own,
      start_time: formatTime(first),
      end_time: formatTime(last)
    }))
  }
}

const importAsked = (log: EventLogService, id: ImportId) =>
  Effect.flatMap(log.imports({ limit: 1, id }), ([one]) =>
    one === undefined ? Effect.fail(notFound(`There is no import ${id}.`)) : Effect.succeed(one)
  )

/** Only the times of what the import stored need looking at. */
const within = (filter: ReadingFilter, brought: Import | undefined): ReadingFilter =>
  brought === undefined
    ? filter
    : {
        ...filter,
        start: micros(Math.max(filter.start ?? 0, brought.firstAt ?? 0)),
        end: micros(Math.min(filter.end ?? Number.MAX_SAFE_INTEGER, (brought.lastAt ?? -1) + 1))
      }

const differs = (expected: number, matched: number): Refusal =>
  new Refusal({
    kind: "count-differs",
    detail: `${matched} readings match now, not ${expected}: nothing was deleted. Make the dry run again.`
  })

export const deleteReadings = (log: EventLogService, words: CatalogueLogService) =>
  Effect.gen(function* () {
    const input = yield* Effect.mapError(decode(yield* jsonBody), invalid)
    const faults = deletionFaults(input)
    if (faults.length > 0) return yield* invalid(faults)
    const { as_of: asOf, dry_run: dryRun = true, expected, reason } = input
    const { name: actor } = yield* CurrentPrincipal
    const { position: now } = yield* log.head
    if (asOf !== undefined && asOf > now) {
      return yield* invalidField("as_of", `is beyond the last position of the log, ${now}`)
    }
    const { end_time: end, import_id: importId, sensor, sensor_id } = input.filter
    const { sensor_id: sensorIds } = yield* byNumber(log, words, { sensor, sensor_id })
    const brought = importId === undefined ? undefined : yield* importAsked(log, importId)
    const filter = within({ sensorIds, start: input.filter.start_time, end, importId }, brought)
    const selection = { filter, now, upTo: position(asOf ?? now) }
    const tallies = yield* count(log, selection)
    const counted = resultOf(tallies, selection, dryRun, 0)
    if (dryRun) return counted
    if (expected !== counted.matched) return yield* differs(expected ?? 0, counted.matched)
    const options = {
      importId,
      ...(reason == null ? {} : { reason }),
      ...(actor === undefined ? {} : { actor })
    }
    const deleted = yield* removeUpTo(log, selection, DELETED_MAX, options)
    const result = resultOf(tallies, selection, dryRun, deleted)
    const isWhole = Object.keys(input.filter).length === 1 && result.remaining === 0
    if (importId !== undefined && isWhole) yield* log.importUndone(importId)
    yield* Effect.logInfo("Readings were deleted", { deleted, remaining: result.remaining, actor, filter })
    return result
  })
