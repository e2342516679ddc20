/** What `/explore` shows: readings or aggregates of a range as of one position, with what stands out in them. */
import * as Effect from "effect/Effect"
import type { ParameterProblem } from "../../api/core/PageProblem.js"
import { position } from "../../domain/Ids.js"
import { divisionStart } from "../../domain/minute/LocalInterval.js"
import type { Sensor } from "../../domain/Sensor.js"
import { CatalogueLog } from "../../eventlog/CatalogueLog.js"
import { EventLog } from "../../eventlog/EventLog.js"
import { viewsOf } from "../../http/annotations/ViewHandlers.js"
import type { PageRequest } from "../../http/core/Ports.js"
import { foldedUpTo, recordedAt } from "../../http/listing/AsOfParameter.js"
import { Aggregates } from "../../projections/minutes/Aggregates.js"
import { type ExploreView, renderExplore, sensorLabel } from "../../web/Pages.js"
import { pageOf } from "../core/PageParameters.js"
import { tagFilter } from "../core/TagFilter.js"
import { annotationsShown } from "./ExploreAnnotations.js"
import { choicesFor, defaultsOf, isOpenChoice } from "./ExploreChoices.js"
import { CORRECTIONS_RANGE_MAX, MARKS_MAX, READINGS_JUDGED_MAX } from "./ExploreMarks.js"
import { exploreProblems } from "./ExploreProblems.js"
import {
  askedOf,
  canonicalQuery,
  downloadsOf,
  type ExploreRequest,
  movesOf,
  POINTS_MAX,
  RAW_MAX,
  type Resolution,
  SENSORS_MAX,
  shareHref,
  shownOf,
  timeIn
} from "./ExploreQuery.js"
import { plainQuery } from "./ExploreRoutes.js"
import { type Cut, intervalOf, isDerived, seriesOf } from "./ExploreSeries.js"
import { type Moment, type Window, windowOf } from "./ExploreWindow.js"

const labelOf = ({ id, metadata, name }: Sensor): string =>
  sensorLabel({ id, name, description: metadata.description })

/** The finest that can be shown of sensors: minutes, where none of them has readings. */
const finestOf = (sensors: ReadonlyArray<Sensor>): Resolution =>
  sensors.length > 0 && sensors.every(isDerived) ? "1m" : "raw"

/** Why minutes stand where each reading was asked for. */
const derivedNotes = (sensors: ReadonlyArray<Sensor>, resolution: Resolution): ReadonlyArray<string> => {
  const names = sensors.filter(isDerived).map(labelOf)
  if (names.length === 0 || resolution !== finestOf(sensors)) return []
  const [are, have, them] = names.length === 1 ? ["is", "it has", "it"] : ["are", "they have", "them"]
  const why = `${names.join(", ")} ${are} derived: ${have} no readings, so each of the minutes is shown.`
  return [resolution === "raw" ? `${why} A download of readings has none of ${them}.` : why]
}

const notesOf = (
  request: ExploreRequest,
  resolution: Resolution,
  cut: Cut,
  window: Window
): ReadonlyArray<string> => [
  ...(request.interval !== "auto" && request.interval !== resolution
    ? [`So long a range is shown by ${resolution}: ${request.interval} would be too many points.`]
    : []),
  ...(request.sensorsLeftOut > 0
    ? [`Cut off: a plot holds ${SENSORS_MAX} sensors; ${request.sensorsLeftOut} more were asked for.`]
    : []),
  ...(cut.more
    ? [
        resolution === "raw"
          ? `Cut off: the newest ${RAW_MAX.toLocaleString("en-US")} readings of a sensor are shown, and the range has more. A download has all of them.`
          : `Cut off: the first ${POINTS_MAX.toLocaleString("en-US")} intervals of a sensor are shown, and the range has more. A download has all of them.`
      ]
    : []),
  ...(cut.marksLeftOut
    ? [`Cut off: of a sensor at most ${MARKS_MAX} suspect and ${MARKS_MAX} corrected values are marked.`]
    : []),
  ...(cut.judged
    ? []
    : [
        `The range holds more than ${READINGS_JUDGED_MAX.toLocaleString("en-US")} readings: suspect values are marked, and gaps counted, in shorter ranges alone.`
      ]),
  ...(window.end - window.start > CORRECTIONS_RANGE_MAX
    ? ["Corrections are marked in ranges up to 45 days."]
    : [])
]

/** The whole of the first interval where everything is asked for. */
const fromWhole = (range: string, resolution: Resolution, window: Window): Window =>
  range === "all" && resolution !== "raw"
    ? { ...window, start: divisionStart({ interval: resolution, zone: window.zone }, window.start) }
    : window

/** The log as the address names it; nothing where it does not, or names what has not come yet. */
const pinnedOf = (query: URLSearchParams) =>
  Effect.gen(function* () {
    const text = query.get("as_of") ?? ""
    if (!/^\d{1,15}$/.test(text)) return { pinned: undefined, problems: [] }
    const log = yield* EventLog
    const at = position(Number(text))
    const { position: head } = yield* log.head
    if (at > head) {
      const allowed = `must not be beyond the last position of the log, ${head}`
      const problems: ReadonlyArray<ParameterProblem> = [{ name: "as_of", value: text, allowed }]
      return { pinned: undefined, problems }
    }
    const pinned = { position: at, at: yield* recordedAt(log, at), sensors: yield* log.sensorsAsOf(at) }
    return { pinned, problems: [] }
  })

const momentOf = (resolution: Resolution, pinned: Moment["pinned"]) =>
  Effect.gen(function* () {
    const aggregates = yield* Aggregates
    if (pinned !== undefined) {
      if (resolution !== "raw") yield* foldedUpTo(aggregates, pinned.position)
      return { position: pinned.position, pinned } satisfies Moment
    }
    const { position: standing } = yield* resolution === "raw"
      ? Effect.flatMap(EventLog, ({ head }) => head)
      : aggregates.standing
    return { position: standing, pinned } satisfies Moment
  })

const choiceOf = (selection: ReadonlyArray<Sensor>) => {
  const chosen = new Set(selection.map(({ id }) => id))
  return (sensor: Sensor) => ({ id: sensor.id, label: labelOf(sensor), chosen: chosen.has(sensor.id) })
}

export const explore = ({ form, mayWrite, query: given, zone }: PageRequest) =>
  Effect.gen(function* () {
    const query = canonicalQuery(given)
    const request = askedOf(query)
    const { pinned, problems: beyond } = yield* pinnedOf(query)
    const tags = yield* tagFilter(query, pinned?.position)
    const { known, more, unknown } = yield* choicesFor(request, tags, pinned, query.get("only") === "result")
    const problems = [...exploreProblems(query, unknown), ...beyond, ...tags.problems]
    const chosen = known.filter(({ id }) => request.sensors.includes(id))
    const selection = isOpenChoice(query, tags.tag, chosen.length) ? yield* defaultsOf(known) : chosen
    const ids = selection.map(({ id }) => id)
    const hasRange = (query.get("range") ?? "") !== ""
    const { range, ...within } = yield* windowOf(request, ids, hasRange)
    const finest = finestOf(selection)
    const interval = request.interval === "raw" ? finest : request.interval
    const fitting = shownOf(interval, within.end - within.start, selection.map(intervalOf))
    const resolution = fitting === "raw" ? finest : fitting
    const window = fromWhole(range, resolution, { ...within, zone })
    const moment = yield* momentOf(selection.some(isDerived) ? "1m" : resolution, pinned)
    // What was not understood is not guessed: nothing is drawn until it is mended.
    const sensors = problems.length > 0 ? [] : selection
    const { cut, series } = yield* seriesOf(sensors, window, resolution, moment)
    const { annotations, left } = yield* annotationsShown(window, sensors, pinned)
    const tz = query.get("tz")
    const standing = {
      ...window,
      sensors: ids,
      interval: request.interval,
      tz,
      tag: tags.tag,
      asOf: pinned?.position
    }
    const view: ExploreView = {
      choices: known.map(choiceOf(selection)),
      choicesLeftOut: more,
      tags,
      range: problems.length > 0 && query.get("range") === "custom" ? "custom" : range,
      ...window,
      ...(problems.length > 0
        ? { fields: { start: timeIn(query, "start"), end: timeIn(query, "end") } }
        : {}),
      requestedForm: request.interval,
      displayedForm: resolution,
      series,
      annotations,
      moves: movesOf(standing),
      downloads: downloadsOf(standing, resolution, moment.position),
      notes: [
        ...(request.interval === "raw" ? derivedNotes(sensors, resolution) : []),
        ...notesOf({ ...request, interval }, resolution, cut, window),
        ...(left > 0 ? [`Cut off: ${left} more annotations of this range are in its list.`] : [])
      ],
      problems,
      address: plainQuery(given).toString(),
      views: yield* viewsOf(yield* CatalogueLog),
      share: shareHref(standing, resolution, moment.position),
      pinned: pinned && { position: pinned.position, at: pinned.at },
      mayWrite,
      form,
      done: given.get("done")
    }
    return pageOf(renderExplore(view), problems)
  })
