/**
 * The limits of HTTP, each with its unit. App.ts sets those that are settings.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { MICROS_PER_DAY, MIN_TIME, type Micros } from "../../domain/Time.js"
import { DEFAULT_DECODE_LIMITS, type DecodeLimits } from "../../ingest/codecs/MessageDecode.js"

export interface HttpLimitsShape {
  /** Bytes of a request's body; over it 413. */
  readonly bodyBytesMax: number
  /** How far in the future a reading's time may lie, in µs. */
  readonly futureMicrosMax: number
  /** An earlier time is that of a clock that is not set. */
  readonly minTime: Micros
}

export const DEFAULT_HTTP_LIMITS: HttpLimitsShape = {
  bodyBytesMax: 1_048_576,
  futureMicrosMax: MICROS_PER_DAY,
  minTime: MIN_TIME
}

export class HttpLimits extends Context.Reference<HttpLimits>()("tidemark/HttpLimits", {
  defaultValue: () => DEFAULT_HTTP_LIMITS
}) {}

/** How large a message may be, in bytes: what is sent through again is bounded as what devices send. */
export class MessageLimits extends Context.Reference<MessageLimits>()("tidemark/MessageLimits", {
  defaultValue: () => ({ payloadBytesMax: 65_536 })
}) {}

/** The mappings and presets by which messages are read. */
export class MessageReading extends Context.Reference<MessageReading>()("tidemark/MessageReading", {
  defaultValue: () => DEFAULT_DECODE_LIMITS.reader
}) {}

/** How a message is read that comes by HTTP, as one that comes by MQTT is. */
export const decodeLimits = Effect.gen(function* () {
  const { payloadBytesMax } = yield* MessageLimits
  const { futureMicrosMax, minTime } = yield* HttpLimits
  const reader = yield* MessageReading
  return {
    ...DEFAULT_DECODE_LIMITS,
    payloadBytesMax,
    futureMicrosMax,
    minTime,
    reader
  } satisfies DecodeLimits
})

/** What one key, and one address, may ask for; 0: any number. */
export interface RequestBounds {
  /** Requests in a second, on average. */
  readonly perSecondMax: number
  /** Requests that are answered at once. */
  readonly atOnceMax: number
}

export const NO_REQUEST_BOUNDS: RequestBounds = { perSecondMax: 0, atOnceMax: 0 }

/** Limits of the server, which hold for every connection. */
export const SERVER_LIMITS = {
  /** Milliseconds that a whole request may take to arrive. */
  requestTimeout: 30_000,
  /** Milliseconds that its head may take. */
  headersTimeout: 10_000,
  /** Milliseconds that the handshake of TLS may take. */
  handshakeTimeout: 10_000,
  /** Milliseconds that an idle connection is kept. */
  keepAliveTimeout: 5_000,
  /** How often the two above are looked at, in milliseconds. */
  connectionsCheckingInterval: 1_000,
  /** Bytes of a request's head. */
  maxHeaderSize: 16_384
} as const

/** Connections at once. */
export const CONNECTIONS_MAX = 1_024
/** How long a stopping server waits for the requests that are being answered, in milliseconds. */
export const DRAIN_MILLIS = 3_000

/** What documents about the data say beside the licence: who publishes them, and how late a reading may come. */
export class PublishingTerms extends Context.Reference<PublishingTerms>()("tidemark/PublishingTerms", {
  defaultValue: (): { readonly publisher: string | null; readonly latenessSeconds: number } => ({
    publisher: null,
    latenessSeconds: 10
  })
}) {}

/** Under which terms the data may be used: what columnar files say of it. */
export class ExportTerms extends Context.Reference<ExportTerms>()("tidemark/ExportTerms", {
  defaultValue: () => ({ licence: "not stated" })
}) {}
