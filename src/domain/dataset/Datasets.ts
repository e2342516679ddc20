/** Every data set. */

import { AUDIT } from "../access/AuditDataset.js"
import { AGGREGATES, DAYS, HOURS } from "./AggregatesDataset.js"
import { ANNOTATIONS } from "./AnnotationsDataset.js"
import type { Dataset, StoredDataset } from "./Dataset.js"
import { EVENTS } from "./EventsDataset.js"
import { IMPORTS } from "./ImportsDataset.js"
import { READINGS } from "./ReadingsDataset.js"
import { REFUSED } from "./RefusedDataset.js"
import { REJECTED } from "./RejectedDataset.js"
import { SENSORS } from "./SensorsDataset.js"

const ALL = [READINGS, AGGREGATES, SENSORS, REJECTED, EVENTS, HOURS, DAYS, ANNOTATIONS] as const
export type DatasetName = (typeof ALL)[number]["name"]

/** Those that the database holds for readers, in the order of their ids. */
export const STORED_DATASETS: ReadonlyArray<StoredDataset<never, DatasetName>> = ALL

const FILED = [READINGS, AGGREGATES] as const

/** Those whose days are files: readings and minutes. What is made of minutes is small enough to be asked for whole. */
export const FILE_DATASETS: ReadonlyArray<StoredDataset<never, FileDatasetName>> = FILED
export type FileDatasetName = (typeof FILED)[number]["name"]

/** All of them. */
export const ALL_DATASETS: ReadonlyArray<Dataset<never>> = [...ALL, REFUSED, IMPORTS, AUDIT]

export const DATASET_NAMES = [
  READINGS.name,
  AGGREGATES.name,
  SENSORS.name,
  REJECTED.name,
  EVENTS.name,
  HOURS.name,
  DAYS.name,
  ANNOTATIONS.name
] as const

const byName = Object.fromEntries(STORED_DATASETS.map((one) => [one.name, one])) as Readonly<
  Record<DatasetName, StoredDataset<never, DatasetName>>
>
export const descriptorOf = (name: DatasetName): StoredDataset<never, DatasetName> => byName[name]
