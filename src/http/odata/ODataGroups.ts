/** Groups of an entity set: what `$apply` makes, which the other options are then about. One answer, without pages. */
import * as Effect from "effect/Effect"
import { holds } from "../../odata/Evaluate.js"
import { groupingOf } from "../../odata/Grouping.js"
import { odataError } from "../../odata/ODataError.js"
import { comparePlaces, orderOf, placeOf } from "../../odata/Order.js"
import { parseSelect } from "../../odata/syntax/Options.js"
import { contextOf, entityJson, type JsonStyle } from "./ODataJson.js"
import { filterOf, noMore, type ODataAnswer, type ReadContext } from "./ODataPage.js"

export const GROUPS_MAX = 10_000

export const readGroups = (context: ReadContext, apply: string) =>
  Effect.gen(function* () {
    const { base, now, options, set, source } = context
    yield* noMore(options, ["skiptoken"])
    const { figures, filter, having, keys, result } = yield* groupingOf(set, apply, now)
    const wanted = yield* filterOf(result, options.filter, now)
    const order = yield* orderOf(result, options.orderby)
    const all = new Map(result.properties.map(({ name }) => [name, null] as const))
    const selection = (yield* parseSelect(result, options.select)) ?? all
    const { asOf, rows } = yield* source.groups({ figures, filter, keys, now, limit: GROUPS_MAX + 1 })
    if (rows.length > GROUPS_MAX) {
      return yield* odataError(
        "TooComplex",
        `there are more than ${GROUPS_MAX} groups: filter, or group by less`,
        "$apply"
      )
    }
    const matching = rows
      .filter((row) => holds(having, row) && holds(wanted, row))
      .map((row) => ({ row, place: placeOf(order, row) }))
      .sort((a, b) => comparePlaces(order, a.place, b.place))
    const from = options.skip ?? 0
    const shown = matching.slice(from, options.top === undefined ? undefined : from + options.top)
    // Groups have no address and no type of their own.
    const style: JsonStyle = {
      ...context.style,
      metadata: context.style.metadata === "none" ? "none" : "minimal"
    }
    const count = style.ieee754 ? String(matching.length) : matching.length
    const body = {
      ...(style.metadata === "none"
        ? {}
        : { "@odata.context": `${base}$metadata#${contextOf(set, selection)}` }),
      ...(options.count === true ? { "@odata.count": count } : {}),
      value: shown.map(({ row }) => entityJson(result, row, style, selection, base))
    }
    return { body, asOf } satisfies ODataAnswer
  })
