/** Sensors of a page that have a tag: `tag=site:berlin` in its address, as the API takes it. */
import * as Effect from "effect/Effect"
import type { ParameterProblem } from "../../api/core/PageProblem.js"
import type { Position } from "../../domain/Ids.js"
import type { Sensor } from "../../domain/Sensor.js"
import { CatalogueLog } from "../../eventlog/CatalogueLog.js"
import { EventLog } from "../../eventlog/EventLog.js"
import { tagsAt } from "../../http/listing/SensorFilter.js"

/** Tags that are offered to choose from. */
const OFFERED_MAX = 500

/** `at`: as of a position; undefined: as they are. */
export const tagFilter = (query: URLSearchParams, at?: Position) =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const position = at ?? (yield* log.head).position
    const tags = yield* tagsAt(yield* CatalogueLog, position)
    const textsOf = ({ id }: Pick<Sensor, "id">): ReadonlyArray<string> =>
      Object.entries(tags.get(id)?.tags ?? {}).map(([key, value]) => `${key}:${value}`)
    const offered = [...new Set([...tags.keys()].flatMap((id) => textsOf({ id })))].sort()
    const tag = query.get("tag") ?? ""
    const allowed =
      offered.length === 0
        ? "is a tag that no sensor has"
        : `must be a tag that a sensor has, such as ${offered[0]}`
    const problems: ReadonlyArray<ParameterProblem> =
      tag === "" || offered.includes(tag) ? [] : [{ name: "tag", value: tag, allowed }]
    return {
      tag,
      offered: offered.slice(0, OFFERED_MAX),
      problems,
      has: (sensor: Pick<Sensor, "id">) => tag === "" || textsOf(sensor).includes(tag)
    }
  })
export type PageTags = Effect.Effect.Success<ReturnType<typeof tagFilter>>
