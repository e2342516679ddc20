/** Notices by HTTP: JSON, signed, with an id by which a repeat is known. */
import { createHmac } from "node:crypto"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { deliver } from "../telemetry/HttpDelivery.js"
import type { AlertChannel, Send } from "./AlertOutbox.js"

/** Over the seconds since 1970, a full stop, and the body as it is sent. */
export const signatureOf = (secret: string, seconds: string, body: string): string =>
  `sha256=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`

const send =
  (url: Redacted.Redacted, secret: Redacted.Redacted | undefined): Send =>
  ({ body: notice, id }) =>
    Effect.flatMap(Clock.currentTimeMillis, (millis) => {
      const body = JSON.stringify(notice)
      const seconds = String(Math.floor(millis / 1_000))
      return deliver(
        HttpClientRequest.post(Redacted.value(url)).pipe(
          HttpClientRequest.bodyText(body, "application/json"),
          HttpClientRequest.setHeaders({
            "idempotency-key": id,
            "tidemark-timestamp": seconds,
            ...(secret === undefined
              ? {}
              : { "tidemark-signature": signatureOf(Redacted.value(secret), seconds, body) })
          })
        )
      )
    })

export const webhook = (url: Redacted.Redacted, secret: Redacted.Redacted | undefined): AlertChannel => ({
  name: "webhook",
  keeps: false,
  send: send(url, secret)
})
