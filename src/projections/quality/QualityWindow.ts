/**
 * What is counted of each sensor in a window: hours that are counted already are merged as they are stored; what
 * came since, hours that were never counted, and the window's edges are counted from the log.
 *
 * Invariant: the counts are those of the log as of one position. A stored hour is taken only where the log has no event
 * for it between that position and the mark, and it was counted for the interval that the sensor has.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { Annotation } from "../../domain/catalogue/Annotation.js"
import { mergeParts, NO_PART, type PartCounts } from "../../domain/quality/QualityCounts.js"
import type { SensorFacts, Window } from "../../domain/quality/QualityTally.js"
import { HOUR_PART, isParts, isStored, withNewCounts } from "../../domain/quality/StoredHour.js"
import type { Sensor } from "../../domain/Sensor.js"
import { MICROS_PER_HOUR, minuteOf } from "../../domain/Time.js"
import * as Rows from "./QualityCells.js"
import { type Counting, type CountScope, hourOf, minuteCeil, type ReadError } from "./QualityCounting.js"
import { countSpells, spellKey, type Uncounted } from "./QualitySpells.js"
import { NAMED_MAX, type Spell } from "./SqlQuality.js"

/** Positions of the log's tail that one statement looks through. */
const TAIL_POSITIONS = 20_000
const HOURS_PAGE = 5_000
const SENSORS_PAGE = 5_000

export interface CountRequest {
  readonly of: Counting
  readonly window: Window
  /** The sensors that are asked for; absent: all of them. */
  readonly only?: ReadonlySet<number> | undefined
  /** The hours are marked up to this position of the log; 0: nothing stored is taken. */
  readonly marked: number
  /** The sensors as they were then, by number, where it is asked as of a position of the past; null: as they are. */
  readonly past: ReadonlyMap<number, Sensor> | null
  /** What was planned then: spells in which sensors are down. */
  readonly downtimes: ReadonlyArray<Annotation>
  /** What was read for many windows at once; absent: all of it is asked for. */
  readonly read?: WindowRead | undefined
}

/** What is known of a window of whole hours before it is measured: it is not asked for again. */
export interface WindowRead {
  /** The hours of the log's tail in it. */
  readonly tail: HoursOf
  /** Its counted and marked hours in the order of time, of the sensors that are asked for; null: they were too many. */
  readonly hours: ReadonlyArray<Rows.HourRow> | null
  /** How many messages were rejected in it. */
  readonly rejected: number
}

export const scopeOf = ({ window }: CountRequest, facts: SensorFacts | undefined): CountScope => ({
  intervalMs: facts?.intervalMs ?? null,
  whole: { start: minuteCeil(window.start), end: minuteOf(Math.min(window.end, window.now)) }
})

/** A sensor as it was registered then; undefined: it was not. */
const factsThen = (facts: SensorFacts, past: ReadonlyMap<number, Sensor>): SensorFacts | undefined => {
  const sensor = past.get(facts.sensorId)
  return (
    sensor && {
      ...facts,
      intervalMs: sensor.intervalMs ?? sensor.estimatedIntervalMs,
      retired: sensor.status === "retired",
      type: sensor.metadata.type,
      unit: sensor.metadata.unit
    }
  )
}

const factsNamed = ({ of }: Pick<CountRequest, "of">, only: ReadonlySet<number>) =>
  Effect.forEach(Arr.chunksOf([...only], NAMED_MAX), (ids) =>
    Effect.flatMap(of.ask.sensors(of.asOf, 0, NAMED_MAX, ids), Rows.sensors)
  )

const factsOfAll = ({ of }: Pick<CountRequest, "of">) =>
  Effect.gen(function* () {
    const pages: Array<ReadonlyArray<SensorFacts>> = []
    for (let after = 0, size = SENSORS_PAGE; size === SENSORS_PAGE; ) {
      const rows = yield* Effect.flatMap(of.ask.sensors(of.asOf, after, SENSORS_PAGE), Rows.sensors)
      pages.push(rows)
      after = rows.at(-1)?.sensorId ?? after
      size = rows.length
    }
    return pages
  })

/** The sensors that were asked for, as they are registered. */
export const sensorFacts = (request: Pick<CountRequest, "of" | "past" | "only">) =>
  Effect.map(
    request.only === undefined ? factsOfAll(request) : factsNamed(request, request.only),
    (pages) => {
      const facts = new Map<number, SensorFacts>()
      for (const row of pages.flat()) {
        const known = request.past === null ? row : factsThen(row, request.past)
        if (known !== undefined) facts.set(row.sensorId, known)
      }
      return facts
    }
  )

/** The one sensor that is asked for alone: there are indexes for it. */
const oneOf = ({ only }: Pick<CountRequest, "only">): number | undefined =>
  only?.size === 1 ? only.values().next().value : undefined

/** The hours of each sensor. */
export type HoursOf = ReadonlyMap<number, ReadonlySet<number>>
const addHour = (to: Map<number, Set<number>>, sensor: number, hour: number) => {
  const hours = to.get(sensor)
  if (hours === undefined) to.set(sensor, new Set([hour]))
  else hours.add(hour)
}

/** The hours that the log is about between the mark and the position of the answer, whichever is first, by sensor. */
export const tailHours = (request: CountRequest) =>
  Effect.gen(function* () {
    const { marked, of, only, window } = request
    const hoursBySensor = new Map<number, Set<number>>()
    const end = Math.max(marked, of.asOf)
    for (let from = Math.min(marked, of.asOf); from < end; from += TAIL_POSITIONS) {
      const to = Math.min(end, from + TAIL_POSITIONS)
      const touched = of.ask.touched(from, to, window, oneOf(request))
      const rows = yield* of.turn(Effect.flatMap(touched, Rows.hourKeys))
      for (const { hour, sensorId: sensor } of rows)
        if (only?.has(sensor) ?? true) addHour(hoursBySensor, sensor, hour)
    }
    return hoursBySensor
  })

/** Gives the next page of what is read; null: there is none. */
export type Pages<A> = () => Effect.Effect<ReadonlyArray<A> | null, ReadError>

/** Counted and marked hours of the window in the order of time, a page at a time. */
export const hourPages = (request: CountRequest): Pages<Rows.HourRow> => {
  const { of, only, window } = request
  const one = oneOf(request)
  let isLast = only?.size === 0
  let after: { hour: number; sensor: number } | null = null
  let from = hourOf(window.start)
  return () =>
    Effect.suspend(() => {
      if (isLast) return Effect.succeed(null)
      const query =
        one === undefined
          ? of.ask.all(window, after, HOURS_PAGE)
          : of.ask.ofSensor(one, window, from, HOURS_PAGE)
      return Effect.map(of.turn(Effect.flatMap(query, Rows.hours)), (rows) => {
        const last = rows.at(-1)
        isLast = last === undefined || rows.length < HOURS_PAGE
        if (last !== undefined) {
          after = { hour: last.hour, sensor: last.sensorId }
          from = last.hour + MICROS_PER_HOUR
        }
        return rows.filter(({ sensorId }) => only?.has(sensorId) ?? true)
      })
    })
}

/** What is there already, as one page. */
const given = (rows: ReadonlyArray<Rows.HourRow>): Pages<Rows.HourRow> => {
  let isTaken = false
  return () =>
    Effect.sync(() => {
      if (isTaken) return null
      isTaken = true
      return rows
    })
}

/** A spell of a sensor's window: counted already, or still to be counted from the log. */
export type Segment =
  | { readonly _tag: "Counted"; readonly spell: Spell; readonly counts: PartCounts }
  | { readonly _tag: "Uncounted"; readonly spell: Spell }

/** What is known of it without the log; undefined: nothing. */
export const countsOf = ({ spells }: Counting, sensor: number, segment: Segment): PartCounts | undefined =>
  segment._tag === "Counted" ? segment.counts : spells.get(spellKey(sensor, segment.spell))

const clipped = ({ end, start }: Window, hour: number): Spell => ({
  start: Math.max(start, hour),
  end: Math.min(end, hour + MICROS_PER_HOUR)
})

/** Of a counted hour that the window cuts: what lies wholly in it is taken by the hour's parts. */
const cutSegments = (
  spell: Spell,
  hour: number,
  parts: ReadonlyArray<PartCounts>,
  now: number,
  intervalMs: number | null
): ReadonlyArray<Segment> => {
  const first = Math.ceil((spell.start - hour) / HOUR_PART)
  const last = Math.floor((Math.min(spell.end, now) - hour) / HOUR_PART)
  const [counts, ...more] = parts.slice(first, Math.max(first, last)).map(withNewCounts)
  if (counts === undefined) return [{ _tag: "Uncounted", spell }]
  const whole: Spell = { start: hour + first * HOUR_PART, end: hour + last * HOUR_PART }
  const edges: ReadonlyArray<Segment> = [
    { _tag: "Uncounted", spell: { start: spell.start, end: whole.start } },
    {
      _tag: "Counted",
      spell: whole,
      counts: more.reduce((total, part) => mergeParts(total, part, intervalMs), counts)
    },
    { _tag: "Uncounted", spell: { start: whole.end, end: spell.end } }
  ]
  return edges.filter((segment) => segment.spell.start < segment.spell.end)
}

/** Joins what follows on each other; hours in between have nothing in them. */
const join = (segments: Array<Segment>, next: Segment, intervalMs: number | null, merge: boolean): void => {
  const last = segments.at(-1)
  if (last?._tag === "Uncounted" && next._tag === "Uncounted") {
    segments[segments.length - 1] = { ...next, spell: { start: last.spell.start, end: next.spell.end } }
  } else if (merge && last?._tag === "Counted" && next._tag === "Counted") {
    segments[segments.length - 1] = {
      _tag: "Counted",
      spell: { start: last.spell.start, end: next.spell.end },
      counts: mergeParts(last.counts, next.counts, intervalMs)
    }
  } else segments.push(next)
}

/**
 * The segments of each sensor's window in the order of time; hours without any event are in none. `merge`: hours
 * counted already are merged, else each is a segment of its own.
 */
export const segmentsOf = (request: CountRequest, facts: ReadonlyMap<number, SensorFacts>, merge: boolean) =>
  Effect.gen(function* () {
    const { window } = request
    const tail = request.read?.tail ?? (yield* tailHours(request))
    const pending = new Map([...tail].map(([id, hours]) => [id, [...hours].sort((a, b) => a - b)] as const))
    const segments = new Map<number, Array<Segment>>()
    const add = (sensor: number, segment: Segment) => {
      const list = segments.get(sensor) ?? []
      segments.set(sensor, list)
      join(list, segment, facts.get(sensor)?.intervalMs ?? null, merge)
    }
    const uncounted = (sensor: number, hour: number) =>
      add(sensor, { _tag: "Uncounted", spell: clipped(window, hour) })
    const flush = (sensor: number, before: number) => {
      const hours = pending.get(sensor)
      while (hours?.[0] !== undefined && hours[0] < before) uncounted(sensor, hours.shift() ?? 0)
    }
    const take = ({ counts, dirty, hour, parts, sensorId }: Rows.HourRow) => {
      flush(sensorId, hour)
      if (tail.get(sensorId)?.has(hour)) return
      // Counted, and there is nothing in it any more.
      if (counts === null && !dirty) return
      const spell = clipped(window, hour)
      const intervalMs = facts.get(sensorId)?.intervalMs ?? null
      const isWhole = spell.end - spell.start === MICROS_PER_HOUR && spell.end <= window.now
      // Counts of another version, or for another interval, are made anew.
      const isTaken = request.marked > 0 && isStored(counts) && counts.intervalMs === intervalMs
      if (isTaken && isWhole) add(sensorId, { _tag: "Counted", spell, counts: withNewCounts(counts.counts) })
      else if (isTaken && isParts(parts))
        for (const segment of cutSegments(spell, hour, parts, window.now, intervalMs)) add(sensorId, segment)
      else uncounted(sensorId, hour)
    }
    const next = request.read?.hours == null ? hourPages(request) : given(request.read.hours)
    for (let page = yield* next(); page !== null; page = yield* next()) page.forEach(take)
    for (const sensor of pending.keys()) flush(sensor, Number.POSITIVE_INFINITY)
    return segments
  })

/** What is counted of each sensor in the window. */
export const countWindow = (request: CountRequest, facts: ReadonlyMap<number, SensorFacts>) =>
  Effect.gen(function* () {
    const { of } = request
    const segments = yield* segmentsOf(request, facts, true)
    const uncounted = [...segments].flatMap(([sensor, own]) =>
      own.flatMap(({ _tag, spell }): ReadonlyArray<Uncounted> => {
        return _tag === "Counted" ? [] : [{ sensor, spell, scope: scopeOf(request, facts.get(sensor)) }]
      })
    )
    yield* countSpells(of, uncounted)
    const counted = new Map<number, PartCounts>()
    for (const [sensor, own] of segments) {
      const intervalMs = facts.get(sensor)?.intervalMs ?? null
      const parts = own.map((segment) => countsOf(of, sensor, segment) ?? NO_PART)
      counted.set(
        sensor,
        parts.reduce((total, counts) => mergeParts(total, counts, intervalMs), NO_PART)
      )
    }
    return counted
  })
