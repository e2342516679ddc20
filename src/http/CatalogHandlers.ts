/**
 * What there is and how good it is: `/metadata/`, the catalogue page, and the quality scores.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { TidemarkApi } from "../api/TidemarkApi.js"
import { EventLog } from "../eventlog/EventLog.js"
import { Catalog } from "../projections/Catalog.js"
import { Quality } from "../projections/Quality.js"
import { answering, mustBeKnown } from "./DataHandlers.js"
import { Pages } from "./Ports.js"
import { notFound } from "./Problems.js"

export const MetadataLive = HttpApiBuilder.group(TidemarkApi, "Metadata", (handlers) =>
  Effect.gen(function* () {
    const catalog = yield* Catalog
    const pages = yield* Pages
    return handlers
      .handle("metadata", ({ urlParams }) =>
        answering(
          Effect.map(catalog.datasets(urlParams), (datasets) => HttpServerResponse.unsafeJson(datasets))
        )
      )
      .handle("catalog", ({ urlParams }) =>
        answering(
          Effect.flatMap(
            pages.catalog(urlParams),
            Option.match({
              onNone: () => Effect.fail(notFound(`There is no dataset ${urlParams.dataset}.`)),
              onSome: (html) => Effect.succeed(HttpServerResponse.html(html))
            })
          )
        )
      )
  })
)

export const QualityLive = HttpApiBuilder.group(TidemarkApi, "Quality", (handlers) =>
  Effect.gen(function* () {
    const quality = yield* Quality
    const log = yield* EventLog
    return handlers.handle("dataQuality", ({ urlParams: { end_time, sensor_id, start_time } }) =>
      answering(
        Effect.gen(function* () {
          if (sensor_id !== undefined) yield* mustBeKnown(log, sensor_id)
          const report = yield* quality.report({ start: start_time, end: end_time, sensorId: sensor_id })
          return HttpServerResponse.unsafeJson(report)
        })
      )
    )
  })
)
