/** Notices by HTTP: JSON, signed, with an id by which a repeat is known. */
import { createHmac } from "node:crypto"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { AlertChannel, Send } from "./AlertOutbox.js"

/** Over the seconds since 1970, a full stop, and the body as it is sent. */
export const signatureOf = (secret: string, seconds: string, body: string): string =>
  `sha256=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`

const send =
  (url: Redacted.Redacted, secret: Redacted.Redacted | undefined): Send =>
  ({ body: notice, id }) =>
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const body = JSON.stringify(notice)
      const seconds = String(Math.floor((yield* Clock.currentTimeMillis) / 1_000))
      const request = HttpClientRequest.post(Redacted.value(url)).pipe(
        HttpClientRequest.bodyText(body, "application/json"),
        HttpClientRequest.setHeaders({
          "idempotency-key": id,
          "tidemark-timestamp": seconds,
          ...(secret === undefined
            ? {}
            : { "tidemark-signature": signatureOf(Redacted.value(secret), seconds, body) })
        })
      )
      const response = yield* client.execute(request)
      yield* Effect.ignore(response.text)
      if (response.status < 200 || response.status >= 300) {
        return yield* Effect.fail(`it answers ${response.status}`)
      }
    }).pipe(
      Effect.scoped,
      // The client's own message may hold the address, and so a secret.
      Effect.mapError((error) =>
        typeof error === "string" ? error : `it can't be reached: ${error.reason}`
      ),
      Effect.provide(FetchHttpClient.layer),
      // The settings alone say where notices go.
      Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" })
    )

export const webhook = (url: Redacted.Redacted, secret: Redacted.Redacted | undefined): AlertChannel => ({
  name: "webhook",
  keeps: false,
  send: send(url, secret)
})
