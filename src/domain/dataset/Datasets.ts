/** Every data set. */
import { AGGREGATES } from "./AggregatesDataset.js"
import type { Dataset, StoredDataset } from "./Dataset.js"
import { EVENTS } from "./EventsDataset.js"
import { IMPORTS } from "./ImportsDataset.js"
import { READINGS } from "./ReadingsDataset.js"
import { REFUSED } from "./RefusedDataset.js"
import { REJECTED } from "./RejectedDataset.js"
import { SENSORS } from "./SensorsDataset.js"

const ALL = [READINGS, AGGREGATES, SENSORS, REJECTED, EVENTS] as const
export type DatasetName = (typeof ALL)[number]["name"]

/** Those that the database holds for readers, in the order of their ids. */
export const STORED_DATASETS: ReadonlyArray<StoredDataset<never, DatasetName>> = ALL

/** Those whose rows have a time: each day of them is a file. */
export type TimedDatasetName = Extract<(typeof ALL)[number], { readonly inTime: true }>["name"]
const isTimed = (one: (typeof ALL)[number]): one is Extract<(typeof ALL)[number], { inTime: true }> =>
  one.inTime
export const TIMED_DATASETS: ReadonlyArray<StoredDataset<never, TimedDatasetName>> = ALL.filter(isTimed)

/** All of them. */
export const ALL_DATASETS: ReadonlyArray<Dataset<never>> = [...ALL, REFUSED, IMPORTS]

export const DATASET_NAMES = [
  READINGS.name,
  AGGREGATES.name,
  SENSORS.name,
  REJECTED.name,
  EVENTS.name
] as const

const byName = Object.fromEntries(STORED_DATASETS.map((one) => [one.name, one])) as Readonly<
  Record<DatasetName, StoredDataset<never, DatasetName>>
>
export const descriptorOf = (name: DatasetName): StoredDataset<never, DatasetName> => byName[name]
