/** The log itself, and what did not get into it. */
import * as Schema from "effect/Schema"
import { EVENTS } from "../../domain/dataset/EventsDataset.js"
import { REFUSED } from "../../domain/dataset/RefusedDataset.js"
import { REJECTED } from "../../domain/dataset/RejectedDataset.js"
import { readsRows } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { fieldsOf } from "../core/ColumnFields.js"
import { get, group } from "../core/Endpoint.js"
import { EventParams, RejectedParams } from "../core/ListParameters.js"

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

export class LogGroup extends group(
  "Log",
  "The log itself, and what did not get into it",
  get("listEvents", "/events/", "The log: everything that ever happened, in its one order", readsRows())
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
    readsRows()
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
    "MQTT clients that this process turned away, each with its reason",
    readsRows()
  )
    .setUrlParams(RejectedParams)
    .addSuccess(answer(Schema.Array(RefusedClient), "The last clients, the newest first"))
) {}
