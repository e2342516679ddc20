/** Derived sensors in the log: what is asked of it, and the rules that every log shares. */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { CatalogueChanged } from "../../domain/catalogue/CatalogueChanged.js"
import type { CatalogueEvent } from "../../domain/catalogue/CatalogueEdits.js"
import {
  DERIVED_INTERVAL_MS,
  type Derivation,
  type DerivationSaid,
  derivationOf
} from "../../domain/derived/Derivation.js"
import { position, type SensorId } from "../../domain/Ids.js"
import { type Metadata, type Sensor, UNKNOWN_METADATA } from "../../domain/Sensor.js"
import type { Micros } from "../../domain/Time.js"

/** A sensor that has readings has the name already. */
export class SensorNameTaken extends Schema.TaggedError<SensorNameTaken>()("SensorNameTaken", {
  name: Schema.String
}) {}

export interface DerivationRequest {
  readonly name: string
  /** Only if the last that was said of it is one of these; 0: nothing was. */
  readonly ifVersions?: ReadonlyArray<number> | undefined
  readonly reason?: string | undefined
  readonly actor?: string | undefined
  /** The log gives the sensor its number, and its metadata their version. */
  readonly said: Omit<DerivationSaid, "sensor" | "version">
}

export interface DerivationOutcome {
  /** This call made it; false: it says what held already. */
  readonly made: boolean
  readonly event: CatalogueEvent
}

/** The part of the log that is about derived sensors; `E`: it can't now, `Refused`: no number is left. */
export interface DerivationLog<E, Refused> {
  /** Defines a derived sensor, or changes it; where it says what holds already, nothing happens. */
  readonly derive: (
    request: DerivationRequest
  ) => Effect.Effect<DerivationOutcome, E | Refused | CatalogueChanged | SensorNameTaken>

  /** Every definition of a derived sensor, oldest first. */
  readonly derivations: Effect.Effect<ReadonlyArray<Derivation>, E>
}

/** As a change of the catalogue, once the sensor has its number and version. */
export const derivationChange = ({ name, ...request }: DerivationRequest) => ({
  ...request,
  kind: "derivation" as const,
  subject: name,
  decide: () => null
})

export const saysTheSame = (last: CatalogueEvent | undefined, said: DerivationRequest["said"]): boolean => {
  if (last?.type !== "SensorDerived") return false
  const { sensor: _sensor, version: _version, ...before } = last.payload
  const { description, expression, sources, type, unit } = said
  return (
    JSON.stringify(Object.entries(before).sort()) ===
    JSON.stringify(Object.entries({ description, expression, sources, type, unit }).sort())
  )
}

export const derivedMetadata = ({ description, type, unit }: DerivationRequest["said"]): Metadata => ({
  ...UNKNOWN_METADATA,
  description,
  type,
  unit
})

export const newDerivedSensor = (id: SensorId, { name, said }: DerivationRequest, now: Micros): Sensor => ({
  id,
  name,
  status: "derived",
  version: 1,
  metadata: derivedMetadata(said),
  intervalMs: DERIVED_INTERVAL_MS,
  estimatedIntervalMs: null,
  versionSince: now
})

/** Definitions as they were said, oldest first, from all events of that kind. */
export const derivationsOf = (events: ReadonlyArray<CatalogueEvent>): ReadonlyArray<Derivation> => {
  const ordinals = new Map<string, number>()
  return events.flatMap((event) => {
    if (event.type !== "SensorDerived") return []
    const ordinal = ordinals.get(event.subject) ?? event.position
    ordinals.set(event.subject, ordinal)
    return [derivationOf(event.payload, position(event.logPosition), ordinal)]
  })
}
