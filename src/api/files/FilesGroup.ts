/** `/files/`: closed days as files, for tools that read Parquet by address. */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { FILE_DATASETS } from "../../domain/dataset/Datasets.js"
import { reads } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { field, TimeText, Whole } from "../core/ContractFields.js"
import { get, group } from "../core/Endpoint.js"
import { boundedText } from "../core/ParameterText.js"
import { problemOf } from "../core/Problem.js"

export const PARQUET_TYPE = "application/vnd.apache.parquet"

/** Longest name of a folder or file, in characters. */
const NAME_LENGTH_MAX = 100
const FILE_EXAMPLE = "sensor_data-2026-11-28-p123456.parquet"

const whenMade = <A, I>(schema: Schema.Schema<A, I>, description: string, example: A) =>
  field(Schema.NullOr(schema), `${description}; null: this process has not made the file yet`, example)

export const FileEntry = Schema.Struct({
  name: field(Schema.String, "What it is called in its folder; a folder ends with a slash", FILE_EXAMPLE),
  type: field(Schema.Literal("directory", "file"), "A folder, or a file"),
  href: field(
    Schema.String,
    "Where it is, from the root of this server",
    `/files/sensor_data/date=2026-11-28/${FILE_EXAMPLE}`
  ),
  size: field(Schema.NullOr(Whole), "Its bytes; null: of a folder, or it is not made yet", 1_048_576)
}).annotations({ identifier: "FileEntry", description: "What is in a folder" })
export type FileEntry = typeof FileEntry.Type

export const FileFacts = Schema.Struct({
  file: field(Schema.String, "Its name", FILE_EXAMPLE),
  href: field(
    Schema.String,
    "Where it is, from the root of this server",
    `/files/sensor_data/date=2026-11-28/${FILE_EXAMPLE}`
  ),
  dataset: field(Schema.String, "The data set", "sensor_data"),
  date: field(Schema.String, "The day, UTC", "2026-11-28"),
  position: field(Whole, "The position of the log that it holds as of: `as_of` of the same rows", 123_456),
  rows: whenMade(Whole, "How many rows it has", 86_400),
  bytes: whenMade(Whole, "How long it is", 1_048_576),
  sha256: whenMade(Schema.String, "The hash of its bytes, in hex", "9f86d081884c7d65…"),
  min_time: whenMade(
    TimeText,
    "The first time in it; null too where it has no rows",
    "2026-11-28T00:00:00.000000Z"
  ),
  max_time: whenMade(
    TimeText,
    "The last time in it; null too where it has no rows",
    "2026-11-28T23:59:59.000000Z"
  )
}).annotations({ identifier: "FileFacts", description: "A file of one day" })
export type FileFacts = typeof FileFacts.Type

const dataset_name = boundedText(
  1,
  NAME_LENGTH_MAX,
  `The data set: ${FILE_DATASETS.map(({ name }) => name).join(" or ")}.`,
  "sensor_data"
)
const date = boundedText(1, NAME_LENGTH_MAX, "The folder of the day, UTC.", "date=2026-11-28")
const DatasetFolder = Schema.Struct({ dataset_name })
const DayFolder = Schema.Struct({ dataset_name, date })
const FilePath = Schema.Struct({
  dataset_name,
  date,
  file_name: boundedText(1, NAME_LENGTH_MAX, "The file, as the folder lists it.", FILE_EXAMPLE)
})

const listing = (what: string) =>
  answer(Schema.Array(FileEntry), `${what}. A page with links, unless JSON is preferred.`)

export class FilesGroup extends group(
  "Files",
  "Closed days as Parquet files that never change",
  get(
    "listFiles",
    "/files/",
    "The data sets that have files",
    reads("everything", { alsoPage: true })
  ).addSuccess(listing("A folder a data set")),
  get(
    "listFileDays",
    "/files/:dataset_name/",
    "The closed days of a data set",
    reads("dataset", { alsoPage: true })
  )
    .setPath(DatasetFolder)
    .addSuccess(listing("A folder a day, and `manifest.json`")),
  get("filesManifest", "/files/:dataset_name/manifest.json", "Every file of a data set", reads("dataset"))
    .setPath(DatasetFolder)
    .addSuccess(answer(Schema.Array(FileFacts), "The newest file of each closed day")),
  get(
    "listDayFiles",
    "/files/:dataset_name/:date/",
    "The file of a day",
    reads("dataset", { alsoPage: true })
  )
    .setPath(DayFolder)
    .addSuccess(listing("The newest file of the day, and `manifest.json`")),
  get(
    "dayManifest",
    "/files/:dataset_name/:date/manifest.json",
    "What the file of a day holds",
    reads("dataset")
  )
    .setPath(DayFolder)
    .addSuccess(answer(Schema.Array(FileFacts), "The newest file of the day, which is made for this answer"))
    .addError(problemOf("no-room")),
  get("dayFile", "/files/:dataset_name/:date/:file_name", "The rows of a day, as Parquet", reads("dataset"))
    .setPath(FilePath)
    .addSuccess(
      HttpApiSchema.Uint8Array({ contentType: PARQUET_TYPE }).annotations(
        HttpApiSchema.annotations({
          status: 200,
          description: "The file, or the part of it that `Range` asks for (206)"
        })
      )
    )
    .addError(problemOf("precondition-failed"))
    .addError(problemOf("range-not-satisfiable"))
    .addError(problemOf("no-room"))
    .annotate(
      OpenApi.Description,
      "Sorted by sensor, then time. Where late data change a day, it gets a file with another name; the one before can be " +
        "asked for as ever. `HEAD`, `Range` (single, suffix, several), `If-Range` and `If-Match` are heeded."
    )
) {}
