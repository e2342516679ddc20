/**
 * A request's body, bounded, and as JSON. The platform's own reader destroys the connection when the bound is passed, so
 * that the client never sees the 413: here the rest is read and dropped first, up to a bound of its own.
 */

import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Effect from "effect/Effect"
import { DEPTH_MAX, isDeep, keyTwice } from "../../ingest/codecs/JsonScan.js"
import { Document } from "../../ingest/codecs/MessageDecode.js"
import { HttpLimits } from "../core/Limits.js"
import { invalidField, Refusal } from "../core/Problems.js"
import { plainBytes, tooLarge } from "./Inflate.js"

/** How many times the limit is read and dropped, so that the client can hear the answer. */
const DROPPED_MAX_FACTOR = 16

/** The bytes of the body, as they come over the wire; over `limit` bytes 413. */
const wireBytes = (
  request: HttpServerRequest.HttpServerRequest,
  limit: number
): Effect.Effect<Uint8Array, Refusal> =>
  Effect.async((resume) => {
    const source = NodeHttpServerRequest.toIncomingMessage(request)
    const chunks: Array<Buffer> = []
    let size = 0
    const end = (result: Effect.Effect<Uint8Array, Refusal>) => {
      source.off("data", onData)
      source.off("end", onEnd)
      source.off("close", onClose)
      resume(result)
    }
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size <= limit) chunks.push(chunk)
      else chunks.length = 0
      if (size > limit * DROPPED_MAX_FACTOR) {
        source.pause()
        end(Effect.fail(tooLarge(limit)))
      }
    }
    const onEnd = () =>
      end(size > limit ? Effect.fail(tooLarge(limit)) : Effect.succeed(Buffer.concat(chunks)))
    const onClose = () => end(Effect.fail(invalidField("", "the body ended too early")))
    source.on("data", onData)
    source.once("end", onEnd)
    // "error" is followed by "close"; without a listener it would end the process.
    source.once("error", () => {})
    source.once("close", onClose)
    if (source.destroyed) onClose()
  })

/** The bytes of the body, plain again where `Content-Encoding` says that they are compressed; over `limit` bytes 413. */
export const readBytes = (
  request: HttpServerRequest.HttpServerRequest,
  limit: number
): Effect.Effect<Uint8Array, Refusal> =>
  Effect.flatMap(wireBytes(request, limit), (bytes) =>
    plainBytes(bytes, request.headers["content-encoding"], limit)
  )

export const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

/** Only JSON: a form or plain text can be sent by any web page without asking, JSON can't. */
export const checkType = (contentType: string | undefined): Effect.Effect<void, Refusal> =>
  contentType === undefined || JSON_TYPE.test(contentType.trim())
    ? Effect.void
    : Effect.fail(
        new Refusal({
          kind: "unsupported-media-type",
          detail: "Send the body as Content-Type: application/json."
        })
      )

/** The body as JSON, with its text. */
export const parseDocument = (bytes: Uint8Array): Effect.Effect<Document, Refusal> =>
  Effect.try({
    try: () => {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes)
      const json: unknown = JSON.parse(text)
      const twice = keyTwice(text, json)
      if (twice !== null) throw new SyntaxError(`the key ${JSON.stringify(twice)} stands twice in one object`)
      return new Document(text, json)
    },
    catch: (error) =>
      invalidField(
        "",
        bytes.length === 0
          ? "the body is empty"
          : error instanceof SyntaxError
            ? `the body is not JSON: ${error.message}`
            : "the body is not valid UTF-8"
      )
  })

/** What decodes a body by its schema calls itself as deep as it is nested, and so does what writes it in an error. */
const shallow = (document: Document): Effect.Effect<Document, Refusal> =>
  isDeep(document.json)
    ? Effect.fail(invalidField("", `the body is nested deeper than ${DEPTH_MAX}`))
    : Effect.succeed(document)

export const parseJson = (bytes: Uint8Array): Effect.Effect<unknown, Refusal> =>
  Effect.map(Effect.flatMap(parseDocument(bytes), shallow), ({ json }) => json)

export const documentBody = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const { bodyBytesMax } = yield* HttpLimits
  yield* checkType(request.headers["content-type"])
  const bytes = yield* readBytes(request, bodyBytesMax)
  return yield* Effect.flatMap(parseDocument(bytes), shallow)
})

export const jsonBody: Effect.Effect<unknown, Refusal, HttpServerRequest.HttpServerRequest> = Effect.map(
  documentBody,
  ({ json }) => json
)
