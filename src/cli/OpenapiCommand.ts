/** `tidemark openapi`: the document of the HTTP contract, without a server. */
import * as Command from "@effect/cli/Command"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { TidemarkApi } from "../api/TidemarkApi.js"

export const openapi = Command.make("openapi", {}, () =>
  Effect.suspend(() => Console.log(JSON.stringify(OpenApi.fromApi(TidemarkApi), null, 2)))
).pipe(Command.withDescription("Prints the OpenAPI document of the HTTP API"))
