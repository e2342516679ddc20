/** Where a running server's HTTP is, and how a command asks it. */
import * as Options from "@effect/cli/Options"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as AppConfig from "../config/AppConfig.js"
import { PinFault, pinnedTo } from "../tls/Pinned.js"

export interface HttpDoor {
  /** Without a slash at the end. */
  readonly url: string
  readonly apiKey: Option.Option<Redacted.Redacted>
  /** By what it is asked: the server of these settings is known by its own certificate. */
  readonly client: Layer.Layer<HttpClient.HttpClient>
}

export const httpOptions = {
  http: Options.optional(
    Options.text("http").pipe(
      Options.withDescription(
        "where the server's HTTP is; default: HTTP_HOST and HTTP_PORT, by https where HTTP_TLS_CERT is set"
      )
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

const pinned = (certificate: string): Layer.Layer<HttpClient.HttpClient> =>
  NodeHttpClient.layerWithoutAgent.pipe(
    Layer.provide(Layer.unwrapEffect(Effect.sync(() => NodeHttpClient.makeAgentLayer(pinnedTo(certificate)))))
  )

/** As the options say, or else the settings of the server. */
export const httpDoor = (given: {
  readonly http: Option.Option<string>
  readonly apiKey: Option.Option<Redacted.Redacted>
}) =>
  Effect.gen(function* () {
    const settings = yield* AppConfig.load({ insecure: true })
    const apiKey = yield* Config.option(Config.redacted("TIDEMARK_API_KEY"))
    const { httpHost, httpPort, httpTlsCert } = settings
    const url = `${httpTlsCert === undefined ? "http" : "https"}://${reachable(httpHost)}:${httpPort}`
    return {
      url: Option.getOrElse(given.http, () => url).replace(/\/+$/, ""),
      apiKey: Option.orElse(given.apiKey, () => apiKey),
      client:
        httpTlsCert === undefined || Option.isSome(given.http) ? FetchHttpClient.layer : pinned(httpTlsCert)
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
      " HTTP_HOST and HTTP_PORT have it"
    )
  }
}

/** It has another certificate than it should. */
export class ServerUntrusted extends Schema.TaggedError<ServerUntrusted>()("ServerUntrusted", {
  url: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return (
      `the certificate of ${this.url} is not trusted: ${this.reason}. Ask by a name that it is for; the file of an ` +
      "authority of your own goes into the environment as NODE_EXTRA_CA_CERTS"
    )
  }
}

/** What is wrong with a certificate, innermost in an error of a connection; null: nothing that is known. */
const certificateFault = (error: unknown): string | null => {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("code" in at && /CERT|ALTNAME|UNABLE_TO/.test(String(at.code))) return at.message
    if (at instanceof PinFault) return at.message
  }
  return null
}

/** An outage in words that say what to do: those of the client name the request alone. */
export const namingOutage =
  (url: string) =>
  <A, E, R>(asked: Effect.Effect<A, E, R>) =>
    Effect.mapError(asked, (error) => {
      if (!(error instanceof HttpClientError.RequestError) || error.reason !== "Transport") return error
      const reason = certificateFault(error.cause)
      return reason === null ? new ServerAway({ url }) : new ServerUntrusted({ url, reason })
    })

const Detail = Schema.Struct({ detail: Schema.String })

/** Asks the server, and gives what is answered by its schema. */
export const askJson = <A, I>(
  { apiKey, client: layer, url }: HttpDoor,
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
  }).pipe(Effect.scoped, Effect.provide(layer))

/** The same, with JSON that is posted. */
export const postJson = <A, I>(door: HttpDoor, path: string, body: unknown, schema: Schema.Schema<A, I>) =>
  HttpClientRequest.bodyJson(HttpClientRequest.post(path), body).pipe(
    Effect.orDie,
    Effect.flatMap((request) => askJson(door, request, schema))
  )
