/** Conditions and reasons of a change. The `ETag` of a reading is the position of its row in force. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Reason } from "../../api/data/Writing.js"
import { type Position, position, type ReadingId } from "../../domain/Ids.js"
import type { Reading } from "../../domain/Reading.js"
import type { EventLogService, LogError } from "../../eventlog/EventLog.js"
import { invalidField, notFound, Refusal } from "../core/Problems.js"

export const etagOf = (reading: Reading): string => `"${reading.position}"`

const TAG = /^(?:W\/)?"([^"]*)"$/
const DIGITS = /^\d{1,16}$/

/** The positions that `If-Match` names; "any": `*`. A weak tag, or one that is not ours, matches nothing. */
export const parseIfMatch = (header: string): "any" | ReadonlyArray<number> | undefined => {
  if (header.trim() === "*") return "any"
  const tags = header.split(",").map((part) => part.trim())
  if (!tags.every((tag) => TAG.test(tag))) return undefined
  return tags.flatMap((tag) => {
    const text = tag.startsWith("W/") ? "" : tag.slice(1, -1)
    return DIGITS.test(text) ? [Number(text)] : []
  })
}

const changed = (id: ReadingId, at: Position): Refusal =>
  new Refusal({
    kind: "precondition-failed",
    detail: `Reading ${id} is not as If-Match says: its row in force is at position ${at}.`,
    headers: { etag: `"${at}"` }
  })

/** What `If-Match` asks of reading `id`: the position that the log must find in force; nothing without it. */
export const ifPosition = (
  log: EventLogService,
  id: ReadingId,
  header: string | undefined
): Effect.Effect<{ readonly ifPosition?: Position }, Refusal | LogError> => {
  if (header === undefined) return Effect.succeed({})
  const versions = parseIfMatch(header)
  if (versions === undefined) {
    return Effect.fail(invalidField("If-Match", 'must be the ETag of the reading in quotes, or "*"'))
  }
  const [only] = versions
  if (versions === "any") return Effect.succeed({})
  if (versions.length === 1 && only !== undefined)
    return Effect.succeed({ ifPosition: position(Number(only)) })
  return Effect.gen(function* () {
    const { position: head } = yield* log.head
    const current = Option.getOrNull(yield* log.reading(id, head))
    if (current === null) return yield* Effect.fail(notFound(`There is no reading ${id}, or it was deleted.`))
    return versions.includes(current.position)
      ? { ifPosition: current.position }
      : yield* Effect.fail(changed(id, current.position))
  })
}

const decodeReason = Schema.decodeUnknownEither(Schema.NullishOr(Reason))

/** The reason of a change, from the parameter or the body's field; both, and they differ: refused. */
export const reasonOf = (
  parameter: string | undefined,
  body: unknown
): Either.Either<{ readonly reason?: string }, Refusal> => {
  const field =
    typeof body === "object" && body !== null && "reason" in body
      ? decodeReason(body.reason)
      : Either.right(null)
  if (Either.isLeft(field)) {
    return Either.left(invalidField("reason", "must be text of 1 to 500 characters, or null"))
  }
  const bodyReason = field.right ?? undefined
  if (bodyReason !== undefined && parameter !== undefined && bodyReason !== parameter) {
    return Either.left(invalidField("reason", "is another one in the body than in the address"))
  }
  const reason = parameter ?? bodyReason
  return Either.right(reason === undefined ? {} : { reason })
}
