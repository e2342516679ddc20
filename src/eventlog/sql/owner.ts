/** What a sensor's owner says of it: describe and retire. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { DatabaseService } from "../../db/Transaction.js"
import type { SensorId } from "../../domain/Ids.js"
import { type Sensor, sameMetadata, UNKNOWN_METADATA } from "../../domain/Sensor.js"
import { describedMetadata } from "../decide.js"
import type { EventLogLimits, SensorDescription } from "../EventLog.js"
import { Session } from "./Session.js"

const numbered = (id: SensorId) => ({ _tag: "Numbered", id }) as const

const describeOne = (session: Session, description: SensorDescription) =>
  Effect.gen(function* () {
    const now = session.recordedAt
    const sensor = session.sensors.get(description.id)
    const metadata = describedMetadata(sensor?.metadata ?? UNKNOWN_METADATA, description.said)
    if (sensor === undefined) {
      yield* session.register(
        {
          id: description.id,
          name: description.name ?? null,
          status: "active",
          version: 1,
          metadata,
          intervalMs: description.intervalMs ?? null,
          estimatedIntervalMs: null,
          versionSince: now
        },
        now
      )
      return
    }
    const same = sameMetadata(metadata, sensor.metadata)
    const next: Sensor = {
      ...sensor,
      name: description.name ?? sensor.name,
      intervalMs: description.intervalMs ?? sensor.intervalMs,
      status: "active",
      version: same ? sensor.version : yield* session.sensors.versionFor(sensor.id, metadata),
      metadata,
      versionSince: sensor.versionSince === 0 ? now : sensor.versionSince
    }
    const unchanged =
      same &&
      next.name === sensor.name &&
      next.intervalMs === sensor.intervalMs &&
      next.status === sensor.status
    if (!unchanged) session.change("SensorChanged", next, now)
  })

export const describe = (
  sql: SqlClient,
  database: DatabaseService,
  limits: EventLogLimits,
  sensors: ReadonlyArray<SensorDescription>
) =>
  Effect.gen(function* () {
    const session = yield* Session.open(sql, database, limits)
    yield* session.sensors.load(sensors.map((sensor) => numbered(sensor.id)))
    for (const sensor of sensors) yield* describeOne(session, sensor)
    yield* session.flush()
  })

export const retire = (
  sql: SqlClient,
  database: DatabaseService,
  limits: EventLogLimits,
  ids: ReadonlyArray<SensorId>
) =>
  Effect.gen(function* () {
    const session = yield* Session.open(sql, database, limits)
    yield* session.sensors.load(ids.map(numbered))
    for (const id of ids) {
      const sensor = session.sensors.get(id)
      if (sensor?.status === "active") {
        session.change("SensorRetired", { ...sensor, status: "retired" }, session.recordedAt)
      }
    }
    yield* session.flush()
  })
