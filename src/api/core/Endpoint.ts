/**
 * Endpoints and their groups. What an endpoint may refuse follows from what it takes and from its policy; it names itself
 * only what is its own.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Context from "effect/Context"
import * as Option from "effect/Option"
import { Access, type Policy, policyOf } from "./Access.js"
import { headerParameter } from "./OperationFacts.js"
import { type ProblemKind, problemOf } from "./Problem.js"

type AnyEndpoint = HttpApiEndpoint.HttpApiEndpoint.AnyWithProps

const declaring =
  <Method extends Parameters<typeof HttpApiEndpoint.make>[0]>(method: Method) =>
  <const Name extends string>(
    name: Name,
    path: HttpApiEndpoint.PathSegment,
    summary: string,
    policy: Policy
  ) =>
    HttpApiEndpoint.make(method)(name, path).annotate(Access, policy).annotate(OpenApi.Summary, summary)

export const get = declaring("GET")
export const post = declaring("POST")
export const put = declaring("PUT")
export const patch = declaring("PATCH")
export const del = declaring("DELETE")

const refusalsOf = (
  endpoint: AnyEndpoint,
  { anyName, errors, ifMatch }: Policy
): ReadonlyArray<ProblemKind> => {
  if (errors !== "problem") return []
  const named = Option.isSome(endpoint.pathSchema) && !anyName
  const sent = Option.isSome(endpoint.payloadSchema)
  const kinds: ReadonlyArray<readonly [ProblemKind, boolean]> = [
    ["invalid-request", named || sent || Option.isSome(endpoint.urlParamsSchema)],
    ["not-found", named],
    ["precondition-failed", ifMatch !== null],
    ["body-too-large", sent],
    ["unsupported-media-type", sent]
  ]
  return kinds.flatMap(([kind, may]) => (may ? [kind] : []))
}

const completed = (endpoint: AnyEndpoint): AnyEndpoint => {
  const policy = policyOf(endpoint)
  const whole = refusalsOf(endpoint, policy).reduce(
    (before, kind) => before.addError(problemOf(kind)) as AnyEndpoint,
    endpoint
  )
  if (policy.ifMatch === null) return whole
  const { example, words } = policy.ifMatch
  const own = Context.getOption(whole.annotations, OpenApi.Transform)
  const withHeader = headerParameter("If-Match", words, example)
  return whole.annotate(OpenApi.Transform, (operation) =>
    withHeader(Option.isSome(own) ? own.value(operation) : operation)
  )
}

/** Endpoints under one name, and what the document says of them; each is completed with what it may refuse. */
export const group = <
  const Name extends string,
  const Endpoints extends ReadonlyArray<HttpApiEndpoint.HttpApiEndpoint.Any>
>(
  name: Name,
  description: string,
  ...endpoints: Endpoints
): HttpApiGroup.HttpApiGroup<Name, Endpoints[number], never> =>
  endpoints.reduce<HttpApiGroup.HttpApiGroup<Name, Endpoints[number], never>>(
    // Refusals come of the gate, and not of handlers: what is added here is in the document, and in no handler's type.
    (before, endpoint) =>
      before.add(completed(endpoint as unknown as AnyEndpoint) as unknown as Endpoints[number]),
    HttpApiGroup.make(name).annotate(OpenApi.Description, description)
  )
