/**
 * Who may ask for what, and how an endpoint deals with what it is asked: declared beside each endpoint, and read by the
 * one gate. Nothing of it is decided by a path, a name or a method.
 */
import type * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as Context from "effect/Context"
import * as Option from "effect/Option"
import type { Permission } from "../../domain/access/Roles.js"

export interface Policy {
  /** What a caller must be allowed; "public": anybody may ask, without a key, and the handler says less to them. */
  readonly permission: Permission | "public"
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

/** The policy of an endpoint: `.annotate(Access, reads())`. */
export class Access extends Context.Tag("tidemark/Access")<Access, Policy>() {}

const PLAIN = {
  unknownParameters: "refused",
  alsoPage: false,
  rows: false,
  ifMatch: null,
  anyName: false,
  errors: "problem",
  elsewhere: ""
} as const satisfies Omit<Policy, "permission">

type Details = Partial<Omit<Policy, "permission">>

export const reads = (details: Details = {}): Policy => ({ ...PLAIN, ...details, permission: "read" })

export const writes = (details: Details = {}): Policy => ({ ...PLAIN, ...details, permission: "write" })

export const openToAll = (details: Details = {}): Policy => ({ ...PLAIN, ...details, permission: "public" })

export const readsRows = (): Policy => reads({ rows: true })

/** What the endpoint declares; an endpoint that declares nothing is a mistake of ours. */
export const policyOf = (
  endpoint: Pick<HttpApiEndpoint.HttpApiEndpoint.AnyWithProps, "annotations" | "name">
) =>
  Option.getOrThrowWith(
    Context.getOption(endpoint.annotations, Access),
    () => new Error(`The endpoint ${endpoint.name} does not say who may ask it.`)
  )
