/** `tidemark health`: whether a server is well, told by the code this ends with. An image has no other program to ask. */
import * as Command from "@effect/cli/Command"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { httpDoor, httpOptions, namingOutage, ServerRefused } from "./HttpDoor.js"

const ANSWER_WITHIN = "4 seconds"

export const health = Command.make("health", { http: httpOptions.http }, ({ http }) =>
  Effect.gen(function* () {
    const { client, url } = yield* httpDoor({ http, apiKey: Option.none() })
    const { detail, status } = yield* HttpClient.get(`${url}/health`).pipe(
      Effect.flatMap((response) =>
        Effect.map(response.text, (detail) => ({ detail, status: response.status }))
      ),
      namingOutage(url),
      Effect.provide(client)
    )
    if (status !== 200) return yield* new ServerRefused({ status, detail })
    yield* Console.log(detail)
  }).pipe(Effect.timeout(ANSWER_WITHIN))
).pipe(
  Command.withDescription(
    "Says how the running server is; ends with 0 where readings can be stored, else with 1"
  )
)
