/** Every data set that the database holds for readers: what the catalogue has is made from these. */
import { AGGREGATES } from "./AggregatesDataset.js"
import type { Dataset } from "./Dataset.js"
import { EVENTS } from "./EventsDataset.js"
import { READINGS } from "./ReadingsDataset.js"
import { REJECTED } from "./RejectedDataset.js"
import { SENSORS } from "./SensorsDataset.js"

const ALL = [READINGS, AGGREGATES, SENSORS, REJECTED, EVENTS] as const
export type DatasetName = (typeof ALL)[number]["name"]

/** In the order of their ids. */
export const DESCRIPTORS: ReadonlyArray<Dataset<never, DatasetName>> = ALL

export const DATASET_NAMES = [
  READINGS.name,
  AGGREGATES.name,
  SENSORS.name,
  REJECTED.name,
  EVENTS.name
] as const

const byName = Object.fromEntries(DESCRIPTORS.map((one) => [one.name, one])) as Readonly<
  Record<DatasetName, Dataset<never, DatasetName>>
>
export const descriptorOf = (name: DatasetName): Dataset<never, DatasetName> => byName[name]
