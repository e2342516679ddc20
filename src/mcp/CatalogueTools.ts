/** Tools about what there is: the data sets, their columns, and the sensors. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { DatasetVersion } from "../api/catalogue/CatalogueWords.js"
import { PAGE_LIMIT_MAX } from "../api/core/ContractParameters.js"
import { isObject, type Json } from "../api/core/DocumentJson.js"
import { type DescribedDataset, searchDatasets } from "../domain/catalogue/CatalogueDataset.js"
import { NO_EDIT, titleOf, withEdit } from "../domain/catalogue/CatalogueEdits.js"
import { DATASETS, type DatasetDefinition } from "../domain/catalogue/DatasetDescriptions.js"
import {
  AS_OF,
  fromContract,
  get,
  LIMIT,
  limitOf,
  nextOf,
  type Question,
  rowsOf,
  type Tool,
  ToolRefused
} from "./Tool.js"

/** Where the rows of a data set can be asked for by time. */
const BY_TIME: Readonly<Record<string, string>> = {
  sensor_data: "/data/",
  aggregated_sensor_data: "/aggregated_data/"
}

const versions = Schema.decodeUnknown(Schema.Array(DatasetVersion))

/** A data set in the words that held when the position was given out: what was said later is left out. */
const described = ({ ask, position }: Question, definition: DatasetDefinition) =>
  Effect.gen(function* () {
    const { body } = yield* get(ask, `/metadata/${definition.name}/history`, {})
    const history = yield* Effect.mapError(
      versions(body),
      () => new ToolRefused({ detail: `The server's history of ${definition.name} can't be read.` })
    )
    const last = history.filter(({ log_position }) => log_position < position).at(-1)
    const edit = last ?? NO_EDIT
    const dataset: DescribedDataset = {
      definition: withEdit(definition, edit),
      edit,
      version: last?.version ?? 0,
      describedAt: null
    }
    return dataset
  })

const headingOf = ({ definition, edit }: DescribedDataset) => ({
  data_set: definition.name,
  title: edit.title ?? titleOf(definition.name),
  description: definition.description
})

/** All sensors as of the position, in as few words as tell them apart. */
export const sensorsOf = ({ ask, given }: Question) =>
  Effect.gen(function* () {
    const sensors: Array<Json> = []
    for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
      const reply = yield* get(ask, "/sensors/", {
        as_of: given.as_of,
        tag: given.tag,
        limit: PAGE_LIMIT_MAX,
        cursor
      })
      for (const { derived, gone_since, interval_ms, metadata, name, retired, sensor_id } of rowsOf(reply)) {
        const { description, type, unit } = isObject(metadata) ? metadata : ({} as Json)
        sensors.push({ sensor_id, name, type, unit, description, interval_ms, derived, retired, gone_since })
      }
      cursor = nextOf(reply, "cursor")
    }
    return sensors
  })

const holds =
  (words: ReadonlyArray<string>) =>
  ({ description, name, sensor_id, type, unit }: Json): boolean => {
    const text = [sensor_id, name, type, unit, description].join("\n").toLowerCase()
    return words.every((word) => text.includes(word))
  }

const textsOf = (sensors: ReadonlyArray<Json>): ReadonlyArray<string> => [
  ...new Set(sensors.flatMap(({ type, unit }) => [type, unit]).filter((text) => typeof text === "string"))
]

const search = (): Tool => ({
  name: "search_catalogue",
  title: "Search the catalogue",
  description:
    "Finds sensors and data sets. Start here: other tools take the sensor numbers that it returns. `search` holds words " +
    "that must all occur in a sensor's number, name, type, unit or description, or in what is said of a data set; without " +
    "it everything is listed. gone_since says since when a sensor has been silent for too long, or null.",
  parameters: {
    ...fromContract("/metadata", ["search", "skip"]),
    ...fromContract("/sensors", ["tag"]),
    limit: LIMIT,
    ...AS_OF()
  },
  answer: (question) =>
    Effect.gen(function* () {
      const { given } = question
      const words = String(given.search ?? "")
      const sensors = yield* sensorsOf(question)
      const datasets = yield* Effect.forEach(DATASETS, (definition) => described(question, definition))
      const matching = sensors.filter(holds(words.toLowerCase().split(/\s+/).filter(Boolean)))
      const skip = Number(given.skip ?? 0)
      const end = skip + (yield* limitOf(given))
      return {
        answer: {
          data_sets: searchDatasets(words, datasets, textsOf(sensors)).map(headingOf),
          sensors: matching.slice(skip, end),
          sensors_total: matching.length
        },
        ...(end < matching.length ? { next: { skip: end } } : {})
      }
    })
})

/** The earliest and latest time of a data set; null: it is empty. */
const extentOf = ({ ask, given }: Question, path: string) =>
  Effect.map(
    Effect.forEach(["asc", "desc"], (order) =>
      get(ask, path, { order, limit: 1, fields: "timestamp", as_of: given.as_of })
    ),
    ([earliest, latest]) => ({
      start_time: earliest === undefined ? null : (rowsOf(earliest)[0]?.timestamp ?? null),
      end_time: latest === undefined ? null : (rowsOf(latest)[0]?.timestamp ?? null)
    })
  )

const describe = (): Tool => ({
  name: "describe_data_set",
  title: "Describe a data set",
  description:
    "Says what a data set holds: what a row is, each column with its unit and meaning, what it is made from, who answers for " +
    "it and under which licence it may be used, and from when to when there are rows. Read it before you interpret columns.",
  parameters: {
    data_set: {
      type: "string",
      enum: DATASETS.map(({ name }) => name),
      description: "Name of the data set. sensor_data holds the readings."
    },
    ...AS_OF()
  },
  required: ["data_set"],
  answer: (question) =>
    Effect.gen(function* () {
      const { data_set: name } = question.given
      const own = DATASETS.find((one) => one.name === name)
      if (own === undefined) {
        const names = DATASETS.map((one) => one.name).join(", ")
        return yield* new ToolRefused({ detail: `There is no data set ${name}. There are ${names}.` })
      }
      const dataset = yield* described(question, own)
      const { definition, edit, version } = dataset
      const path = BY_TIME[definition.name]
      return {
        answer: {
          ...headingOf(dataset),
          application: definition.application,
          lineage: definition.lineage,
          made_from: definition.madeFrom,
          owner: edit.owner,
          contact: edit.contact,
          publisher: edit.publisher,
          licence: edit.licence,
          tags: edit.tags,
          version,
          columns: definition.columns.map(({ description, kind, name: column, unit }) => ({
            column,
            kind,
            unit: unit ?? null,
            description
          })),
          ...(path === undefined ? {} : yield* extentOf(question, path))
        }
      }
    })
})

export const catalogueTools = (): ReadonlyArray<Tool> => [search(), describe()]
