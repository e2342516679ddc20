/**
 * Every answer of 400 and up, made in one place: `application/problem+json`, never a stack.
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import {
  type FieldError,
  PROBLEM_TYPE,
  PROBLEMS,
  type Problem,
  type ProblemKind
} from "../../api/core/Problem.js"
import { CatalogueChanged } from "../../domain/catalogue/CatalogueChanged.js"
import { ShapeRefused } from "../../domain/shaping/Shaping.js"
import {
  AppendRefused,
  LogCorrupt,
  LogUnavailable,
  ReadingChanged,
  ReadingNotFound
} from "../../eventlog/EventLog.js"

export const ERRORS_NAMED_MAX = 1_000
/** How long a client is asked to wait while the database is away, in seconds. */
export const RETRY_AFTER_SECONDS = 5

export class Refusal extends Data.TaggedError("Refusal")<{
  readonly kind: ProblemKind
  readonly detail: string
  readonly errors?: ReadonlyArray<FieldError>
  readonly headers?: Readonly<Record<string, string>>
}> {}

export const problemBody = ({ detail, errors = [], kind }: Omit<Refusal, "_tag">): Problem => ({
  type: `urn:tidemark:problem:${kind}`,
  title: PROBLEMS[kind].title,
  status: PROBLEMS[kind].status,
  detail,
  errors: errors.slice(0, ERRORS_NAMED_MAX)
})

export const problemResponse = (refusal: Refusal): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(JSON.stringify(problemBody(refusal)), {
    status: PROBLEMS[refusal.kind].status,
    contentType: PROBLEM_TYPE,
    headers: refusal.headers ?? {}
  })

const sentence = ({ field, message }: FieldError): string => (field === "" ? message : `${field} ${message}`)

/** 400: the detail says the first bad fields in words, `errors` has them all. */
export const invalid = (errors: ReadonlyArray<FieldError>): Refusal => {
  const summary = errors.slice(0, 3).map(sentence).join("; ")
  const more = errors.length - 3
  return new Refusal({
    kind: "invalid-request",
    detail: more > 0 ? `${summary}; and ${more} more` : summary,
    errors
  })
}

export const invalidField = (field: string, message: string): Refusal => invalid([{ field, message }])

export const notFound = (detail: string): Refusal => new Refusal({ kind: "not-found", detail })

export const internal: Refusal = new Refusal({
  kind: "internal-error",
  detail: "The server's log says more."
})

export const noDatabase: Refusal = new Refusal({
  kind: "unavailable",
  detail:
    "The database can't be reached now; the same request may be made again. /health says why, and since when.",
  headers: { "retry-after": String(RETRY_AFTER_SECONDS) }
})

const tooLong: Refusal = new Refusal({
  kind: "query-too-long",
  detail:
    "The database took too long, and ended the query: ask for less at once, a shorter time or one sensor."
})

/** What a handler may fail with: the gate makes a problem of it. */
export const HandlerError = Schema.Union(
  Schema.instanceOf(Refusal),
  Schema.instanceOf(LogUnavailable),
  Schema.instanceOf(LogCorrupt),
  Schema.instanceOf(ReadingNotFound),
  Schema.instanceOf(ReadingChanged),
  Schema.instanceOf(AppendRefused),
  Schema.instanceOf(CatalogueChanged),
  Schema.instanceOf(ShapeRefused)
)
export type HandlerError = typeof HandlerError.Type
export const isHandlerError = Schema.is(HandlerError)

/**
 * What a failure of the log is for a client. The log refuses a reading for its sensor alone; `refusedField` names it
 * within the body.
 */
export const refusalOf = (
  error: HandlerError,
  refusedField: (index: number) => string = () => "sensor_id"
): Refusal => {
  switch (error._tag) {
    case "Refusal":
      return error
    case "LogUnavailable":
      if (error.archived) return invalidField("", error.reason)
      return error.tookTooLong ? tooLong : noDatabase
    case "LogCorrupt":
      return internal
    case "ReadingNotFound":
      return notFound(`There is no reading ${error.id}, or it was deleted.`)
    case "ReadingChanged":
      return new Refusal({
        kind: "precondition-failed",
        detail: `Reading ${error.id} has changed meanwhile: its row in force is at position ${error.position}.`,
        headers: { etag: `"${error.position}"` }
      })
    case "CatalogueChanged":
      return new Refusal({
        kind: "precondition-failed",
        detail: `What is said of ${error.subject} has changed meanwhile: it is at version ${error.position}.`,
        headers: { etag: `"${error.position}"` }
      })
    case "ShapeRefused":
      return invalidField(error.parameter, error.reason)
    case "AppendRefused":
      return invalid([{ field: refusedField(error.index), message: error.reason }])
  }
}
