/** What a sensor's owner says of it: describe and retire. */
import * as Effect from "effect/Effect"
import type { SensorId } from "../../domain/Ids.js"
import { type Sensor, sameMetadata, UNKNOWN_METADATA } from "../../domain/Sensor.js"
import { describedMetadata } from "../Decide.js"
import type { SensorDescription } from "../EventLog.js"
import type { Session } from "./Session.js"

const numbered = (id: SensorId) => ({ _tag: "Numbered", id }) as const

const describeOne = (session: Session, description: SensorDescription) =>
  Effect.gen(function* () {
    const now = session.recordedAt
    const sensor = session.sensors.get(description.id)
    // What it is follows from its definition alone.
    if (sensor?.status === "derived") return
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

export const describe = (session: Session, sensors: ReadonlyArray<SensorDescription>) =>
  Effect.gen(function* () {
    yield* session.sensors.load(sensors.map((sensor) => numbered(sensor.id)))
    for (const sensor of sensors) yield* describeOne(session, sensor)
  })

export const retire = (session: Session, ids: ReadonlyArray<SensorId>) =>
  Effect.gen(function* () {
    yield* session.sensors.load(ids.map(numbered))
    for (const id of ids) {
      const sensor = session.sensors.get(id)
      if (sensor?.status === "active") {
        session.change("SensorRetired", { ...sensor, status: "retired" }, session.recordedAt)
      }
    }
  })
