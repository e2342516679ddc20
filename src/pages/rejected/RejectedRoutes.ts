/** The page of one rejected message, and its form, which sends it through again. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { PROBLEMS } from "../../api/core/Problem.js"
import { RejectedPath } from "../../api/rejected/RejectedGroup.js"
import type { PagesService } from "../../http/core/Ports.js"
import { invalid, invalidField, type Refusal } from "../../http/core/Problems.js"
import { decodeBody } from "../../http/core/RequestDecoding.js"
import { rejectedPageAnswer } from "../../http/rejected/RejectedHandlers.js"
import { type ReplayParts, rejectedFound, sendAgain } from "../../http/rejected/RejectedReplay.js"
import { reasonOf } from "../../http/writing/Precondition.js"
import { pageForm } from "../core/PageForm.js"

const decodePath = decodeBody(RejectedPath)

const HEX = /^(?:[0-9a-f]{2})*$/i

/** The bytes that go in the message's place; null: its own. */
const payloadOf = (form: URLSearchParams): Either.Either<Uint8Array | null, Refusal> => {
  if (form.get("how") !== "edited") return Either.right(null)
  const text = form.get("payload") ?? ""
  if (form.get("as") !== "hex") return Either.right(Buffer.from(text))
  const digits = text.replace(/\s+/g, "")
  return HEX.test(digits)
    ? Either.right(Buffer.from(digits, "hex"))
    : Either.left(invalidField("payload", "must be bytes as pairs of hexadecimal digits: 7b 22 …"))
}

const sendForm = (parts: ReplayParts, id: string, form: URLSearchParams) =>
  Effect.gen(function* () {
    const message = yield* rejectedFound(parts.rejected, id)
    if (!["same", "edited"].includes(form.get("how") ?? "")) {
      return yield* Effect.fail(invalidField("how", "must be same or edited"))
    }
    const reason = (form.get("reason") ?? "").trim()
    const saying = yield* reasonOf(undefined, reason === "" ? undefined : { reason })
    return yield* sendAgain(parts, message, { payload: yield* payloadOf(form), reason: saying.reason })
  })

/** POST /rejected/{id}: sends it, and leads back to its page, which says what became of it. */
export const rejectedForm = (parts: ReplayParts & { readonly pages: PagesService }, id: string) =>
  Effect.gen(function* () {
    yield* Effect.mapError(decodePath({ rejected_id: id }), invalid)
    const form = yield* pageForm
    return yield* sendForm(parts, id, form).pipe(
      Effect.map(({ attempt }) =>
        HttpServerResponse.empty({ status: 303, headers: { location: `/rejected/${id}#attempt-${attempt}` } })
      ),
      // What was written is not lost; a message that is not there has no page to keep it.
      Effect.catchIf(
        (error): error is Refusal => error._tag === "Refusal" && error.kind !== "not-found",
        ({ detail, errors = [], kind }) =>
          rejectedPageAnswer(
            parts.pages,
            id,
            { form: "replay", values: form, errors, message: `Nothing was sent: ${detail}` },
            PROBLEMS[kind].status
          )
      )
    )
  })
