/**
 * What the server asks of others than the log and the projections; App.ts provides it. `http` knows neither the
 * settings nor the pages.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { ClientTally } from "../api/ClientTally.js"
import type { Health } from "../api/Health.js"
import type { LogError } from "../eventlog/EventLog.js"

/** Who a key belongs to, and what it may do: a reader can't write. */
export interface Principal {
  readonly name: string
  readonly role: "reader" | "writer"
}

export interface HttpAuthService {
  /** No keys are set: everybody may do everything. */
  readonly open: boolean
  /** Whose secret it is; compared in constant time. */
  readonly verify: (secret: string) => Option.Option<Principal>
}

export class HttpAuth extends Context.Tag("tidemark/HttpAuth")<HttpAuth, HttpAuthService>() {}

export interface HealthCheckService {
  /** Never fails, and never waits for a database that is away. */
  readonly report: Effect.Effect<Health>
}

export class HealthCheck extends Context.Tag("tidemark/HealthCheck")<HealthCheck, HealthCheckService>() {}

/** What became of each MQTT client's messages, as ingest counts it. */
export class ClientTallies extends Context.Tag("tidemark/ClientTallies")<
  ClientTallies,
  { readonly tally: (clientId: string) => Omit<ClientTally, "client_id"> }
>() {}

export interface CatalogPageQuery {
  readonly search: string
  readonly skip: number
  readonly limit: number
  /** The dataset to open; absent: the list. */
  readonly dataset?: string | undefined
}

/** Each page is a whole HTML document. */
export interface PagesService {
  /** The start page: is data arriving, is it fresh, can it be trusted. */
  readonly start: Effect.Effect<string, LogError>
  /** The style sheet that every page asks for. */
  readonly styles: string
  /** The catalogue; none: there is no such dataset. */
  readonly catalog: (query: CatalogPageQuery) => Effect.Effect<Option.Option<string>, LogError>
}

export class Pages extends Context.Tag("tidemark/Pages")<Pages, PagesService>() {}
