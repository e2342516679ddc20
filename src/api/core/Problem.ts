/**
 * What every answer of 400 and up is: RFC 9457 problem details, with each bad field named at once.
 */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { field } from "./ContractFields.js"

export const PROBLEM_TYPE = "application/problem+json"

export const FieldError = Schema.Struct({
  field: field(
    Schema.String,
    "The parameter or the path in the body; of an array's item `[3].value`; empty: all of it",
    "limit"
  ),
  message: field(Schema.String, "What is wrong with it", "must be an integer from 1 to 1000")
}).annotations({ identifier: "FieldError", description: "One bad field" })
export type FieldError = typeof FieldError.Type

export const Problem = Schema.Struct({
  type: field(
    Schema.String,
    "What kind of problem it is, as a URI that does not change",
    "urn:tidemark:problem:invalid-request"
  ),
  title: field(Schema.String, "The kind in words", "The request is not valid"),
  status: field(Schema.Int.pipe(Schema.between(400, 599)), "The HTTP status", 400),
  detail: field(Schema.String, "What happened this time", "limit must be an integer from 1 to 1000"),
  errors: field(Schema.Array(FieldError), "Each bad field; empty where no field is to blame")
}).annotations({ identifier: "Problem", description: "RFC 9457 problem details" })
export type Problem = typeof Problem.Type

/** Every kind of problem: the last part of its type, its status and its title. */
export const PROBLEMS = {
  "invalid-request": { status: 400, title: "The request is not valid" },
  unauthorized: { status: 401, title: "A key is needed" },
  forbidden: { status: 403, title: "This key may not do that" },
  "not-found": { status: 404, title: "Not found" },
  "method-not-allowed": { status: 405, title: "This method is not allowed here" },
  "not-acceptable": { status: 406, title: "No such representation" },
  "count-differs": { status: 409, title: "It is not as many readings as expected" },
  conflict: { status: 409, title: "The same request is at work already" },
  "precondition-failed": { status: 412, title: "It has changed meanwhile" },
  "body-too-large": { status: 413, title: "The body is too large" },
  "unsupported-media-type": { status: 415, title: "This kind of body is not taken" },
  "range-not-satisfiable": { status: 416, title: "There is no such part" },
  "not-replayable": { status: 422, title: "This message can't be sent through again" },
  "key-reused": { status: 422, title: "The Idempotency-Key was used with another body" },
  "too-many-requests": { status: 429, title: "Too many requests" },
  "internal-error": { status: 500, title: "Something went wrong in the server" },
  overloaded: { status: 503, title: "Too much is being written now" },
  "too-many-streams": { status: 503, title: "Too many are reading live" },
  "provider-away": { status: 503, title: "Who signs people in can't be reached now" },
  unavailable: { status: 503, title: "The database can't be reached now" },
  "query-too-long": { status: 503, title: "The database took too long to answer" },
  "no-room": { status: 507, title: "There is no room to make this file" }
} as const
export type ProblemKind = keyof typeof PROBLEMS

export const problemOf = (kind: ProblemKind) =>
  Problem.pipe(HttpApiSchema.withEncoding({ kind: "Json", contentType: PROBLEM_TYPE })).annotations(
    HttpApiSchema.annotations({
      // Annotating drops the name by which OpenAPI refers to it, so it comes last.
      identifier: "Problem",
      status: PROBLEMS[kind].status,
      description: PROBLEMS[kind].title
    })
  )
