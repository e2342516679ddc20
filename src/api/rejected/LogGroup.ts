/** The log itself, and what did not get into it. */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { EVENTS } from "../../domain/dataset/EventsDataset.js"
import { REFUSED } from "../../domain/dataset/RefusedDataset.js"
import { REJECTED } from "../../domain/dataset/RejectedDataset.js"
import { Access, readsRows } from "../core/Access.js"
import { fieldsOf } from "../core/ColumnFields.js"
import { EventParams, RejectedParams } from "../core/ListParameters.js"
import { problemOf } from "../core/Problem.js"

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

const rows = <A, I>(schema: Schema.Schema<A, I>, description: string) =>
  Schema.Array(schema).annotations(HttpApiSchema.annotations({ status: 200, description }))

export class LogGroup extends HttpApiGroup.make("Log")
  .add(
    HttpApiEndpoint.get("listEvents", "/events/")
      .annotate(Access, readsRows({ asOf: true }))
      .setUrlParams(EventParams)
      .addSuccess(rows(LogEvent, "The events, in order of position. The next page is in the `Link` header."))
      .addError(problemOf("invalid-request"))
      .annotate(OpenApi.Summary, "The log: everything that ever happened, in its one order")
  )
  .add(
    HttpApiEndpoint.get("listRejected", "/rejected/")
      .annotate(Access, readsRows())
      .setUrlParams(RejectedParams)
      .addSuccess(
        rows(
          Rejected,
          "The messages, newest first. A page of large ones is cut short; the next is in the `Link` header."
        )
      )
      .addError(problemOf("invalid-request"))
      .annotate(OpenApi.Summary, "Messages that could not be decoded or stored, each with its reason")
  )
  .add(
    HttpApiEndpoint.get("listRefused", "/refused_clients/")
      .annotate(Access, readsRows())
      .setUrlParams(RejectedParams)
      .addSuccess(rows(RefusedClient, "The last clients, the newest first"))
      .addError(problemOf("invalid-request"))
      .annotate(OpenApi.Summary, "MQTT clients that this process turned away, each with its reason")
  )
  .annotate(OpenApi.Description, "The log itself, and what did not get into it") {}
