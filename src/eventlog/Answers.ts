/**
 * The answers that are kept by `Idempotency-Key`, so that who sends a request again hears what the first one was
 * told.
 *
 * Invariants:
 * 1. What `keep` has stored is found until it expires, or until newer answers need its room.
 * 2. Answers, and their bytes, are bounded: the oldest go first. The readings themselves are safe without: their
 *    own keys make a request that is sent again add nothing.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import { MICROS_PER_DAY, type Micros } from "../domain/Time.js"
import type { LogError } from "./EventLog.js"

/** How long an answer is kept, in µs. */
export const ANSWER_LIFETIME = MICROS_PER_DAY
/** Answers that are kept, at most. */
export const ANSWERS_MAX = 10_000
/** Bytes of answers that are kept, compressed, at most. */
export const ANSWER_BYTES_MAX = 268_435_456

/** What tells one request from another: SHA-256 of who asks, where and by which key; and of the body. */
export interface KeyedRequest {
  readonly id: Buffer
  readonly request: Buffer
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** `Other`: the key was used with another body. */
export type AnswerMatch =
  | { readonly _tag: "None" }
  | { readonly _tag: "Same"; readonly answer: Answer }
  | { readonly _tag: "Other" }

export interface AnswersService {
  readonly find: (request: KeyedRequest) => Effect.Effect<AnswerMatch, LogError>
  readonly keep: (request: KeyedRequest, answer: Answer) => Effect.Effect<void, LogError>
}

export class Answers extends Context.Tag("tidemark/Answers")<Answers, AnswersService>() {}

/** Whether an answer that was kept at `createdAt` counts no more. */
export const isExpired = (createdAt: Micros, now: Micros): boolean => createdAt <= now - ANSWER_LIFETIME
