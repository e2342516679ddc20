/** The log itself, and what did not get into it. */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { EVENTS } from "../../domain/dataset/EventsDataset.js"
import { IMPORTS } from "../../domain/dataset/ImportsDataset.js"
import { REFUSED } from "../../domain/dataset/RefusedDataset.js"
import { REJECTED } from "../../domain/dataset/RejectedDataset.js"
import { readsRows, writes } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { fieldsOf } from "../core/ColumnFields.js"
import { field, says, Whole } from "../core/ContractFields.js"
import { get, group, post } from "../core/Endpoint.js"
import { EventParams, PagedParams, RejectedParams } from "../core/ListParameters.js"

export const LogEvent = Schema.Struct(fieldsOf(EVENTS.columns)).annotations({
  identifier: EVENTS.entity,
  description: "One event of the log"
})
export type LogEvent = typeof LogEvent.Type

export const Rejected = Schema.Struct(fieldsOf(REJECTED.columns)).annotations({
  identifier: REJECTED.entity,
  description: "A message that could not be decoded or stored"
})
export type Rejected = typeof Rejected.Type

export const RefusedClient = Schema.Struct(fieldsOf(REFUSED.columns)).annotations({
  identifier: REFUSED.entity,
  description: "An MQTT client that was turned away"
})
export type RefusedClient = typeof RefusedClient.Type

export const Import = Schema.Struct(fieldsOf(IMPORTS.columns)).annotations({
  identifier: IMPORTS.entity,
  description: "A file, or a body of many rows, that was imported"
})
export type Import = typeof Import.Type

/** Longest name of an import's source, in characters. */
export const SOURCE_LENGTH_MAX = 255

export const ImportInput = Schema.Struct({
  source: field(
    Schema.String.pipe(
      Schema.minLength(1),
      Schema.maxLength(SOURCE_LENGTH_MAX),
      Schema.filter((text) => !text.includes("\0") && text.isWellFormed(), { jsonSchema: {} })
    ).annotations(says(`must be text of 1 to ${SOURCE_LENGTH_MAX} characters`)),
    "Name of the file",
    "greenhouse.csv"
  )
}).annotations({ identifier: "ImportInput", description: "An import that begins" })

export const ImportBegun = Schema.Struct({
  id: field(Whole, "The number of this import, as `import_id` names it", 12),
  client_id: field(
    Schema.String,
    "What is published over MQTT under this client id is part of the import: tell it to nobody",
    "import-12-5f0c6d1e9b3a47d28c4e6f7081923a4b"
  )
}).annotations({ identifier: "ImportBegun", description: "An import, and who may bring readings into it" })

export class LogGroup extends group(
  "Log",
  "The log itself, and what did not get into it",
  get(
    "listEvents",
    "/events/",
    "The log: everything that ever happened, in its one order",
    readsRows("everything", EVENTS.name)
  )
    .setUrlParams(EventParams)
    .addSuccess(
      answer(
        Schema.Array(LogEvent),
        "The events, in order of position. The next page is in the `Link` header."
      )
    ),
  get(
    "listRejected",
    "/rejected/",
    "Messages that could not be decoded or stored, each with its reason",
    readsRows("everything", REJECTED.name)
  )
    .setUrlParams(RejectedParams)
    .addSuccess(
      answer(
        Schema.Array(Rejected),
        "The messages, newest first. A page of large ones is cut short; the next is in the `Link` header."
      )
    ),
  get(
    "listRefused",
    "/refused_clients/",
    "MQTT clients that were turned away, each with its reason",
    readsRows("everything", REFUSED.name)
  )
    .setUrlParams(PagedParams)
    .addSuccess(answer(Schema.Array(RefusedClient), "The last clients, the newest first")),
  get(
    "listImports",
    "/imports/",
    "Files and bodies of many rows that were imported",
    readsRows("everything", IMPORTS.name)
  )
    .setUrlParams(PagedParams)
    .addSuccess(answer(Schema.Array(Import), "The imports, the newest first")),
  post("beginImport", "/imports/", "Begin an import whose readings come over MQTT", writes("everything"))
    .setPayload(ImportInput)
    .addSuccess(answer(ImportBegun, "The import that begins", 201))
    .annotate(
      OpenApi.Description,
      "`tidemark replay` does it. A POST of CSV or NDJSON is an import by itself: its number is in the header " +
        "`Tidemark-Import`. What an import stored is taken back by `POST /data/delete` with its `import_id`."
    )
) {}
