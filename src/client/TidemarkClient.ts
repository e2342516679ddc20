/**
 * The client for programs on Effect, `tidemark/client`: made of the contract itself, so that what it sends and takes
 * is checked by the schemas that the server has, and each call's failure says which problems there are.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { Problem, ProblemKind } from "../api/core/Problem.js"
import { TidemarkApi } from "../api/TidemarkApi.js"

export { FieldError, Problem, type ProblemKind } from "../api/core/Problem.js"
export { Aggregate } from "../api/data/AggregateContract.js"
export { Reading, ReadingInput } from "../api/data/ReadingContract.js"
export { BulkResult, ReadingVersion } from "../api/data/Writing.js"
export { LiveReading } from "../api/live/LiveGroup.js"
export { Sensor } from "../api/sensors/SensorContract.js"
export { LogEvent, Rejected } from "../api/system/LogGroup.js"
export { ReadingId, readingId, SensorId, sensorId } from "../domain/Ids.js"
export { formatTime, Micros, micros, parseTime } from "../domain/Time.js"
export { TidemarkApi }

export interface ClientOptions {
  /** Where the server is: "http://127.0.0.1:8000". */
  readonly baseUrl: string | URL
  /** Sent as `Authorization: Bearer`. */
  readonly key?: string | Redacted.Redacted | undefined
}

/** A client on the `HttpClient` that is there: a group an object, an endpoint a method. */
export const make = ({ baseUrl, key }: ClientOptions) =>
  HttpApiClient.make(TidemarkApi, {
    baseUrl,
    ...(key === undefined
      ? {}
      : { transformClient: HttpClient.mapRequest(HttpClientRequest.bearerToken(key)) })
  })

export class TidemarkClient extends Context.Tag("tidemark/client/TidemarkClient")<
  TidemarkClient,
  Effect.Effect.Success<ReturnType<typeof make>>
>() {}

export const layer = (options: ClientOptions): Layer.Layer<TidemarkClient> =>
  Layer.effect(TidemarkClient, make(options)).pipe(Layer.provide(FetchHttpClient.layer))

type ProblemOf<Kind extends ProblemKind> = Problem & { readonly type: `urn:tidemark:problem:${Kind}` }

/** Whether a failure is a problem of one of these kinds: `Effect.catchIf(isProblem("not-found"), …)`. */
export const isProblem =
  <const Kinds extends readonly [ProblemKind, ...ReadonlyArray<ProblemKind>]>(...kinds: Kinds) =>
  (error: unknown): error is ProblemOf<Kinds[number]> =>
    typeof error === "object" &&
    error !== null &&
    "type" in error &&
    kinds.some((kind) => error.type === `urn:tidemark:problem:${kind}`)

const nextCursor = ({ headers }: HttpClientResponse): Option.Option<string> =>
  Option.fromNullable(
    /<[^>]*[?&]cursor=([^&>]+)[^>]*>\s*;\s*rel="?next"?/.exec(headers.link ?? "")?.[1]
  ).pipe(Option.map(decodeURIComponent))

/**
 * Walks the pages of a list, as of the first one. `page` asks for one with what it is given beside its own parameters,
 * and `withResponse: true`.
 */
export const pages = <Rows, E, R>(
  page: (next: { readonly cursor?: string }) => Effect.Effect<readonly [Rows, HttpClientResponse], E, R>
): Stream.Stream<Rows, E, R> =>
  Stream.paginateEffect({} as { readonly cursor?: string }, (next) =>
    Effect.map(page(next), ([rows, response]) => [
      rows,
      Option.map(nextCursor(response), (cursor) => ({ cursor }))
    ])
  )
