/** What is kept of an hour that was counted, as JSON: told by its outline when it is read again. */
import { MICROS_PER_HOUR, MICROS_PER_MINUTE } from "../Time.js"
import { NO_READINGS, type PartCounts } from "./QualityCounts.js"

/** An hour is counted in such parts too, for windows that begin or end within it. */
export const HOUR_PART = 10 * MICROS_PER_MINUTE
const PARTS_OF_HOUR = MICROS_PER_HOUR / HOUR_PART

/** What is stored of an hour; another `v` is counted anew. */
export interface StoredHour {
  readonly v: 1
  readonly intervalMs: number | null
  readonly counts: PartCounts
}
export const HOUR_VERSION = 1
const isRecord = (input: unknown): input is Record<string, unknown> =>
  typeof input === "object" && input !== null

/** There are thousands in a report, and all are our own: their outline is checked, by hand. */
const isPart = (input: unknown): input is PartCounts =>
  isRecord(input) && isRecord(input.readings) && isRecord(input.minutes)
export const isStored = (input: unknown): input is StoredHour =>
  isRecord(input) &&
  input.v === HOUR_VERSION &&
  (input.intervalMs === null || typeof input.intervalMs === "number") &&
  isPart(input.counts)
export const isParts = (input: unknown): input is ReadonlyArray<PartCounts> =>
  Array.isArray(input) && input.length === PARTS_OF_HOUR && input.every(isPart)

/** Of what an earlier release did not count yet, nothing was there. */
export const withNewCounts = ({ minutes, readings }: PartCounts): PartCounts => ({
  minutes,
  readings: { ...NO_READINGS, ...readings }
})
