/**
 * Reads of an entity set: a page, with the way to the next one, a count, one entity.
 *
 * A walk holds as of the position of its first page, and as of its time too: the `nextLink` carries both, what is
 * left of `$top`, and the count, which a later page could not know.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Position } from "../../domain/Ids.js"
import type { Micros } from "../../domain/Time.js"
import { checkFilter } from "../../odata/Check.js"
import type { EntitySet } from "../../odata/Edm.js"
import { type ODataError, odataError } from "../../odata/ODataError.js"
import { orderOf, placeOf } from "../../odata/Order.js"
import { decodePart, type Options, optionName, parseSelect, partsOf } from "../../odata/syntax/Options.js"
import { parseFilter } from "../../odata/syntax/Parser.js"
import type { TypedExpression } from "../../odata/Typed.js"
import type { RowSource } from "../../projections/odata/ODataRows.js"
import { contextOf, entityJson, type JsonStyle } from "./ODataJson.js"
import { decodeToken, encodeToken, walkHash } from "./ODataToken.js"

export const PAGE_ROWS = 5_000
export const PAGE_ROWS_MAX = 10_000

export interface ReadContext {
  readonly set: EntitySet
  readonly source: RowSource
  readonly options: Options
  /** The query as it was written. */
  readonly search: string
  readonly style: JsonStyle
  /** Address of the service, with its slash. */
  readonly base: string
  readonly pageSize: number
  readonly now: Micros
}

export const filterOf = (
  set: EntitySet,
  text: string | undefined,
  now: Micros
): Either.Either<TypedExpression | undefined, ODataError> =>
  text === undefined
    ? Either.right(undefined)
    : Either.flatMap(parseFilter(text), (expr) => checkFilter(expr, set, now))

/** Options that have no meaning beside what is asked for. */
export const noMore = (
  options: Options,
  names: ReadonlyArray<keyof Options>
): Either.Either<void, ODataError> => {
  const stray = names.find((name) => options[name] !== undefined)
  return stray === undefined
    ? Either.void
    : Either.left(odataError("BadRequest", `$${stray} has no meaning here`, `$${stray}`))
}

/** The same request, going on. Its other options stay as they were written. */
const nextLink = ({ base, search, set }: ReadContext, token: string, rest: number | undefined): string => {
  const pairs = partsOf(search).filter(([name]) => {
    const text = Either.getOrElse(decodePart(name), () => name)
    return !["top", "skip", "skiptoken"].includes(optionName(text) ?? "")
  })
  const parts = [
    ...pairs.map(([name, value]) => `${name}=${value}`),
    ...(rest === undefined ? [] : [`$top=${rest}`]),
    `$skiptoken=${token}`
  ]
  return `${base}${set.name}?${parts.join("&")}`
}

export interface ODataAnswer {
  readonly body: Readonly<Record<string, unknown>>
  readonly asOf: Position
}

export const readPage = (context: ReadContext) =>
  Effect.gen(function* () {
    const { base, options, pageSize, set, source, style } = context
    const order = yield* orderOf(set, options.orderby)
    const hash = walkHash(set.name, options.filter, options.orderby)
    const token =
      options.skiptoken === undefined ? undefined : yield* decodeToken(options.skiptoken, hash, order)
    if (token !== undefined) yield* noMore(options, ["skip"])
    const now = token?.now ?? context.now
    const filter = yield* filterOf(set, options.filter, now)
    const selection = yield* parseSelect(set, options.select)
    const columns = selection === undefined ? undefined : new Set([...selection.keys(), set.key])
    const size = Math.min(options.top ?? pageSize, pageSize)
    // One row more tells whether there is a next page; what $top leaves out is no page.
    const more = options.top === undefined || options.top > size
    const { asOf, rows } = yield* source.page({
      filter,
      order,
      now,
      wanted: columns,
      asOf: token?.asOf,
      after: token?.place,
      skip: options.skip ?? 0,
      limit: more ? size + 1 : size
    })
    const counting = options.count === true
    const count = counting ? (token?.count ?? (yield* source.count({ filter, now, asOf }))) : null
    const page = rows.slice(0, size)
    const last = page.at(-1)
    const place = more && rows.length > size && last !== undefined ? placeOf(order, last) : undefined
    const rest = options.top === undefined ? undefined : options.top - size
    const body = {
      ...(style.metadata === "none"
        ? {}
        : { "@odata.context": `${base}$metadata#${contextOf(set, selection)}` }),
      ...(count === null ? {} : { "@odata.count": style.ieee754 ? String(count) : count }),
      value: page.map((row) => entityJson(set, row, style, selection, base)),
      ...(place === undefined
        ? {}
        : { "@odata.nextLink": nextLink(context, encodeToken({ asOf, now, count, place }, hash), rest) })
    }
    return { body, asOf } satisfies ODataAnswer
  })

/** The bare number of `/$count`. */
export const readCount = ({ now, options, set, source }: ReadContext) =>
  Effect.gen(function* () {
    yield* noMore(options, ["apply", "select", "orderby", "top", "skip", "skiptoken", "count"])
    return yield* source.count({ filter: yield* filterOf(set, options.filter, now), now })
  })

export const readEntity = ({ base, now, options, set, source, style }: ReadContext, id: number) =>
  Effect.gen(function* () {
    yield* noMore(options, ["apply", "filter", "orderby", "top", "skip", "skiptoken", "count"])
    const selection = yield* parseSelect(set, options.select)
    const entity = yield* source.one(id, now)
    if (Option.isNone(entity)) return yield* odataError("NotFound", `${set.name} has no entity ${id}`)
    return {
      ...(style.metadata === "none"
        ? {}
        : { "@odata.context": `${base}$metadata#${contextOf(set, selection)}/$entity` }),
      ...entityJson(set, entity.value, style, selection, base)
    }
  })
