/**
 * What a RuuviTag advertises: data format 5 (RAWv2) behind the company's id, as the gateways forward it in hex. A value
 * that the tag does not have stands as the largest of its field, and is left out.
 */
import type { Entry } from "./Part.js"

/** Company 0x0499, little-endian, then the format and what it says: 24 bytes. */
const ADVERTISED = /^(?:..)*?9904(05[0-9a-f]{46})/i

const UNITS: ReadonlyMap<string, string> = new Map([
  ["temperature", "°C"],
  ["humidity", "%"],
  ["pressure", "Pa"],
  ["accelX", "g"],
  ["accelY", "g"],
  ["accelZ", "g"],
  ["voltage", "V"],
  ["txPower", "dBm"],
  ["rssi", "dBm"]
])
export const ruuviUnit = (key: string): string | undefined => UNITS.get(key)

/** Whole steps times their size, without the noise of doubles. */
const steps = (count: number, size: number): number => Number((count * size).toPrecision(12))

/** What the advertisement says; null: it is of no format that is understood. */
export const ruuviEntries = (data: string): ReadonlyArray<Entry> | null => {
  const [, digits] = ADVERTISED.exec(data) ?? []
  if (digits === undefined) return null
  const bytes = Buffer.from(digits, "hex")
  const power = bytes.readUInt16BE(13)
  const signed = (at: number) => (bytes.readInt16BE(at) === -32_768 ? null : bytes.readInt16BE(at))
  const unsigned = (at: number) => (bytes.readUInt16BE(at) === 65_535 ? null : bytes.readUInt16BE(at))
  const all: ReadonlyArray<readonly [string, number | null, number, number]> = [
    ["temperature", signed(1), 0.005, 0],
    ["humidity", unsigned(3), 0.0025, 0],
    ["pressure", unsigned(5), 1, 50_000],
    ["accelX", signed(7), 0.001, 0],
    ["accelY", signed(9), 0.001, 0],
    ["accelZ", signed(11), 0.001, 0],
    ["voltage", power >>> 5 === 2_047 ? null : (power >>> 5) + 1_600, 0.001, 0],
    ["txPower", (power & 31) === 31 ? null : power & 31, 2, -40],
    ["movementCounter", bytes[15] === 255 ? null : (bytes[15] ?? null), 1, 0],
    ["measurementSequenceNumber", unsigned(16), 1, 0]
  ]
  return all.flatMap(([key, count, size, from]) =>
    count === null ? [] : [[key, steps(count, size) + from] as const]
  )
}
