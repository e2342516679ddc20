/**
 * The routes as a table, which is the router: it matches a request once, for the gate and for its handler. Case, doubled
 * slashes and a trailing one make no difference; names win over parameters.
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Option from "effect/Option"
import { type AST, encodedAST, getPropertySignatures } from "effect/SchemaAST"
import { type Policy, policyOf, reads, writes } from "../../api/core/Access.js"
import { TidemarkApi } from "../../api/TidemarkApi.js"

export interface Route {
  readonly name: string
  /** "*": every one that no other route of the path has. */
  readonly method: string
  /** What ends with a star stands for all that lies below, too, and its handler judges what is there. */
  readonly path: string
  readonly policy: Policy
  /** The one media type of its answer; each of many: a star for both parts. */
  readonly contentType: string
  readonly pathAst: Option.Option<AST>
  readonly queryAst: Option.Option<AST>
  readonly parameters: ReadonlySet<string>
}

/** A route beside the contract: it decodes its parameters by itself. */
export const routeBeside = (
  method: string,
  path: string,
  policy: Policy,
  contentType = "text/html"
): Route => ({
  name: `${method} ${path}`,
  method,
  path,
  policy: { ...policy, unknownParameters: "ignored" },
  contentType,
  pathAst: Option.none(),
  queryAst: Option.none(),
  parameters: new Set()
})

const contentTypeOf = (successes: ReadonlyMap<number, { readonly ast: Option.Option<AST> }>) => {
  for (const { ast } of successes.values()) {
    if (Option.isSome(ast)) return HttpApiSchema.getEncoding(ast.value).contentType
  }
  return "application/json"
}

const namesOf = (ast: Option.Option<AST>): ReadonlyArray<string> =>
  Option.match(ast, {
    onNone: () => [],
    onSome: (query) => getPropertySignatures(encodedAST(query)).map(({ name }) => String(name))
  })

const contractRoutes = (): ReadonlyArray<Route> => {
  const routes: Array<Route> = []
  HttpApi.reflect(TidemarkApi, {
    onGroup: () => {},
    onEndpoint: ({ endpoint, successes }) => {
      const queryAst = Option.map(endpoint.urlParamsSchema, ({ ast }) => ast)
      routes.push({
        name: endpoint.name,
        method: endpoint.method,
        path: endpoint.path,
        policy: policyOf(endpoint),
        contentType: contentTypeOf(successes),
        pathAst: Option.map(endpoint.pathSchema, ({ ast }) => ast),
        queryAst,
        parameters: new Set(namesOf(queryAst))
      })
    }
  })
  return routes
}

export const CONTRACT_ROUTES: ReadonlyArray<Route> = contractRoutes()

/** What a caller must be allowed to hear that there is nothing, or nothing by this method. */
const NOWHERE: ReadonlyMap<string, Policy> = new Map([
  ["GET", reads("nothing")],
  ["HEAD", reads("nothing")],
  ["OPTIONS", reads("nothing")]
])
const nowhere = (method: string): Policy => NOWHERE.get(method) ?? writes("nothing")

export interface Match<Entry> {
  readonly _tag: "Match"
  readonly entry: Entry
  readonly pathParams: Readonly<Record<string, string>>
}

export type Lookup<Entry> =
  | Match<Entry>
  | {
      readonly _tag: "OtherMethods"
      readonly allow: ReadonlyArray<string>
      readonly policy: Policy
    }
  | { readonly _tag: "NoPath"; readonly policy: Policy }

/** Longest parameter of a path, in characters. */
const PARAMETER_LENGTH_MAX = 100

const segmentsOf = (path: string): ReadonlyArray<string> => path.split("/").filter((part) => part !== "")

const isParameter = (part: string): boolean => part.startsWith(":")

/** What stands behind a parameter's name in its segment: ":name.jsonld" has ".jsonld"; "" for none. */
const endingOf = (part: string): string => (isParameter(part) ? (/\..*$/.exec(part)?.[0] ?? "") : "")
const endings = (segments: ReadonlyArray<string>): number =>
  segments.reduce((sum, part) => sum + endingOf(part).length, 0)

interface Pattern<Entry> {
  readonly entry: Entry
  readonly method: string
  readonly segments: ReadonlyArray<string>
}

const fits = (pattern: ReadonlyArray<string>, segments: ReadonlyArray<string>): boolean =>
  pattern.length === segments.length &&
  pattern.every((part, i) => {
    const segment = segments[i] ?? ""
    if (!isParameter(part)) return part === segment.toLowerCase()
    const ending = endingOf(part)
    const length = segment.length - ending.length
    return length >= 0 && length <= PARAMETER_LENGTH_MAX && segment.toLowerCase().endsWith(ending)
  })

const paramsOf = (
  pattern: ReadonlyArray<string>,
  segments: ReadonlyArray<string>
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    pattern.flatMap((part, i) => {
      if (!isParameter(part)) return []
      const ending = endingOf(part).length
      const value = segments[i] ?? ""
      return [[part.slice(1, part.length - ending), value.slice(0, value.length - ending)]]
    })
  )

const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i

/** The path of a request's address, which a proxy may give whole ("http://host/path"). */
export const pathnameOf = (url: string): string => {
  const path = url.startsWith("/") ? url : url.replace(ORIGIN, "")
  const end = path.search(/[?#]/)
  return end === -1 ? path : path.slice(0, end)
}

/** The parts of a path, each decoded; undefined: it can't be. */
const decoded = (path: string): ReadonlyArray<string> | undefined => {
  const segments = segmentsOf(path)
  if (!path.includes("%")) return segments
  try {
    return segments.map(decodeURIComponent)
  } catch {
    return undefined
  }
}

// With their number: a slash may stand in a part, too.
const nameOf = (segments: ReadonlyArray<string>): string =>
  `${segments.length}/${segments.join("/").toLowerCase()}`

/** Finds the entry of a request; HEAD is answered wherever GET is. */
export class RouteTable<Entry> {
  /** Paths without parameters. */
  private readonly names = new Map<string, Array<Pattern<Entry>>>()
  /** Paths with them, by how many parts they have. */
  private readonly parameters = new Map<number, Array<Pattern<Entry>>>()
  /** What stands for all that lies below its first part. */
  private readonly below = new Map<string, Array<Pattern<Entry>>>()

  constructor(entries: ReadonlyArray<Entry>, routeOf: (entry: Entry) => Pick<Route, "method" | "path">) {
    const into = <Key>(map: Map<Key, Array<Pattern<Entry>>>, key: Key, pattern: Pattern<Entry>) =>
      map.set(key, [...(map.get(key) ?? []), pattern])
    for (const entry of entries) {
      const { method, path } = routeOf(entry)
      const segments = segmentsOf(path)
      const pattern = { entry, method, segments }
      if (path.endsWith("*")) into(this.below, segments[0] ?? "", pattern)
      else if (segments.some(isParameter)) into(this.parameters, segments.length, pattern)
      else into(this.names, nameOf(segments), pattern)
    }
    // Fewer parameters first; then those that say how they end.
    const count = ({ segments }: Pattern<Entry>) => segments.filter(isParameter).length
    for (const patterns of this.parameters.values()) {
      patterns.sort((a, b) => count(a) - count(b) || endings(b.segments) - endings(a.segments))
    }
  }

  find(method: string, path: string): Lookup<Entry> {
    const below = this.below.get(segmentsOf(path)[0]?.toLowerCase() ?? "")
    if (below !== undefined) return this.among(below, method, [])
    const segments = decoded(path)
    if (segments === undefined) return { _tag: "NoPath", policy: nowhere(method) }
    const literals = this.names.get(nameOf(segments)) ?? []
    const fitting = (this.parameters.get(segments.length) ?? []).filter((pattern) =>
      fits(pattern.segments, segments)
    )
    return this.among([...literals, ...fitting], method, segments)
  }

  private among(
    patterns: ReadonlyArray<Pattern<Entry>>,
    method: string,
    segments: ReadonlyArray<string>
  ): Lookup<Entry> {
    const routeMethod = method === "HEAD" ? "GET" : method
    const pattern =
      patterns.find((one) => one.method === routeMethod) ?? patterns.find((one) => one.method === "*")
    if (pattern !== undefined) {
      return { _tag: "Match", entry: pattern.entry, pathParams: paramsOf(pattern.segments, segments) }
    }
    if (patterns.length === 0) return { _tag: "NoPath", policy: nowhere(method) }
    const methods = new Set(patterns.map((one) => one.method))
    if (methods.has("GET")) methods.add("HEAD")
    return { _tag: "OtherMethods", allow: [...methods].sort(), policy: nowhere(method) }
  }
}
