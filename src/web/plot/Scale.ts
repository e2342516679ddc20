/** Scales of drawn plots: round ticks for values and for times. */
import {
  formatTime,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND
} from "../../domain/Time.js"
import { offsetsWithin } from "../core/PageZone.js"
import type { PlotRange } from "./PlotModel.js"

export interface Scale {
  readonly low: number
  readonly high: number
}

/** From the least to the greatest with a little room; a constant is in the middle. */
export const scaleOf = (low: number, high: number): Scale => {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return { low: 0, high: 1 }
  const room = high > low ? (high - low) * 0.06 : Math.abs(high) * 0.05 || 1
  return { low: low - room, high: high + room }
}

/** About `wanted` values that are 1, 2 or 5 times a power of ten apart. */
export const ticksOf = ({ high, low }: Scale, tickCount: number): ReadonlyArray<number> => {
  const rough = (high - low) / Math.max(1, tickCount)
  if (!(rough > 0) || !Number.isFinite(rough)) return []
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10)
  const first = Math.ceil(low / step)
  const count = Math.floor(high / step) - first
  return Array.from({ length: Math.min(count + 1, 50) }, (_, index) =>
    Number(((first + index) * step).toPrecision(12))
  )
}

const TIME_STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MICROS_PER_SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MICROS_PER_MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * MICROS_PER_HOUR),
  ...[1, 2, 7, 14, 30, 60, 90, 180, 365].map((n) => n * MICROS_PER_DAY)
]

export interface TimeTick {
  readonly at: number
  readonly label: string
}

const tickLabel = (local: number, step: number): string => {
  const text = formatTime(local)
  if (step >= MICROS_PER_DAY || local % MICROS_PER_DAY === 0) return text.slice(0, 10)
  return step < MICROS_PER_MINUTE ? text.slice(11, 19) : text.slice(11, 16)
}

/** Times of day within days, dates beyond, where the local clock is round. */
export const timeTicks = ({ end, start, zone }: PlotRange, tickCount: number): ReadonlyArray<TimeTick> => {
  const step = TIME_STEPS.find((one) => (end - start) / one <= tickCount) ?? MICROS_PER_DAY * 3_650
  const ticks: Array<TimeTick> = []
  for (const { from, offset, to } of offsetsWithin(zone, start, end)) {
    const first = Math.ceil((from + offset) / step) * step
    for (
      let local = first;
      local - offset <= end && local - offset < to && ticks.length < 50;
      local += step
    ) {
      ticks.push({ at: local - offset, label: tickLabel(local, step) })
    }
  }
  return ticks
}
