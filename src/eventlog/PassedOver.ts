/**
 * What devices sent and gave no reading, counted: text that looks like a measurement and is none, and fields that are
 * wrong beside a value. A port; beside the log, as it is for information.
 *
 * Invariants:
 * 1. Counts of all processes add up.
 * 2. Of more than `ROWS_MAX` fields the new ones are not counted.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { SensorRef } from "../domain/Reading.js"
import type { Sensor } from "../domain/Sensor.js"
import type { Micros } from "../domain/Time.js"
import type { LogError } from "./EventLog.js"

/** Fields that are counted. */
export const ROWS_MAX = 10_000
/** Fields that are counted between two writes. */
const PENDING_MAX = 1_000
/** Longest field, and longest example, in UTF-16 code units. */
const TEXT_LENGTH_MAX = 120

export interface PassedOver {
  /** `unread`: it looks like a measurement; `wrong`: a field beside the values. */
  readonly kind: "unread" | "wrong"
  /** Its path in the message. */
  readonly field: string
  /** What stood there last, cut. */
  readonly example: string
  readonly count: number
  readonly lastSeen: Micros
}

export interface PassedOverOf extends PassedOver {
  /** The device, or the sensor where that is one. */
  readonly whose: SensorRef
}

export interface PassedOverService {
  readonly add: (counts: ReadonlyArray<PassedOverOf>) => Effect.Effect<void, LogError>
  /** What came with a sensor's readings: from the device that it is a metric of, too. */
  readonly of: (sensor: Pick<Sensor, "id" | "name">) => Effect.Effect<ReadonlyArray<PassedOver>, LogError>
}

export class PassedOverLog extends Context.Tag("tidemark/PassedOverLog")<
  PassedOverLog,
  PassedOverService
>() {}

/** Adds them; they hold up nothing, and are lost where it fails, which the log of the process tells. */
export const addCounts = (
  log: PassedOverService,
  counts: ReadonlyArray<PassedOverOf>
): Effect.Effect<void> =>
  counts.length === 0
    ? Effect.void
    : Effect.catchAll(log.add(counts), ({ reason }) =>
        Effect.logWarning("What was passed over was not counted", { fields: counts.length, reason })
      )

/** Names of devices that are asked for at once. */
const DEVICES_MAX = 16

/** The names of devices that a sensor of this name may be a metric of, and its own. */
export const devicesOf = (name: string): ReadonlyArray<string> => {
  const devices = [name]
  for (let slash = name.lastIndexOf("/"); slash > 0; slash = name.lastIndexOf("/", slash - 1)) {
    devices.push(name.slice(0, slash))
  }
  return devices.slice(0, DEVICES_MAX)
}

const cut = (text: string): string => text.slice(0, TEXT_LENGTH_MAX).toWellFormed().replaceAll("\0", "\uFFFD")

const exampleOf = (value: unknown): string =>
  cut(typeof value === "string" ? value : (JSON.stringify(value) ?? ""))

export const keyOf = ({ field, kind, whose }: Pick<PassedOverOf, "field" | "kind" | "whose">): string =>
  JSON.stringify([whose._tag === "Named" ? whose.name : whose.id, kind, field])

/** Counts until they are written. */
export class PassedOverCounts {
  private counts = new Map<string, PassedOverOf>()

  add(whose: SensorRef, kind: PassedOver["kind"], path: string, value: unknown, at: Micros): void {
    const field = cut(path)
    const key = keyOf({ whose, kind, field })
    const before = this.counts.get(key)
    if (before === undefined && this.counts.size >= PENDING_MAX) return
    const count = (before?.count ?? 0) + 1
    this.counts.set(key, { whose, kind, field, example: exampleOf(value), count, lastSeen: at })
  }

  take(): ReadonlyArray<PassedOverOf> {
    if (this.counts.size === 0) return []
    const all = [...this.counts.values()]
    this.counts = new Map()
    return all
  }
}
