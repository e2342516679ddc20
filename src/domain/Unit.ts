/**
 * Units as devices say them: how people write them, and their codes in UCUM and QUDT. A unit is stored as it was said;
 * one that is not here is shown so, too.
 */

export interface Unit {
  /** As people write it. */
  readonly symbol: string
  /** Its code in the Unified Code for Units of Measure, case-sensitive. */
  readonly ucum: string
  /** Its name in QUDT's vocabulary; null: it has none there. */
  readonly qudt: string | null
}

/** Symbol, UCUM, QUDT, and other spellings, by spaces; case counts. */
const TABLE: ReadonlyArray<readonly [symbol: string, ucum: string, qudt: string | null, spellings?: string]> =
  [
    ["°C", "Cel", "DEG_C", "C Cel celsius Celsius degC deg_C degreesC ºC ℃"],
    ["°F", "[degF]", "DEG_F", "F fahrenheit Fahrenheit degF deg_F ºF ℉"],
    ["K", "K", "K", "kelvin Kelvin"],
    ["%", "%", "PERCENT", "percent pct"],
    ["% RH", "%", "PERCENT_RH", "%RH RH %rH rh %rh"],
    ["ppm", "[ppm]", "PPM"],
    ["ppb", "[ppb]", "PPB"],
    ["Pa", "Pa", "PA"],
    ["hPa", "hPa", "HectoPA"],
    ["kPa", "kPa", "KiloPA"],
    ["MPa", "MPa", "MegaPA"],
    ["bar", "bar", "BAR"],
    ["mbar", "mbar", "MilliBAR"],
    ["psi", "[psi]", "PSI"],
    ["mmHg", "mm[Hg]", "MilliM_HG"],
    ["inHg", "[in_i'Hg]", "IN_HG"],
    ["lx", "lx", "LUX", "lux Lux"],
    ["lm", "lm", "LM"],
    ["V", "V", "V", "volt volts Volt Volts"],
    ["mV", "mV", "MilliV"],
    ["kV", "kV", "KiloV"],
    ["A", "A", "A", "amp amps ampere"],
    ["mA", "mA", "MilliA"],
    ["W", "W", "W", "watt watts Watt Watts"],
    ["mW", "mW", "MilliW"],
    ["kW", "kW", "KiloW"],
    ["MW", "MW", "MegaW"],
    ["VA", "V.A", "V-A"],
    ["kVA", "kV.A", "KiloV-A"],
    ["var", "V.A", "V-A_Reactive", "VAr VAR"],
    ["Wh", "W.h", "W-HR"],
    ["kWh", "kW.h", "KiloW-HR", "kwh KWh KWH"],
    ["MWh", "MW.h", "MegaW-HR"],
    ["J", "J", "J"],
    ["W/m²", "W/m2", "W-PER-M2", "W/m2 W/m^2 W*m-2"],
    ["Hz", "Hz", "HZ", "hz"],
    ["kHz", "kHz", "KiloHZ"],
    ["MHz", "MHz", "MegaHZ"],
    ["rpm", "{rpm}/min", "REV-PER-MIN", "RPM r/min"],
    ["dB", "dB", "DeciB"],
    ["dBm", "dB[mW]", "DeciB_M"],
    ["Ω", "Ohm", "OHM", "ohm Ohm ohms \u2126"],
    ["kΩ", "kOhm", "KiloOHM", "kohm kOhm k\u2126"],
    ["µS/cm", "uS/cm", "MicroS-PER-CentiM", "uS/cm μS/cm"],
    ["m", "m", "M", "metre meter"],
    ["mm", "mm", "MilliM"],
    ["cm", "cm", "CentiM"],
    ["km", "km", "KiloM"],
    ["in", "[in_i]", "IN", "inch"],
    ["ft", "[ft_i]", "FT"],
    ["µm", "um", "MicroM", "um μm"],
    ["m²", "m2", "M2", "m2 m^2 sqm"],
    ["m³", "m3", "M3", "m3 m^3 cbm"],
    ["m³/h", "m3/h", "M3-PER-HR", "m3/h m^3/h m3/hr"],
    ["L", "L", "L", "l litre liter"],
    ["mL", "mL", "MilliL", "ml"],
    ["L/min", "L/min", "L-PER-MIN", "l/min lpm"],
    ["L/h", "L/h", "L-PER-HR", "l/h"],
    ["m/s", "m/s", "M-PER-SEC", "mps"],
    ["m/s²", "m/s2", "M-PER-SEC2", "m/s2 m/s^2"],
    ["km/h", "km/h", "KiloM-PER-HR", "kmh kph kmph"],
    ["mph", "[mi_i]/h", "MI-PER-HR"],
    ["kn", "[kn_i]", "KN", "knots kt kts"],
    ["mm/h", "mm/h", "MilliM-PER-HR", "mm/hr"],
    ["°", "deg", "DEG", "deg degree degrees"],
    ["s", "s", "SEC", "sec seconds"],
    ["ms", "ms", "MilliSEC"],
    ["µs", "us", "MicroSEC", "us μs"],
    ["min", "min", "MIN", "minutes"],
    ["h", "h", "HR", "hr hours"],
    ["d", "d", "DAY", "days"],
    ["g", "g", "GM"],
    ["mg", "mg", "MilliGM"],
    ["kg", "kg", "KiloGM"],
    ["g/m³", "g/m3", "GM-PER-M3", "g/m3 g/m^3"],
    ["mg/m³", "mg/m3", "MilliGM-PER-M3", "mg/m3 mg/m^3"],
    ["µg/m³", "ug/m3", "MicroGM-PER-M3", "ug/m3 ug/m^3 μg/m³ μg/m3 µg/m3"],
    ["mg/L", "mg/L", "MilliGM-PER-L", "mg/l"],
    ["µSv/h", "uSv/h", "MicroSV-PER-HR", "uSv/h μSv/h"],
    ["Bq/m³", "Bq/m3", "BQ-PER-M3", "Bq/m3 Bq/m^3"],
    ["bytes", "By", "BYTE", "B byte"],
    ["pH", "[pH]", "PH", "ph"]
  ]

const UNITS: ReadonlyMap<string, Unit> = new Map(
  TABLE.flatMap(([symbol, ucum, qudt, spellings = ""]) =>
    [symbol, ...spellings.split(" ").filter(Boolean)].map((said) => [said, { symbol, ucum, qudt }] as const)
  )
)

const BY_UCUM: ReadonlyMap<string, Unit> = new Map(
  TABLE.toReversed().map(([symbol, ucum, qudt]) => [ucum, { symbol, ucum, qudt }])
)

/** What a unit is; null: it is none of the common ones. */
export const unitOf = (said: string): Unit | null => UNITS.get(said.trim()) ?? null

/** The unit of this spelling or UCUM code. */
export const unitNamed = (text: string): Unit | null => unitOf(text) ?? BY_UCUM.get(text.trim()) ?? null

/** As people write it. */
export const unitSymbol = (said: string): string => unitOf(said)?.symbol ?? said

/** Its address in QUDT. */
export const unitUrl = (said: string): string | null => {
  const qudt = unitOf(said)?.qudt ?? null
  return qudt === null ? null : `http://qudt.org/vocab/unit/${qudt}`
}
