/** The forms of the page of keys: one makes a key and shows it, one revokes a key. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import type { KeyBookService } from "../../access/KeyBook.js"
import { PROBLEMS } from "../../api/core/Problem.js"
import { KeyPath } from "../../api/system/KeysGroup.js"
import type { PagesService } from "../../http/core/Ports.js"
import { invalid, type Refusal } from "../../http/core/Problems.js"
import { decodeBody } from "../../http/core/RequestDecoding.js"
import { createdKey, keysPageAnswer, revokedKey } from "../../http/system/KeyHandlers.js"
import { pageForm } from "../core/PageForm.js"

const decodePath = decodeBody(KeyPath)

/** What the form says, as the API takes it: what is empty is not said. */
const bodyOf = (form: URLSearchParams) => {
  const said = (name: string) => (form.get(name) ?? "").trim()
  const listed = (name: string) =>
    said(name)
      .split(",")
      .map((part) => part.trim())
  return {
    name: said("name"),
    role: said("role"),
    sensors: said("sensors") === "" ? null : listed("sensors"),
    datasets: said("datasets") === "" ? null : listed("datasets"),
    expires_at: said("expires_at") === "" ? null : said("expires_at")
  }
}

export const keyForm = (pages: PagesService, book: KeyBookService) =>
  Effect.gen(function* () {
    const form = yield* pageForm
    return yield* createdKey(book, bodyOf(form)).pipe(
      Effect.flatMap(({ secret }) => keysPageAnswer(pages, book, { created: secret })),
      Effect.catchIf(
        (error): error is Refusal => error._tag === "Refusal",
        ({ detail, errors = [], kind }) =>
          keysPageAnswer(
            pages,
            book,
            { form: { form: "key", values: form, errors, message: `No key was made: ${detail}` } },
            PROBLEMS[kind].status
          )
      )
    )
  })

export const revocationForm = (book: KeyBookService, id: string) =>
  Effect.gen(function* () {
    const path = yield* Effect.mapError(decodePath({ key_id: id }), invalid)
    yield* pageForm
    yield* revokedKey(book, path.key_id)
    return HttpServerResponse.empty({ status: 303, headers: { location: "/keys/" } })
  })
