/** Hands something to a server that the settings name, by HTTP: it is taken, or why not. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"

/** Fails in words, which never hold the address: it may have a secret in it. */
export const deliver = (request: HttpClientRequest): Effect.Effect<void, string> =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const response = yield* client.execute(request)
    // Nobody needs it, but the connection is free again once it is read.
    yield* Effect.ignore(response.text)
    if (response.status < 200 || response.status >= 300) {
      return yield* Effect.fail(`it answers ${response.status}`)
    }
  }).pipe(
    Effect.scoped,
    Effect.mapError((error) => (typeof error === "string" ? error : `it can't be reached: ${error.reason}`)),
    Effect.provide(FetchHttpClient.layer),
    // An answer that points elsewhere is none: the settings alone say where things go.
    Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" })
  )
