/**
 * The identifiers of Tidemark. Each is a brand, so that no function takes two plain numbers.
 */
import * as Schema from "effect/Schema"

/** Numbers below this are chosen by devices; from here up they are given by the log to sensors known by name. */
export const NAMED_SENSOR_ID_MIN = 1_000_000_000

/** The largest sensor number: what a signed 32-bit column holds. */
export const SENSOR_ID_MAX = 2_147_483_647

export const SensorId = Schema.Int.pipe(Schema.between(1, SENSOR_ID_MAX), Schema.brand("SensorId"))
export type SensorId = typeof SensorId.Type

/** The number that a device may claim for itself: 1 to 999,999,999. */
export const isDeviceSensorId = (n: number): boolean =>
  Number.isInteger(n) && n >= 1 && n < NAMED_SENSOR_ID_MIN

/** The place of an event in the log's one order; 0 is "before the first". */
export const Position = Schema.Int.pipe(Schema.between(0, Number.MAX_SAFE_INTEGER), Schema.brand("Position"))
export type Position = typeof Position.Type

/** What people know a reading by: the position of its first event. */
export const ReadingId = Schema.Int.pipe(
  Schema.between(1, Number.MAX_SAFE_INTEGER),
  Schema.brand("ReadingId")
)
export type ReadingId = typeof ReadingId.Type

/** The number of an import: a file, or a body of many rows, that can be taken back as a whole. */
export const ImportId = Schema.Int.pipe(Schema.between(1, 2_147_483_647), Schema.brand("ImportId"))
export type ImportId = typeof ImportId.Type

/** The idempotency key of an event: 48 bits of device time in milliseconds, then 80 bits of hash; 32 hex digits. */
export const EventId = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{32}$/), Schema.brand("EventId"))
export type EventId = typeof EventId.Type

// The values below come from our own arithmetic or from a decoded row; what comes from outside goes through
// the schemas above.
const unchecked = { disableValidation: true } as const
export const sensorId = (n: number): SensorId => SensorId.make(n, unchecked)
export const position = (n: number): Position => Position.make(n, unchecked)
export const readingId = (n: number): ReadingId => ReadingId.make(n, unchecked)
export const importId = (n: number): ImportId => ImportId.make(n, unchecked)
export const eventId = (hex: string): EventId => EventId.make(hex, unchecked)
