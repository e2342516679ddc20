/** What the documents in public standards are made from, and what they share. All of it is pure. */
import type { CatalogDataset } from "../catalogue/CatalogueDataset.js"
import type { DatasetName } from "../catalogue/DatasetDescriptions.js"
import type { QualityScores } from "../quality/QualityReport.js"

/** A column as the files have it: CSV, Parquet and the rest. */
export interface FileColumn {
  readonly name: string
  readonly type: "integer" | "double" | "time" | "text" | "boolean" | "binary" | "json"
  readonly nullable: boolean
  readonly unit: string | null
  readonly description: string
}

/** One kind of thing that is measured: what, in which unit, and the range that is declared for it. */
export interface MeasuredVariable {
  readonly type: string
  readonly unit: string | null
  readonly min: number | null
  readonly max: number | null
}

/** Scores of a window of device time, from 0 to 100. */
export interface MeasuredQuality {
  readonly start: string
  readonly end: string
  readonly scores: Partial<Record<DatasetName, QualityScores>>
}

export interface DocumentTerms {
  /** The address of this server as the reader has it, without a slash at its end. */
  readonly origin: string
  /** Of the program. */
  readonly version: string
  /** Where nobody has said it of a data set itself. */
  readonly licence: string | null
  readonly publisher: string | null
  /** How long after its end a minute still waits for late readings, in seconds. */
  readonly latenessSeconds: number
  readonly measured: ReadonlyArray<MeasuredVariable>
  readonly quality: MeasuredQuality | null
}

export interface DocumentDataset {
  readonly dataset: CatalogDataset
  readonly columns: ReadonlyArray<FileColumn>
}

/** Where each data set begins, and its set in OData if it has one. */
export const ADDRESSES: Readonly<
  Record<DatasetName, { readonly path: string; readonly odata: string | null }>
> = {
  sensor_data: { path: "/data", odata: "readings" },
  aggregated_sensor_data: { path: "/aggregated_data", odata: "aggregates" },
  sensors: { path: "/sensors", odata: "sensors" },
  rejected_messages: { path: "/rejected", odata: null },
  events: { path: "/events", odata: null }
}

export interface FileFormat {
  readonly id: string
  readonly title: string
  readonly mediaType: string
  readonly ending: string
}
/** Whole, without paging: these are to be downloaded. */
export const FILE_FORMATS: ReadonlyArray<FileFormat> = [
  { id: "csv", title: "CSV", mediaType: "text/csv", ending: ".csv" },
  { id: "parquet", title: "Parquet", mediaType: "application/vnd.apache.parquet", ending: ".parquet" },
  { id: "arrow", title: "Arrow", mediaType: "application/vnd.apache.arrow.stream", ending: ".arrow" },
  { id: "ndjson", title: "NDJSON", mediaType: "application/x-ndjson", ending: ".ndjson" }
]

export const fileUrl = (origin: string, name: DatasetName, { ending }: FileFormat): string =>
  `${origin}${ADDRESSES[name].path}${ending}`

/** The page of a data set: what it is known by in linked data. */
export const datasetUrl = (origin: string, name: string): string => `${origin}/catalog/${name}`

// Licences that data commonly have, by SPDX; any other text could be a word that only looks like one.
const SPDX: ReadonlySet<string> = new Set([
  ...["CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "CC-BY-NC-SA-4.0"],
  ...[
    "CC-BY-NC-ND-4.0",
    "ODbL-1.0",
    "ODC-By-1.0",
    "PDDL-1.0",
    "OGL-UK-3.0",
    "DL-DE-BY-2.0",
    "DL-DE-ZERO-2.0"
  ],
  ...["etalab-2.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0", "MIT", "Apache-2.0", "BSD-3-Clause"]
])
const WEB = /^https?:\/\/[^\s<>"\\^`{|}]+$/i

export interface LicenceTerms {
  readonly text: string
  /** As SPDX has it; null: it is none of those that are known. */
  readonly spdx: string | null
  readonly url: string | null
}

export const isWebLink = (text: string): boolean => WEB.test(text) && URL.canParse(text)

/** The licence of a data set; null: nobody has stated one. */
export const licenceOf = (text: string | null): LicenceTerms | null => {
  if (text === null || text === "" || text === "not stated") return null
  if (SPDX.has(text)) return { text, spdx: text, url: `https://spdx.org/licenses/${text}` }
  return { text, spdx: null, url: isWebLink(text) ? text : null }
}

const MAIL = /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>"]+$/

/** An address that reaches somebody: a mail address as `mailto:`, or a link; null: it is neither. */
export const contactUrl = (contact: string): string | null =>
  MAIL.test(contact) ? `mailto:${encodeURI(contact)}` : isWebLink(contact) ? contact : null

export const publisherOf = ({ publisher }: CatalogDataset, terms: DocumentTerms): string | null =>
  publisher ?? terms.publisher

export const licenceTermsOf = ({ licence }: CatalogDataset, terms: DocumentTerms): LicenceTerms | null =>
  licenceOf(licence ?? terms.licence)

const QUDT: Readonly<Record<string, string>> = {
  ...{ C: "DEG_C", "°C": "DEG_C", Cel: "DEG_C", celsius: "DEG_C", F: "DEG_F", "°F": "DEG_F", K: "K" },
  ...{ "%": "PERCENT", "%RH": "PERCENT_RH", ppm: "PPM", ppb: "PPB", hPa: "HectoPA", Pa: "PA", kPa: "KiloPA" },
  ...{ bar: "BAR", mbar: "MilliBAR", lx: "LUX", lux: "LUX", V: "V", mV: "MilliV", A: "A", mA: "MilliA" },
  ...{
    W: "W",
    kW: "KiloW",
    Wh: "W-HR",
    kWh: "KiloW-HR",
    J: "J",
    Hz: "HZ",
    dB: "DeciB",
    m: "M",
    mm: "MilliM"
  },
  ...{ cm: "CentiM", km: "KiloM", "m/s": "M-PER-SEC", "km/h": "KiloM-PER-HR", s: "SEC", ms: "MilliSEC" },
  ...{ min: "MIN", h: "HR", g: "GM", kg: "KiloGM", l: "L", L: "L", "µg/m³": "MicroGM-PER-M3" }
}

/** A unit as QUDT knows it, as an address; null: it is none of the common ones. */
export const unitUrl = (unit: string): string | null =>
  Object.hasOwn(QUDT, unit) ? `http://qudt.org/vocab/unit/${QUDT[unit]}` : null

interface Rules {
  readonly unique?: boolean
  readonly minimum?: number
  readonly maximum?: number
}
const LATITUDE: Rules = { minimum: -90, maximum: 90 }
const LONGITUDE: Rules = { minimum: -180, maximum: 180 }
const POSITIVE: Rules = { minimum: 1 }
const KEY: Rules = { unique: true, minimum: 1 }
const PLACED = { lat: LATITUDE, lng: LONGITUDE, sensor_id: POSITIVE }

/** What holds of the values of each column, whatever the format. */
export const RULES: Readonly<Record<DatasetName, Readonly<Record<string, Rules>>>> = {
  sensor_data: { id: KEY, position: KEY, ...PLACED },
  aggregated_sensor_data: {
    id: { minimum: 1 },
    ...PLACED,
    count: POSITIVE,
    stddev: { minimum: 0 },
    completeness: { minimum: 0, maximum: 1 },
    position: POSITIVE
  },
  sensors: { id: KEY, version: POSITIVE, lat: LATITUDE, lng: LONGITUDE },
  rejected_messages: { id: { unique: true }, size: { minimum: 0 }, deliveries: POSITIVE },
  events: { position: KEY, event_id: { unique: true }, ...PLACED }
}

/** What tells its rows apart. */
export const KEYS: Readonly<Record<DatasetName, ReadonlyArray<string>>> = {
  sensor_data: ["id"],
  aggregated_sensor_data: ["sensor_id", "timestamp"],
  sensors: ["id"],
  rejected_messages: ["id"],
  events: ["position"]
}
