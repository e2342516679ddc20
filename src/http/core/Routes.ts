/**
 * The contract's routes as a table, for what is decided before a handler is found: 404, 405 with `Allow`, 406. It
 * reads paths as the router does: case, doubled slashes and a trailing one make no difference, names win over
 * parameters.
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Option from "effect/Option"
import { type AST, encodedAST, getPropertySignatures } from "effect/SchemaAST"
import { TidemarkApi } from "../../api/TidemarkApi.js"

export interface Route {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly contentType: string
  /** The schemas of its parameters. */
  readonly pathAst: Option.Option<AST>
  readonly queryAst: Option.Option<AST>
  /** The names of the parameters that its query may have. */
  readonly parameters: ReadonlyArray<string>
  /** Other parameters are refused. */
  readonly strict: boolean
}

export interface Match {
  readonly route: Route
  readonly pathParams: Readonly<Record<string, string>>
}

export type Found =
  | { readonly _tag: "Found"; readonly match: Match }
  | { readonly _tag: "OtherMethods"; readonly allow: ReadonlyArray<string> }
  | { readonly _tag: "NoPath" }

const contentTypeOf = (successes: ReadonlyMap<number, { readonly ast: Option.Option<AST> }>) => {
  for (const { ast } of successes.values()) {
    if (Option.isSome(ast)) return HttpApiSchema.getEncoding(ast.value).contentType
  }
  return "application/json"
}

/** The pages beside the contract. */
export const START_PATH = "/"
export const DOCS_PATH = "/docs/"
export const ASSETS_PATH = "/assets/:file"
export const CATALOG_PAGE_PATH = "/catalog"
export const DATASET_PATH = "/catalog/:dataset_name"
/** Its page is an endpoint of the contract: here is its form. */
export const REJECTED_PATH = "/rejected/:rejected_id"
export const EXPLORE_PATH = "/explore"
export const QUALITY_PATH = "/quality"
export const OPERATIONS_PATH = "/operations"
/** The file by which Power BI finds OData. */
export const PBIDS_PATH = "/odata.pbids"

/** OData's resources: their handler judges what else lies below `/odata`. */
const ODATA_PATHS = [
  ["odata", "/odata/", "application/json"],
  ["odataMetadata", "/odata/$metadata", "application/xml"],
  ["odataReadings", "/odata/readings", "application/json"],
  ["odataReadingCount", "/odata/readings/$count", "text/plain"],
  ["odataAggregates", "/odata/aggregates", "application/json"],
  ["odataSensors", "/odata/sensors", "application/json"],
  ["odataDatasets", "/odata/datasets", "application/json"]
] as const

const pageRoute = (name: string, path: string, contentType: string, method = "GET"): Route => ({
  name,
  method,
  path,
  contentType,
  pathAst: Option.none(),
  queryAst: Option.none(),
  parameters: [],
  strict: false
})

// What others define, with names of their own: their handlers judge those.
const FOREIGN = /^\/(odata|api|write|ping)(\/|$)/

/** The names that a query's schema has, as clients write them. */
const namesOf = (ast: Option.Option<AST>): ReadonlyArray<string> =>
  Option.match(ast, {
    onNone: () => [],
    onSome: (query) => getPropertySignatures(encodedAST(query)).map(({ name }) => String(name))
  })

const makeRoutes = (): ReadonlyArray<Route> => {
  const routes: Array<Route> = [
    pageRoute("start", START_PATH, "text/html"),
    pageRoute("docs", DOCS_PATH, "text/html"),
    // Each file has a type of its own, and browsers ask for it as for any.
    pageRoute("assets", ASSETS_PATH, "*/*"),
    ...[CATALOG_PAGE_PATH, DATASET_PATH, EXPLORE_PATH, QUALITY_PATH, OPERATIONS_PATH].map((path) =>
      pageRoute(`page ${path}`, path, "text/html")
    ),
    ...[DATASET_PATH, REJECTED_PATH].map((path) => pageRoute(`form ${path}`, path, "text/html", "POST")),
    pageRoute("pbids", PBIDS_PATH, "application/json"),
    ...ODATA_PATHS.map(([name, path, contentType]) => pageRoute(name, path, contentType))
  ]
  HttpApi.reflect(TidemarkApi, {
    onGroup: () => {},
    onEndpoint: ({ endpoint, successes }) => {
      routes.push({
        name: endpoint.name,
        method: endpoint.method,
        path: endpoint.path,
        contentType: contentTypeOf(successes),
        pathAst: Option.map(endpoint.pathSchema, ({ ast }) => ast),
        queryAst: Option.map(endpoint.urlParamsSchema, ({ ast }) => ast),
        parameters: namesOf(Option.map(endpoint.urlParamsSchema, ({ ast }) => ast)),
        strict: !FOREIGN.test(endpoint.path)
      })
    }
  })
  return routes
}

/** Every route there is, the pages beside the contract included. */
export const ROUTES: ReadonlyArray<Route> = makeRoutes()

const segmentsOf = (path: string): ReadonlyArray<string> => path.split("/").filter((part) => part !== "")

interface Pattern {
  readonly route: Route
  readonly segments: ReadonlyArray<string>
  readonly parameters: number
}

/** What stands behind a parameter's name in its segment: ":name.jsonld" has ".jsonld"; "" for none. */
const endingOf = (part: string): string => (part.startsWith(":") ? (/\..*$/.exec(part)?.[0] ?? "") : "")
const endings = (segments: ReadonlyArray<string>): number =>
  segments.reduce((sum, part) => sum + endingOf(part).length, 0)

// Fewer parameters first: names win; then those that say how they end.
const PATTERNS: ReadonlyArray<Pattern> = ROUTES.map((route) => {
  const segments = segmentsOf(route.path)
  return { route, segments, parameters: segments.filter((part) => part.startsWith(":")).length }
}).sort((a, b) => a.parameters - b.parameters || endings(b.segments) - endings(a.segments))

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

const fits = (pattern: Pattern, segments: ReadonlyArray<string>): boolean =>
  pattern.segments.length === segments.length &&
  pattern.segments.every((part, i) =>
    part.startsWith(":")
      ? (segments[i] ?? "").toLowerCase().endsWith(endingOf(part)) &&
        (segments[i] ?? "").length > endingOf(part).length
      : part === segments[i]?.toLowerCase()
  )

const paramsOf = (pattern: Pattern, segments: ReadonlyArray<string>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    pattern.segments.flatMap((part, i) => {
      if (!part.startsWith(":")) return []
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

/** The route of a request; HEAD is answered wherever GET is. */
export const findRoute = (method: string, url: string): Found => {
  const segments = segmentsOf(pathnameOf(url)).map(decoded)
  const fitting = PATTERNS.filter((pattern) => fits(pattern, segments))
  const wanted = method === "HEAD" ? "GET" : method
  const pattern = fitting.find(({ route }) => route.method === wanted)
  if (pattern !== undefined) {
    return { _tag: "Found", match: { route: pattern.route, pathParams: paramsOf(pattern, segments) } }
  }
  if (fitting.length === 0) return { _tag: "NoPath" }
  const methods = new Set(fitting.map(({ route }) => route.method))
  if (methods.has("GET")) methods.add("HEAD")
  return { _tag: "OtherMethods", allow: [...methods].sort() }
}

/** Whether an `Accept` header takes this media type: the most specific range that fits decides, q=0 refuses. */
export const accepts = (accept: string | undefined, contentType: string): boolean => {
  if (accept === undefined || accept.trim() === "" || accept === "*/*" || contentType === "*/*") return true
  const [type = "", subtype = ""] = contentType.split("/")
  let best = -1
  let quality = 0
  for (const range of accept.toLowerCase().split(",")) {
    const [media = "", ...parameters] = range.split(";").map((part) => part.trim())
    const rank = media === contentType ? 2 : media === `${type}/*` ? 1 : media === "*/*" ? 0 : -1
    if (rank === -1 || rank < best || (subtype === "" && rank !== 2)) continue
    const q = parameters.find((parameter) => parameter.startsWith("q="))
    const weight = q === undefined ? 1 : Number(q.slice(2))
    quality = rank > best ? weight : Math.max(quality, weight)
    best = rank
  }
  return best >= 0 && quality > 0
}
