/**
 * Who may ask for what, and how an endpoint deals with what it is asked: declared beside each endpoint, and read by the
 * one gate. Nothing of it is decided by a path, a name or a method.
 */
import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as Context from "effect/Context"
import * as Option from "effect/Option"
import type { Permission } from "../../domain/access/Roles.js"
import { mayReachDataset, reachesAll, type Scope } from "../../domain/access/Scope.js"

/**
 * What an endpoint touches of the data, and so how a key is held that does not reach all of them. "nothing": of no
 * sensor, anybody may have it. "own": its handler keeps to the sensors that the caller reaches. "sensor", "reading",
 * "dataset": the one that its path names, which is absent to who does not reach it. "everything": it can't be narrowed,
 * and is refused.
 */
export type Reach = "nothing" | "own" | "sensor" | "reading" | "dataset" | "everything"

export interface Policy {
  /** What a caller must be allowed; "public": anybody may ask, without a key, and the handler says less to them. */
  readonly permission: Permission | "public"
  readonly reach: Reach
  /** The data set that it answers of or changes; null: none, or several. */
  readonly dataset: string | null
  /** How the program is doing: told, too, while nobody knows yet whether there are keys. */
  readonly ofProgram: boolean
  /** Parameters that its query does not have: "ignored" where others define the path, with names of their own. */
  readonly unknownParameters: "refused" | "ignored"
  /** It answers a page, too, to who prefers HTML. */
  readonly alsoPage: boolean
  /** It answers rows, in the format that the parameter `format` or `Accept` chooses; else it has one media type. */
  readonly rows: boolean
  /** What `If-Match` has to name, in words and by an example; null: it changes nothing, or heeds no condition. */
  readonly ifMatch: { readonly words: string; readonly example: string } | null
  /** Any name in its path has an answer, one that nobody gave before too: none is not found. */
  readonly anyName: boolean
  /** The form of its errors. "influx": of what its handler refuses; "odata": of all of them. */
  readonly errors: "problem" | "influx" | "odata"
  /** Where else there is what it answers, for who takes nothing that it has: ends the problem's detail. */
  readonly elsewhere: string
}

/** The policy of an endpoint: `.annotate(Access, reads("own"))`. */
export class Access extends Context.Tag("tidemark/Access")<Access, Policy>() {}

const PLAIN = {
  dataset: null,
  ofProgram: false,
  unknownParameters: "refused",
  alsoPage: false,
  rows: false,
  ifMatch: null,
  anyName: false,
  errors: "problem",
  elsewhere: ""
} as const satisfies Omit<Policy, "permission" | "reach">

type Details = Partial<Omit<Policy, "permission" | "reach">>

const asking =
  (permission: Policy["permission"]) =>
  (reach: Reach, details: Details = {}): Policy => ({ ...PLAIN, ...details, permission, reach })

export const publishes = asking("publish")
export const reads = asking("read")
export const writes = asking("write")
export const administers = asking("administer")

export const openToAll = (): Policy => asking("public")("nothing")

export const readsRows = (reach: Reach, dataset: string | null = null): Policy =>
  reads(reach, { rows: true, dataset })

/** How a scope holds the caller to an endpoint; "sensor" and "reading": to the one that the path names. */
export type Bounds = "none" | "forbidden" | "absent" | "sensor" | "reading"

export const boundsOf = (
  scope: Scope,
  { dataset, reach }: Policy,
  pathParams: Readonly<Record<string, string>>
): Bounds => {
  if (reach === "nothing" || reachesAll(scope)) return "none"
  if (scope.sensors !== null && (reach === "everything" || reach === "dataset")) return "forbidden"
  if (scope.datasets !== null) {
    if (reach === "dataset") {
      return mayReachDataset(scope, pathParams.dataset_name ?? "") ? "none" : "absent"
    }
    if (dataset === null || !mayReachDataset(scope, dataset)) return "forbidden"
  }
  return scope.sensors !== null && (reach === "sensor" || reach === "reading") ? reach : "none"
}

/** What the endpoint declares; an endpoint that declares nothing is a mistake of ours. */
export const policyOf = (
  endpoint: Pick<HttpApiEndpoint.HttpApiEndpoint.AnyWithProps, "annotations" | "name">
) =>
  Option.getOrThrowWith(
    Context.getOption(endpoint.annotations, Access),
    () => new Error(`The endpoint ${endpoint.name} does not say who may ask it.`)
  )
