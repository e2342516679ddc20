/** Defines a derived sensor in the log in memory. Runs inside the store's transaction. */
import * as Effect from "effect/Effect"
import { upcastCatalogue } from "../../domain/catalogue/CatalogueEdits.js"
import { decided } from "../CatalogueLog.js"
import { noNumberLeft } from "../Decide.js"
import { appendSensorEvent, findOrAddVersion } from "../memory/MemorySensors.js"
import type { MemoryStore } from "../memory/MemoryStore.js"
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
const derivedSensor = (store: MemoryStore, request: DerivationRequest) =>
  Effect.gen(function* () {
    const id = store.sensorNamed(request.name)
    const known = id === undefined ? undefined : store.knownSensor(id)
    const metadata = derivedMetadata(request.said)
    if (known === undefined) {
      const number = store.nextNumber()
      if (number === undefined) return yield* Effect.fail(noNumberLeft)
      const sensor = newDerivedSensor(number, request, store.now)
      store.putSensor(sensor)
      store.addVersion(number, metadata)
      appendSensorEvent(store, "SensorRegistered", sensor, store.now)
      return sensor
    }
    if (known.status !== "derived") return yield* new SensorNameTaken({ name: request.name })
    const version = findOrAddVersion(store, known.id, metadata)
    const sensor = { ...known, metadata, version, versionSince: store.now }
    store.putSensor(sensor)
    appendSensorEvent(store, "SensorChanged", sensor, store.now)
    return sensor
  })

export const deriveSensor = (store: MemoryStore, request: DerivationRequest) =>
  Effect.gen(function* () {
    const change = derivationChange(request)
    const last = store.derivations.findLast(({ subject }) => subject === request.name)
    yield* decided(change, last)
    if (last !== undefined && saysTheSame(last, request.said)) {
      return { made: false, event: last } satisfies DerivationOutcome
    }
    const { id: sensor, version } = yield* derivedSensor(store, request)
    const event = upcastCatalogue({
      type: "SensorDerived",
      payload: { ...request.said, sensor, version },
      position: store.derivations.length + 1,
      logPosition: store.head.position,
      subject: request.name,
      previous: last?.position ?? 0,
      recordedAt: store.now,
      actor: request.actor ?? null,
      reason: request.reason ?? null
    })
    // Nothing after it can fail: the transaction ends here.
    store.derivations.push(event)
    return { made: true, event } satisfies DerivationOutcome
  })
