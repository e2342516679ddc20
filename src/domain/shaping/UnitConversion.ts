/**
 * Which units can be converted into each other, and how: exactly, on whole numbers. Factors are those of UCUM 2.2,
 * where the inch, pound, mile and knot are defined by metric ones, and mm[Hg] is 133.322 Pa.
 */
import { type Unit, unitNamed } from "../Unit.js"
import type { Linear } from "./ValueMap.js"

/** One of the unit is scale / divisor of the dimension's first unit; offset / divisor is added to that. */
type Factor = readonly [scale: number | bigint, divisor?: number, offset?: number]

/** By UCUM code. Units of one dimension are converted into each other; `%` of humidity is one of parts, too. */
const DIMENSIONS: ReadonlyArray<Readonly<Record<string, Factor>>> = [
  { K: [1], Cel: [100, 100, 27_315], "[degF]": [500, 900, 229_835] },
  {
    Pa: [1],
    hPa: [100],
    kPa: [1_000],
    MPa: [1_000_000],
    bar: [100_000],
    mbar: [100],
    "[psi]": [44_482_216_152_605, 6_451_600_000],
    "mm[Hg]": [133_322, 1_000],
    "[in_i'Hg]": [33_863_788, 10_000]
  },
  {
    "m/s": [1],
    "km/h": [5, 18],
    "[mi_i]/h": [1_609_344, 3_600_000],
    "[kn_i]": [1_852, 3_600],
    "mm/h": [1, 3_600_000]
  },
  { W: [1], mW: [1, 1_000], kW: [1_000], MW: [1_000_000] },
  { "V.A": [1], "kV.A": [1_000] },
  { J: [1], "W.h": [3_600], "kW.h": [3_600_000], "MW.h": [3_600_000_000] },
  { V: [1], mV: [1, 1_000], kV: [1_000] },
  { A: [1], mA: [1, 1_000] },
  { Hz: [1], kHz: [1_000], MHz: [1_000_000], "{rpm}/min": [1, 60] },
  { Ohm: [1], kOhm: [1_000] },
  {
    m: [1],
    mm: [1, 1_000],
    cm: [1, 100],
    km: [1_000],
    um: [1, 1_000_000],
    "[in_i]": [254, 10_000],
    "[ft_i]": [3_048, 10_000]
  },
  { m3: [1], L: [1, 1_000], mL: [1, 1_000_000] },
  { "m3/h": [1], "L/min": [60, 1_000], "L/h": [1, 1_000] },
  { s: [1], ms: [1, 1_000], us: [1, 1_000_000], min: [60], h: [3_600], d: [86_400] },
  { g: [1], mg: [1, 1_000], kg: [1_000] },
  { "g/m3": [1], "mg/m3": [1, 1_000], "ug/m3": [1, 1_000_000], "mg/L": [1] },
  { "%": [1, 100], "[ppm]": [1, 1_000_000], "[ppb]": [1, 1_000_000_000] }
]

const dimensionOf = ({ ucum }: Unit) => DIMENSIONS.find((dimension) => ucum in dimension)

/** From one unit to another; null: they are not of one dimension, or not known here. */
export const conversion = (from: Unit, to: Unit): Linear | null => {
  if (from.ucum === to.ucum) return { scale: 1n, offset: 0n, divisor: 1n }
  const dimension = dimensionOf(from)
  const [here, there] = [dimension?.[from.ucum], dimension?.[to.ucum]]
  if (here === undefined || there === undefined) return null
  const [scale, divisor, offset] = [BigInt(here[0]), BigInt(here[1] ?? 1), BigInt(here[2] ?? 0)]
  const [scaleTo, divisorTo, offsetTo] = [BigInt(there[0]), BigInt(there[1] ?? 1), BigInt(there[2] ?? 0)]
  // base = (x × scale + offset) / divisor, and x of the other = (base × divisorTo - offsetTo) / scaleTo.
  return {
    scale: scale * divisorTo,
    offset: offset * divisorTo - offsetTo * divisor,
    divisor: divisor * scaleTo
  }
}

/** The units that one can be converted to, as people write them; itself first. */
export const convertibleTo = (unit: Unit): ReadonlyArray<string> => [
  unit.symbol,
  ...Object.keys(dimensionOf(unit) ?? {})
    .filter((code) => code !== unit.ucum)
    .map((code) => unitNamed(code)?.symbol ?? code)
]
