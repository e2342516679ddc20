/**
 * Defines a derived sensor: its own event in the log, so that the definition has a position there, and what people said
 * of it in the log of the catalogue, in one transaction.
 */
import * as Effect from "effect/Effect"
import { SENSOR_ID_MAX } from "../../domain/Ids.js"
import { decided } from "../CatalogueLog.js"
import { noNumberLeft } from "../Decide.js"
import { insertEvent, lastOf } from "../SqlCatalogueLog.js"
import type { Session } from "../sql/Session.js"
import {
  type DerivationOutcome,
  type DerivationRequest,
  derivationChange,
  derivedMetadata,
  newDerivedSensor,
  SensorNameTaken,
  saysTheSame
} from "./Derivations.js"

/** Registers the sensor, or gives it what is said of it now. */
const derivedSensor = (session: Session, request: DerivationRequest) =>
  Effect.gen(function* () {
    const ref = { _tag: "Named", name: request.name } as const
    const now = session.recordedAt
    yield* session.sensors.load([ref])
    const id = session.sensors.known(ref)
    const known = id === undefined ? undefined : session.sensors.get(id)
    if (known === undefined) {
      const number = yield* session.sensors.giveNumber()
      if (number > SENSOR_ID_MAX) return yield* Effect.fail(noNumberLeft)
      const sensor = newDerivedSensor(number, request, now)
      yield* session.register(sensor, now)
      return sensor
    }
    if (known.status !== "derived") return yield* new SensorNameTaken({ name: request.name })
    const metadata = derivedMetadata(request.said)
    const version = yield* session.sensors.versionFor(known.id, metadata)
    const sensor = { ...known, metadata, version, versionSince: now }
    session.change("SensorChanged", sensor, now)
    return sensor
  })

export const derive = (session: Session, request: DerivationRequest) =>
  Effect.gen(function* () {
    const { database, sql } = session
    const change = derivationChange(request)
    const last = yield* lastOf(sql, change.kind, change.subject)
    yield* decided(change, last)
    if (last !== undefined && saysTheSame(last, request.said)) {
      return { made: false, event: last } satisfies DerivationOutcome
    }
    const { id: sensor, version } = yield* derivedSensor(session, request)
    const saying = { type: "SensorDerived", payload: { ...request.said, sensor, version } } as const
    const event = yield* insertEvent(sql, database, change, saying, last, session.committed.end)
    return { made: true, event } satisfies DerivationOutcome
  })
