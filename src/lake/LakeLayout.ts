/**
 * Where the files of a lake lie: `readings/date=2026-11-28/readings-2026-11-28-p123456.parquet`, as Hive partitions, so that
 * readers make a column `date` of the folder. What a later file took the place of lies under `earlier/`: who reads all
 * files of a folder reads each day once.
 */
import { dateText, dayFolder } from "../domain/dataset/DayFile.js"
import type { Position } from "../domain/Ids.js"
import type { Micros } from "../domain/Time.js"
import { LAKE_DATASETS, type LakeDataset, type LakeFile } from "./LakeFormat.js"

const EARLIER = "earlier/"
const OURS = new RegExp(
  `^(?:${EARLIER})?(${LAKE_DATASETS.join("|")})/date=(\\d{4}-\\d{2}-\\d{2})/\\1-\\2-p\\d{1,15}\\.parquet$`
)

export const pathOf = (dataset: LakeDataset, day: Micros, position: Position): string =>
  `${dataset}/${dayFolder(day)}/${dataset}-${dateText(day)}-p${position}.parquet`

/** The same file once another took its place. */
export const earlier = (file: LakeFile): LakeFile => ({
  ...file,
  current: false,
  path: `${EARLIER}${file.path}`
})

/** Is this a name that a file of a lake has? */
export const isOurs = (path: string): boolean => OURS.test(path)
