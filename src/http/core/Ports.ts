/**
 * What the server asks of others than the log and the projections; App.ts provides it. `http` knows neither the
 * settings nor the pages.
 */
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Option from "effect/Option"
import type { FormState, PageReader, ZoneChoice } from "../../api/core/PageProblem.js"
import type { Problem } from "../../api/core/Problem.js"
import type { FileEntry } from "../../api/files/FilesGroup.js"
import type { ClientTally } from "../../api/system/ClientTally.js"
import type { Health } from "../../api/system/HealthContract.js"
import type { KeyFacts } from "../../api/system/KeysGroup.js"
import type { Principal } from "../../domain/access/Principal.js"
import type { SensorId } from "../../domain/Ids.js"
import type { TimeZone } from "../../domain/TimeZone.js"
import type { LogError } from "../../eventlog/EventLog.js"
import type { Family } from "../../telemetry/Exposition.js"
import type { Refusal } from "./Problems.js"

export interface HttpAuthService {
  /** There are no keys: everybody may do everything. Null: the database has not said so far whether there are. */
  readonly open: () => boolean | null
  /** Whose secret it is; compared in constant time. */
  readonly verify: (secret: string) => Option.Option<Principal>
}

export interface OutsideAuthService {
  /** Browsers without a session are sent to sign in. */
  readonly signsIn: boolean
  /** Whose token or session a request has; null, at once or later: it has none, and is judged by its key. */
  readonly identify: (
    request: HttpServerRequest
  ) => Effect.Effect<Either.Either<Principal, Refusal> | null> | null
}

/** Who proves who they are by another's word than ours; null: nobody may. */
export class OutsideAuth extends Context.Reference<OutsideAuth>()("tidemark/OutsideAuth", {
  defaultValue: (): OutsideAuthService | null => null
}) {}

export class HttpAuth extends Context.Tag("tidemark/HttpAuth")<HttpAuth, HttpAuthService>() {}

export interface HealthCheckService {
  /** Never fails, and never waits for a database that is away. */
  readonly report: Effect.Effect<Health>
}

export class HealthCheck extends Context.Tag("tidemark/HealthCheck")<HealthCheck, HealthCheckService>() {}

export interface MetricsReportService {
  /** All that is measured, and what each part tells of itself; never waits for a database that is away. */
  readonly families: Effect.Effect<ReadonlyArray<Family>>
}

export class MetricsReport extends Context.Tag("tidemark/MetricsReport")<
  MetricsReport,
  MetricsReportService
>() {}

/** This process answers all requests; else, another has the API, and it says how it does itself. */
export class ServesApi extends Context.Reference<ServesApi>()("tidemark/ServesApi", {
  defaultValue: (): boolean => true
}) {}

/** What became of each MQTT client's messages, as ingest counts it. */
export class ClientTallies extends Context.Tag("tidemark/ClientTallies")<
  ClientTallies,
  { readonly tally: (clientId: string) => Omit<ClientTally, "client_id"> }
>() {}

export interface CatalogPageQuery {
  readonly search: string
  readonly skip: number
  readonly limit: number
  /** Only those with a column of this name. */
  readonly column?: string | undefined
  /** Only those with rows. */
  readonly filled?: boolean | undefined
}

/** Who asks for a page, and for what of it. */
export interface PageRequest {
  /** How the client reaches this server: `http://host:port`. */
  readonly origin: string
  readonly query: URLSearchParams
  /** The reader may change things: no keys are set, or this one is a writer's. */
  readonly mayWrite: boolean
  /** Whose clocks it is read by; undefined: UTC. */
  readonly zone: TimeZone | undefined
  /** A form of the page that was sent and refused. */
  readonly form?: FormState | undefined
}

export interface DatasetPageRequest extends PageRequest {
  /** The data set as JSON-LD, safe as the text of a script; undefined: nobody makes it. */
  readonly jsonLd: string | undefined
}

/** A page whose address says more than its path: `status` is 400 where a parameter can't be followed. */
export interface Page {
  readonly html: string
  readonly status: 200 | 400
}

export interface Asset {
  readonly contentType: string
  readonly text: string
}

/** Each page is a whole HTML document. What of a query can't be followed is named on it, never passed over. */
export interface PagesService {
  /** The start page: is data arriving, is it fresh, can it be trusted. */
  readonly start: (request: PageRequest) => Effect.Effect<Page, LogError>
  /** The catalogue: its list. */
  readonly catalog: (query: CatalogPageQuery) => Effect.Effect<string, LogError>
  /** The same, asked for by an address that people type. */
  readonly catalogue: (request: PageRequest) => Effect.Effect<Page, LogError>
  /** One data set in full; none: there is no such one. */
  readonly dataset: (
    name: string,
    request: DatasetPageRequest
  ) => Effect.Effect<Option.Option<string>, LogError>
  /** Readings as a plot. */
  readonly explore: (request: PageRequest) => Effect.Effect<Page, LogError>
  /** What would become of a message. */
  readonly explain: (request: PageRequest) => Effect.Effect<Page>
  readonly quality: (request: PageRequest) => Effect.Effect<Page, LogError>
  /** One sensor; none: the log knows none of this number. */
  readonly sensor: (id: SensorId, request: PageRequest) => Effect.Effect<Option.Option<string>, LogError>
  readonly operations: (request: PageRequest) => Effect.Effect<Page, LogError>
  /** Alerts, their rules, and what was told. */
  readonly alerts: (request: PageRequest) => Effect.Effect<Page, LogError>
  /** One rejected message; none: there is none of this id. */
  readonly rejected: (id: string, request: PageRequest) => Effect.Effect<Option.Option<string>, LogError>
  /** All keys; and a key that was just made, which it shows. */
  readonly keys: (view: {
    readonly keys: ReadonlyArray<KeyFacts>
    readonly created?: string | undefined
    readonly form?: FormState | undefined
  }) => string
  /** A folder of files, as links that tools follow. */
  readonly folder: (path: string, entries: ReadonlyArray<FileEntry>) => string
  /** A problem for people; `reading`: it was asked for by GET. */
  readonly problem: (problem: Problem, reading: boolean) => string
  /** A page, which is written in UTC, by the clocks of a zone. */
  readonly inZone: (html: string, choice: ZoneChoice) => string
  /** A page, which is written for nobody, with who reads it; null: nobody signs in here. */
  readonly forReader: (html: string, reader: PageReader | null) => string
  /** What pages ask for by name below `/assets/`. */
  readonly asset: (name: string) => Option.Option<Asset>
}

export class Pages extends Context.Tag("tidemark/Pages")<Pages, PagesService>() {}
