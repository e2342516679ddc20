/**
 * The event log in SQL: MySQL, MariaDB and SQLite alike. Each write is one transaction that locks the head first;
 * see sql/Session.ts for what holds within it.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Database, type DatabaseService, type TransactOptions } from "../../db/Transaction.js"
import { type SensorId, sensorId } from "../../domain/Ids.js"
import type { Reading } from "../../domain/Reading.js"
import { coldDays } from "../cold/ColdDays.js"
import { historyAcross, inForceAcross, tailAcross } from "../cold/ColdEvents.js"
import { ColdLog, type ColdLogService } from "../cold/ColdLog.js"
import { asReadings, countAcross, lastAcross, readingsAcross } from "../cold/ColdReadings.js"
import { unlessCold } from "../cold/ColdTold.js"
import { derivations } from "../derived/DerivationRows.js"
import { derive } from "../derived/SqlDerivations.js"
import {
  type AppendItem,
  DEFAULT_LOG_LIMITS,
  EventLog,
  type EventLogLimits,
  type EventLogService
} from "../EventLog.js"
import { mapped } from "../LogFailure.js"
import { sensorsNamed } from "../SensorNames.js"
import { type Appenders, AppendersWatch } from "./append/AppendersWatch.js"
import { appendBatch, isTaken, type Ways } from "./append/BatchAppend.js"
import { appendConcurrently } from "./append/ConcurrentAppend.js"
import { type LookAhead, lookAhead, NOTHING } from "./append/LookAhead.js"
import { RepeatWatch } from "./append/RepeatWatch.js"
import { append } from "./append/SqlAppend.js"
import { head } from "./LogHead.js"
import { type Commit, Recent } from "./Recent.js"
import { Session } from "./Session.js"
import * as AsOf from "./SqlAsOf.js"
import { beginImport, importPage, importUndone } from "./SqlImports.js"
import { describe, retire } from "./SqlOwner.js"
import * as People from "./SqlPeople.js"
import * as Reads from "./SqlReads.js"
import { rejectedPage, rejectedTotals } from "./SqlRejected.js"
import { loadSensorPage, loadSensors, loadVersion } from "./SqlSensors.js"
import { Versions } from "./Versions.js"

/** How many sensors' last readings are asked for at a time. */
const LAST_READINGS_CONCURRENCY = 4

interface WriteOptions extends TransactOptions {
  /** What is told of these before the head is locked. */
  readonly ahead?: ReadonlyArray<AppendItem>
}

const make = (
  database: DatabaseService,
  lake: ColdLogService,
  limits: EventLogLimits,
  appenders: Appenders
): EventLogService => {
  const recent = new Recent()
  const repeats = new RepeatWatch()
  const others = new AppendersWatch(appenders)
  const remember = (commit: Commit) => {
    others.gave(commit.start, commit.end)
    recent.committed(commit)
  }
  const asOfs = AsOf.remembering(database)
  const versions = new Versions(database)
  const coldFrom = (sql: SqlClient) => ({ sql, database, versions, lake })

  /** One transaction's work: what it drafts is written at its end, and remembered once it is committed. */
  const write = <A, E>(
    body: (session: Session, ahead: LookAhead) => Effect.Effect<A, E>,
    { ahead: items = [], ...options }: WriteOptions = {}
  ) =>
    database
      .transact(
        (sql) =>
          Effect.gen(function* () {
            const ahead = yield* lookAhead(sql, database, recent, repeats, items)
            const session = yield* Session.open(sql, database, limits, recent)
            const answer = yield* body(session, ahead)
            yield* session.flush()
            return { session, answer }
          }),
        options
      )
      .pipe(
        Effect.map(({ answer, session }) => {
          remember(session.committed)
          return answer
        })
      )

  const ways: Ways = {
    beside: (items) =>
      database.locksRows && others.isWorth(items.length)
        ? appendConcurrently({ database, recent, repeats, limits }, items, { isAnswer: isTaken }).pipe(
            Effect.map(({ commit, outcomes }) => {
              remember(commit)
              return outcomes
            })
          )
        : undefined,
    alone: (items) =>
      write((session, ahead) => append(session, items, ahead), { ahead: items, isAnswer: isTaken }),
    lookingUp: (items) => {
      repeats.collided()
      return write((session) => append(session, items, NOTHING))
    }
  }

  return {
    append: (items) => (items.length === 0 ? Effect.succeed([]) : mapped(appendBatch(ways, items))),
    record: (readings) => mapped(write((session) => People.record(session, readings))),
    // Run again after an unknown outcome, these would find their own work, and say that the reading is not there
    // (any more), or has changed.
    replace: (id, by, options) =>
      mapped(write((session) => People.replace(session, id, by, options ?? {}), { retryUnknown: false })),
    remove: (id, options) =>
      mapped(write((session) => People.remove(session, id, options ?? {}), { retryUnknown: false })),
    removeAll: (readings, options = {}) =>
      readings.length === 0
        ? Effect.succeed(0)
        : mapped(write((session) => People.removeAll(session, readings, options))),
    describe: (sensors) =>
      sensors.length === 0 ? Effect.void : mapped(write((session) => describe(session, sensors))),
    derive: (request) => mapped(write((session) => derive(session, request), { retryUnknown: false })),
    derivations: mapped(database.read(derivations)),
    retire: (ids) => (ids.length === 0 ? Effect.void : mapped(write((session) => retire(session, ids)))),
    head: mapped(database.read((sql) => head(sql))),
    tail: (after, upTo, limit) =>
      Effect.suspend(() => {
        const remembered = recent.tail(after, upTo, limit)
        return remembered === undefined
          ? mapped(database.read((sql) => tailAcross(sql, lake, after, upTo, limit)))
          : Effect.succeed(remembered)
      }),
    reading: (id, asOf) =>
      mapped(
        database.read((sql) =>
          Effect.gen(function* () {
            const current = Reads.currentOf(yield* historyAcross(sql, lake, id), asOf)
            if (current === undefined) return Option.none()
            const [reading] = yield* asReadings(coldFrom(sql), [current], asOf)
            return Option.fromNullable(reading)
          })
        )
      ),
    history: (id) => mapped(database.read((sql) => historyAcross(sql, lake, id))),
    readings: (filter, page) =>
      mapped(
        database.read((sql) =>
          unlessCold(
            Reads.readings(sql, database, versions, filter, page),
            coldDays(sql, database, filter),
            (days) => readingsAcross(coldFrom(sql), filter, page, days)
          )
        )
      ),
    readingsNow: (filter, page) =>
      mapped(
        database.read((sql) =>
          unlessCold(
            Reads.readingsNow(sql, database, versions, filter, page),
            coldDays(sql, database, filter),
            (days) =>
              Effect.flatMap(head(sql), ({ position }) =>
                Effect.map(
                  readingsAcross(coldFrom(sql), filter, { ...page, asOf: position }, days),
                  (readings) => ({ position, readings })
                )
              )
          )
        )
      ),
    countReadings: (filter, asOf) =>
      mapped(
        database.read((sql) =>
          unlessCold(
            Reads.countReadings(sql, database, filter, asOf),
            coldDays(sql, database, filter),
            (days) => countAcross(coldFrom(sql), filter, asOf, days)
          )
        )
      ),
    inForce: (sensor, start, end, asOf) =>
      mapped(database.read((sql) => inForceAcross(sql, database, lake, { sensor, start, end, asOf }))),
    metadata: (sensor, version) =>
      mapped(database.read((sql) => loadVersion(sql, sensor, version))).pipe(Effect.map(Option.fromNullable)),
    sensors: (page) =>
      mapped(
        database.read((sql) =>
          loadSensorPage(sql, {
            afterId: page.afterId ?? 0,
            limit: page.limit,
            skip: page.skip ?? 0
          })
        )
      ),
    sensor: (id) =>
      mapped(database.read((sql) => loadSensors(sql, database, [id], []))).pipe(
        Effect.map(([sensor]) => Option.fromNullable(sensor))
      ),
    sensorsNamed: (names, asOf) => mapped(database.read((sql) => sensorsNamed(sql, names, asOf))),
    sensorsAsOf: (asOf) => mapped(asOfs.sensors(asOf)),
    lastReadings: (ids, asOf) =>
      mapped(
        database.read((sql) =>
          Effect.suspend(() => {
            const ofLog = Effect.map(
              Effect.forEach(ids, (id) => Reads.lastReading(sql, database, versions, id, asOf), {
                concurrency: LAST_READINGS_CONCURRENCY
              }),
              (told) => ({
                answer: told.map(({ answer }) => answer),
                cold: told.reduce((most, { cold }) => Math.max(most, cold), 0)
              })
            )
            return unlessCold(ofLog, coldDays(sql, database), (days) =>
              Effect.gen(function* () {
                const standing = asOf ?? (yield* head(sql)).position
                const { answer } = yield* ofLog
                return yield* Effect.forEach(answer, (found, index) =>
                  Effect.map(
                    lastAcross(
                      coldFrom(sql),
                      ids[index] ?? sensorId(0),
                      standing,
                      Option.getOrUndefined(found),
                      days
                    ),
                    Option.fromNullable
                  )
                )
              })
            )
          })
        )
      ).pipe(
        Effect.map((readings) => {
          const last = new Map<SensorId, Reading>()
          for (const reading of readings) {
            if (Option.isSome(reading)) last.set(reading.value.sensorId, reading.value)
          }
          return last
        })
      ),
    beginImport: (start) => mapped(database.transact((sql) => beginImport(sql, database, start))),
    imports: (page) => mapped(database.read((sql) => importPage(sql, page))),
    importUndone: (id) => mapped(database.transact((sql) => importUndone(sql, database, id))),
    rejected: (page) => mapped(database.read((sql) => rejectedPage(sql, database, page))),
    rejectedTotals: mapped(database.read(rejectedTotals)),
    committed: (more) => recent.more(more)
  }
}

/** The log in the database of this process. */
export const layer = (limits: EventLogLimits = DEFAULT_LOG_LIMITS, appenders: Appenders = "watched") =>
  Layer.effect(
    EventLog,
    Effect.zipWith(Database, ColdLog, (database, lake) => make(database, lake, limits, appenders))
  )
