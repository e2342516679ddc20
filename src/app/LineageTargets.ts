/** Lineage as the settings ask for it: where run events go, and what is told of. */
import * as Layer from "effect/Layer"
import type { AppConfig } from "../config/AppConfig.js"
import * as LineageEvents from "../lineage/LineageEvents.js"
import * as RunWatch from "../lineage/RunWatch.js"
import * as Quality from "../projections/quality/Quality.js"
import { version } from "../telemetry/Version.js"

const sourceOf = (config: AppConfig) => ({ namespace: config.openLineageNamespace, version })

export const events = (config: AppConfig) => {
  const { openLineage: address, openLineageKey: key } = config
  return LineageEvents.layer(address?._tag === "Http" ? { ...address, key } : address)
}

export const foldRuns = (config: AppConfig) => RunWatch.foldRuns(sourceOf(config))

export const quality = (config: AppConfig) =>
  RunWatch.watchedQuality(sourceOf(config)).pipe(Layer.provide(Quality.layer))
