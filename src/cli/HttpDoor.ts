/** Where a running server's HTTP is, and how a command asks it. */
import * as Options from "@effect/cli/Options"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as AppConfig from "../config/AppConfig.js"

export interface HttpDoor {
  /** Without a slash at the end. */
  readonly url: string
  readonly apiKey: Option.Option<Redacted.Redacted>
}

export const httpOptions = {
  http: Options.optional(
    Options.text("http").pipe(
      Options.withDescription("where the server's HTTP is; default: http://HTTP_HOST:HTTP_PORT")
    )
  ),
  apiKey: Options.optional(
    Options.redacted("api-key").pipe(
      Options.withDescription(
        "key of the HTTP API; better in TIDEMARK_API_KEY, where no list of processes shows it"
      )
    )
  )
}

/** An address to connect to, of one to listen on. */
export const reachable = (host: string): string =>
  host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host

/** As the options say, or else the settings of the server. */
export const httpDoor = (given: {
  readonly http: Option.Option<string>
  readonly apiKey: Option.Option<Redacted.Redacted>
}) =>
  Effect.gen(function* () {
    const settings = yield* AppConfig.load({ insecure: true })
    const apiKey = yield* Config.option(Config.redacted("TIDEMARK_API_KEY"))
    const url = `http://${reachable(settings.httpHost)}:${settings.httpPort}`
    return {
      url: Option.getOrElse(given.http, () => url).replace(/\/+$/, ""),
      apiKey: Option.orElse(given.apiKey, () => apiKey)
    } satisfies HttpDoor
  })

/** What the server refused, in its own words. */
export class ServerRefused extends Schema.TaggedError<ServerRefused>()("ServerRefused", {
  status: Schema.Int,
  detail: Schema.String
}) {
  override get message(): string {
    return `the server answered ${this.status}: ${this.detail}`
  }
}

/** Nothing took the connection, or it broke off. */
export class ServerAway extends Schema.TaggedError<ServerAway>()("ServerAway", {
  url: Schema.String
}) {
  override get message(): string {
    return (
      `no server answers at ${this.url}. Start it by \`tidemark start\`, or say where it is: by --http URL, or as ` +
      "HTTP_HOST and HTTP_PORT have it"
    )
  }
}

/** An outage in words that say what to do: those of the client name the request alone. */
export const namingOutage =
  (url: string) =>
  <A, E, R>(asked: Effect.Effect<A, E, R>) =>
    Effect.mapError(asked, (error) =>
      error instanceof HttpClientError.RequestError && error.reason === "Transport"
        ? new ServerAway({ url })
        : error
    )

const Detail = Schema.Struct({ detail: Schema.String })

/** Asks the server, and gives what is answered by its schema. */
export const askJson = <A, I>(
  { apiKey, url }: HttpDoor,
  request: HttpClientRequest.HttpClientRequest,
  schema: Schema.Schema<A, I>
) =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const response = yield* request.pipe(
      HttpClientRequest.prependUrl(url),
      Option.isSome(apiKey) ? HttpClientRequest.bearerToken(apiKey.value) : (one) => one,
      client.execute,
      namingOutage(url)
    )
    if (response.status < 300) return yield* HttpClientResponse.schemaBodyJson(schema)(response)
    const { detail } = yield* Effect.orElseSucceed(
      HttpClientResponse.schemaBodyJson(Detail)(response),
      () => ({ detail: "it gave no reason" })
    )
    return yield* new ServerRefused({ status: response.status, detail })
  }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))

/** The same, with JSON that is posted. */
export const postJson = <A, I>(door: HttpDoor, path: string, body: unknown, schema: Schema.Schema<A, I>) =>
  HttpClientRequest.bodyJson(HttpClientRequest.post(path), body).pipe(
    Effect.orDie,
    Effect.flatMap((request) => askJson(door, request, schema))
  )
