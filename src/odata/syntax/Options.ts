/** The query options of a request. Names are taken in any case, and without their `$` too, as version 4.01 has it. */
import * as Either from "effect/Either"
import { type EntitySet, type Property, pathText } from "../Edm.js"
import { type ODataError, odataError } from "../ODataError.js"

/** The texts of the options that there are; numbers are whole. */
export interface Options {
  readonly apply?: string
  readonly filter?: string
  readonly select?: string
  readonly orderby?: string
  readonly format?: string
  readonly skiptoken?: string
  readonly top?: number
  readonly skip?: number
  readonly count?: boolean
}

const TEXTS = ["apply", "filter", "select", "orderby", "format", "skiptoken"] as const
const OPTION_NAMES = new Set<string>([...TEXTS, "top", "skip", "count"])
/** Options of OData that are not supported; without a `$` they may be anybody's. */
const UNSUPPORTED = new Set([
  ...["expand", "search", "compute", "levels", "index", "deltatoken", "id", "schemaversion", "inlinecount"]
])

/** What other answers take, and these would pass over in silence. */
const ELSEWHERE: ReadonlySet<string> = new Set(["as_of", "tz"])

/** The name of a system option, of whatever way it is written; none for others. */
export const optionName = (spelling: string): string | undefined => {
  const name = spelling.replace(/^\$/, "").toLowerCase()
  return spelling.startsWith("$") || OPTION_NAMES.has(name) || name === "expand" ? name : undefined
}

/** The parts of a query, each with its name and value as they were written. */
export const partsOf = (search: string): ReadonlyArray<readonly [name: string, value: string]> =>
  search
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const at = part.indexOf("=")
      return at === -1 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)]
    })

/** Of a name or value: a plus is a space, as forms write it. */
export const decodePart = (text: string): Either.Either<string, ODataError> => {
  try {
    return Either.right(decodeURIComponent(text.replaceAll("+", " ")))
  } catch {
    return Either.left(odataError("BadRequest", `${text.slice(0, 100)} is not percent-encoded UTF-8`))
  }
}

const whole = (name: string, text: string): Either.Either<number, ODataError> =>
  /^\d{1,15}$/.test(text.trim())
    ? Either.right(Number(text))
    : Either.left(odataError("BadRequest", `$${name} must be a whole number of 0 or more`, `$${name}`))

const boolean = (name: string, text: string): Either.Either<boolean, ODataError> =>
  /^(true|false)$/i.test(text.trim())
    ? Either.right(text.trim().toLowerCase() === "true")
    : Either.left(odataError("BadRequest", `$${name} must be true or false`, `$${name}`))

const values = (search: string): Either.Either<ReadonlyMap<string, string>, ODataError> =>
  Either.gen(function* () {
    const valuesByName = new Map<string, string>()
    for (const [rawName, rawValue] of partsOf(search)) {
      const spelling = yield* decodePart(rawName)
      if (spelling.startsWith("@")) {
        return yield* Either.left(
          odataError("NotImplemented", "parameter aliases are not supported", spelling)
        )
      }
      const name = optionName(spelling)
      if (ELSEWHERE.has(spelling)) {
        const detail = `OData does not take ${spelling}: ask /data or /aggregated_data for it`
        return yield* Either.left(odataError("BadRequest", detail, spelling))
      }
      if (name === undefined) continue
      if (UNSUPPORTED.has(name)) {
        return yield* Either.left(odataError("NotImplemented", `$${name} is not supported`, `$${name}`))
      }
      if (!OPTION_NAMES.has(name)) {
        return yield* Either.left(odataError("BadRequest", `there is no query option ${spelling}`, spelling))
      }
      if (valuesByName.has(name)) {
        return yield* Either.left(odataError("BadRequest", `$${name} is given more than once`, `$${name}`))
      }
      valuesByName.set(name, yield* decodePart(rawValue))
    }
    return valuesByName
  })

/** `search`: the query without its question mark. */
export const parseOptions = (search: string): Either.Either<Options, ODataError> =>
  Either.gen(function* () {
    const valuesByName = yield* values(search)
    const texts = TEXTS.flatMap((name) => {
      const value = valuesByName.get(name)
      return value === undefined ? [] : [[name, value] as const]
    })
    const [top, skip, count] = [valuesByName.get("top"), valuesByName.get("skip"), valuesByName.get("count")]
    const options: Options = {
      ...Object.fromEntries(texts),
      ...(top === undefined ? {} : { top: yield* whole("top", top) }),
      ...(skip === undefined ? {} : { skip: yield* whole("skip", skip) }),
      ...(count === undefined ? {} : { count: yield* boolean("count", count) })
    }
    return options
  })

/** The properties that are shown, in the order of the set; of a complex one null is all of it. */
export type Selection = ReadonlyMap<string, ReadonlySet<string> | null>

const selected = (set: EntitySet, text: string): Either.Either<ReadonlyArray<string>, ODataError> => {
  const path = text.trim().split("/")
  if (/[(.$]/.test(text)) {
    return Either.left(odataError("NotImplemented", `$select can't ask for ${text.trim()}`, "$select"))
  }
  let properties: ReadonlyArray<Property> = set.properties
  for (const name of path) {
    const property = properties.find((one) => one.name === name)
    if (property === undefined) {
      const message = `${set.name} has no property ${JSON.stringify(pathText(path))}`
      return Either.left(odataError("UnknownProperty", message, "$select"))
    }
    properties = property.type._tag === "Complex" ? property.type.of.properties : []
  }
  return Either.right(path)
}

/** Absent or `*`: all of them, so no selection. */
export const parseSelect = (
  set: EntitySet,
  text: string | undefined
): Either.Either<Selection | undefined, ODataError> =>
  Either.gen(function* () {
    if (text === undefined) return undefined
    const selection = new Map<string, Set<string> | null>()
    let all = false
    for (const part of text.split(",")) {
      if (part.trim() === "*") {
        all = true
        continue
      }
      const [name = "", inner] = yield* selected(set, part)
      const before = selection.get(name)
      if (inner === undefined || before === null) selection.set(name, null)
      else selection.set(name, (before ?? new Set<string>()).add(inner))
    }
    return all ? undefined : selection
  })
