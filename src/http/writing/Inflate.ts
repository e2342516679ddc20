/**
 * A body that is compressed, made plain again; bounded, as it may unfold. `Content-Encoding` says how; where it says
 * nothing, gzip and zlib are known by how they begin, as in a message.
 */
import { gunzip, inflate } from "node:zlib"
import * as Effect from "effect/Effect"
import { packingOf } from "../../ingest/codecs/MessageDecode.js"
import { invalidField, Refusal } from "../core/Problems.js"

const DECODERS = { gzip: gunzip, "x-gzip": gunzip, deflate: inflate } as const

const isKnown = (encoding: string): encoding is keyof typeof DECODERS => Object.hasOwn(DECODERS, encoding)

const unknownCoding = (encoding: string): Refusal =>
  new Refusal({
    kind: "unsupported-media-type",
    detail: `Content-Encoding ${JSON.stringify(encoding)} is not taken: send gzip, deflate or none.`
  })

export const tooLarge = (limit: number): Refusal =>
  new Refusal({
    kind: "body-too-large",
    detail: `The body may have ${limit} bytes at most.`,
    headers: { connection: "close" }
  })

/** `limit` bytes at most come out; over it 413. */
export const plainBytes = (
  bytes: Uint8Array,
  contentEncoding: string | undefined,
  limit: number
): Effect.Effect<Uint8Array, Refusal> => {
  const said = (contentEncoding ?? "").trim().toLowerCase()
  const isSaid = said !== "" && said !== "identity"
  const encoding = isSaid ? said : packingOf(bytes)
  if (encoding === null) return Effect.succeed(bytes)
  if (!isKnown(encoding)) return Effect.fail(unknownCoding(encoding))
  return Effect.async((resume) => {
    DECODERS[encoding](bytes, { maxOutputLength: limit }, (error, plain) => {
      if (error === null) resume(Effect.succeed(plain))
      else if ("code" in error && error.code === "ERR_BUFFER_TOO_LARGE") resume(Effect.fail(tooLarge(limit)))
      else if (!isSaid) resume(Effect.succeed(bytes))
      else resume(Effect.fail(invalidField("", `the body is not ${encoding}, as Content-Encoding says`)))
    })
  })
}
