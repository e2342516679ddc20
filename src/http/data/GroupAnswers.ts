/** Aggregates by a tag: a row a value of the tag and interval, merged from the minutes of all its sensors, exactly. */
import * as Effect from "effect/Effect"
import { PAGE_LIMIT_DEFAULT } from "../../api/core/ContractParameters.js"
import { AGGREGATE_GROUPS, type AggregateGroupRow } from "../../domain/dataset/AggregateGroups.js"
import { type SensorId, sensorId } from "../../domain/Ids.js"
import { zoneNamed } from "../../domain/minute/LocalInterval.js"
import { calibrationOfParts, shapedFigures } from "../../domain/shaping/ShapedFigures.js"
import { ShapeRefused, Shaping } from "../../domain/shaping/Shaping.js"
import { unitSymbol } from "../../domain/Unit.js"
import { DefaultZone } from "../../projections/intervals/DefaultZone.js"
import type { ShapedAggregate } from "../../projections/minutes/Aggregates.js"
import { answerRows } from "../listing/Answer.js"
import { standingAsOf } from "../listing/AsOfParameter.js"
import { CHUNK_ROWS, type Listing, type RowQuery, type RowsError } from "../listing/Listing.js"
import { byNumber, mustBeKeys, tagsAt } from "../listing/SensorFilter.js"
import {
  calibratedTable,
  type ShapingAt,
  sensorsAsked,
  shapedParts,
  shapedSensors,
  shapingOf
} from "../listing/Shaped.js"
import {
  type AggregateContext,
  type AggregateParts,
  type AggregateQuery,
  judgedAsOf
} from "./AggregateList.js"

interface GroupQuery extends AggregateQuery {
  readonly group_by: string
}

interface GroupRequest extends AggregateParts {
  readonly query: GroupQuery
  readonly judged: AggregateContext
  readonly shapingAt: ShapingAt
}

const grouped = <A>(
  items: ReadonlyArray<A>,
  keyOf: (item: A) => string
): ReadonlyMap<string, ReadonlyArray<A>> => {
  const groups = new Map<string, Array<A>>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}

/** Figures of values in several units would mean nothing. */
const mustShareUnit = (
  key: string,
  group: string,
  rows: ReadonlyArray<{ readonly sensorId: SensorId; readonly unit: string | null }>
): Effect.Effect<void, ShapeRefused> => {
  const byUnit = grouped(rows, ({ unit }) => (unit === null ? "no unit" : unitSymbol(unit)))
  const [first] = rows
  if (byUnit.size <= 1 || first === undefined) return Effect.void
  const units = [...byUnit].map(([unit, sensors]) => {
    const ids = sensors.map(({ sensorId }) => sensorId)
    return `${unit} (sensor ${ids.slice(0, 3).join(", ")}${ids.length > 3 ? ", …" : ""})`
  })
  return Effect.fail(
    new ShapeRefused({
      sensorId: first.sensorId,
      parameter: "group_by",
      reason:
        `has ${key} ${JSON.stringify(group)} with values in ${units.join(" and in ")}: choose by type, unit or sensor_id, ` +
        "or ask for one unit by convert_to"
    })
  )
}

/** As its sensors say it; as people write it, where they say it in several ways. */
const unitOfAll = (rows: ReadonlyArray<{ readonly unit: string | null }>): string | null => {
  const [unit = null, other] = new Set(rows.map((row) => row.unit))
  return unit === null || other === undefined ? unit : unitSymbol(unit)
}

/** The value of the tag of each sensor that is asked for and has one, as of the answer's position. */
const groupsOf = ({ query, words }: GroupRequest, at: RowQuery["standing"]["position"]) =>
  Effect.map(tagsAt(words, at), (tags) => {
    const asked = query.sensor_id === undefined ? undefined : new Set(query.sensor_id)
    return new Map(
      [...tags].flatMap(([id, { tags: own }]) => {
        const value = Object.hasOwn(own, query.group_by) ? own[query.group_by] : undefined
        return value === undefined || asked?.has(id) === false ? [] : [[id, value] as const]
      })
    )
  })

const ranked = (groups: ReadonlyMap<SensorId, string>): ReadonlyArray<string> =>
  [...new Set(groups.values())].sort()

/** A row a group, in order, of what its sensors have in one interval. */
const rowsOf = (key: string, groups: ReadonlyMap<SensorId, string>, rows: ReadonlyArray<ShapedAggregate>) =>
  Effect.gen(function* () {
    const byGroup = grouped(rows, (row) => groups.get(row.sensorId) ?? "")
    const merged: Array<AggregateGroupRow> = []
    for (const [rank, group] of ranked(groups).entries()) {
      const own = byGroup.get(group) ?? []
      const [first] = own
      if (first === undefined) continue
      yield* mustShareUnit(key, group, own)
      const parts = own.flatMap((row) => row.parts)
      const { mean, ...figures } = shapedFigures(parts)
      const calibration = calibrationOfParts(parts)
      const unit = unitOfAll(own)
      merged.push({ ...first, ...figures, unit, value: mean, calibration, group, rank, sensors: own.length })
    }
    return merged
  })

const filterOf = (query: GroupQuery, sensorIds: ReadonlyArray<SensorId> | undefined) => ({
  type: query.type,
  unit: query.unit,
  start: query.start_time,
  end: query.end_time,
  sensorIds
})

/** Whole intervals, each when the next one begins; those up to the place that a page begins at are left out. */
const readGroups = (
  request: GroupRequest,
  { after, limit, skip, standing }: RowQuery
): Effect.Effect<ReadonlyArray<AggregateGroupRow>, RowsError> =>
  Effect.gen(function* () {
    const { judged, query, service, shapingAt } = request
    const groups = yield* groupsOf(request, standing.position)
    if (groups.size === 0) return []
    const shaping = yield* shapingAt(standing.position)
    const page = {
      ...judged,
      interval: query.interval,
      zone: zoneNamed(query.tz ?? "UTC"),
      asOf: standing.position,
      limit: CHUNK_ROWS
    }
    const rows: Array<AggregateGroupRow> = []
    let open: Array<ShapedAggregate> = []
    const close = Effect.suspend(() =>
      Effect.map(rowsOf(query.group_by, groups, open), (closed) => {
        for (const row of closed) {
          const isBefore = after !== null && row.timestamp === after.time && row.rank <= after.tie
          if (!isBefore) rows.push(row)
        }
        open = []
      })
    )
    // From the start of the interval in which the page before ended: no sensor has the number 0.
    let behind = after === null ? undefined : { start: after.time, sensorId: sensorId(0) }
    for (;;) {
      const { rows: chunk } = yield* service.shaped(
        filterOf(query, [...groups.keys()]),
        { ...page, after: behind },
        shaping
      )
      for (const row of chunk) {
        if (open[0] !== undefined && open[0].timestamp !== row.timestamp) yield* close
        open.push(row)
      }
      const last = chunk.at(-1)
      if (last === undefined || chunk.length < CHUNK_ROWS) {
        yield* close
        return rows.slice(skip, skip + limit)
      }
      if (rows.length >= skip + limit) return rows.slice(skip, skip + limit)
      behind = { start: last.timestamp, sensorId: last.sensorId }
    }
  })

const groupList = (request: GroupRequest): Listing<AggregateGroupRow> => {
  const { judged, query, service, shapingAt } = request
  const { tz = "UTC" } = query
  return {
    ...shapedParts(shapingAt, query, `aggregates by ${query.group_by} ${query.interval} ${tz}`),
    filter: filterOf(query, query.sensor_id),
    table: calibratedTable(AGGREGATE_GROUPS, query),
    zone: zoneNamed(tz) === undefined ? "UTC" : tz,
    now: Effect.map(service.standing, ({ position }) => position),
    read: (rows) => readGroups(request, rows),
    place: (row) => ({ time: row.timestamp, tie: row.rank }),
    watermark: ({ position }) =>
      Effect.gen(function* () {
        const ids = [...(yield* groupsOf(request, position)).keys()]
        const last = { ...judged, interval: query.interval, zone: zoneNamed(tz), asOf: position }
        const newest = service.aggregates(filterOf(query, ids), { ...last, order: "desc", limit: 1 })
        return (yield* newest).rows[0]?.timestamp ?? null
      }),
    chunkRows: CHUNK_ROWS,
    pageRows: PAGE_LIMIT_DEFAULT,
    validity: Effect.succeed(query.as_of === undefined ? String(judged.finalBefore) : "")
  }
}

/** Refuses groups of several units before anything is sent: of a stream that breaks off nobody learns why. */
const mustAgree = (request: GroupRequest) =>
  Effect.gen(function* () {
    const { log, query, shapingAt } = request
    const { position } = yield* query.as_of === undefined ? log.head : standingAsOf(log, query.as_of)
    yield* mustBeKeys("group_by", [query.group_by], yield* tagsAt(request.words, position))
    const groups = yield* groupsOf(request, position)
    const asked = yield* sensorsAsked(log, { ...query, sensor_id: [...groups.keys()] })
    const sensors = yield* shapedSensors(log, shapingAt, query, asked)
    const units = sensors.map(({ id, metadata }) => ({ sensorId: id, unit: metadata.unit }))
    for (const [group, members] of grouped(units, ({ sensorId }) => groups.get(sensorId) ?? "")) {
      yield* mustShareUnit(query.group_by, group, members)
    }
  })

const NO_SHAPING = new Shaping(new Map(), null)

export const groupedAnswer = (parts: AggregateParts, asked: GroupQuery) =>
  Effect.gen(function* () {
    const { log, service, words } = parts
    const judged = yield* judgedAsOf(service, log, asked)
    const { name } = yield* DefaultZone
    const query = yield* byNumber(log, words, { ...asked, tz: asked.tz ?? name })
    const shapingAt = shapingOf(words, query) ?? (() => Effect.succeed(NO_SHAPING))
    const request = { ...parts, query, judged, shapingAt }
    yield* mustAgree(request)
    return yield* answerRows(log, groupList(request), query, Effect.void)
  })
