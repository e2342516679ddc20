/** `/metadata/{dataset_name}`, `/glossary/`, `/lineage/`: what people say of the data, and how the data are made. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { DatasetVersion, GlossaryTerm, GlossaryVersion } from "../../api/catalogue/CatalogueWords.js"
import { findDataset } from "../../domain/catalogue/CatalogueDataset.js"
import type { CatalogueEvent } from "../../domain/catalogue/CatalogueEdits.js"
import { lineageOf, stageId, withDerived } from "../../domain/catalogue/Lineage.js"
import { CALIBRATE_STAGE } from "../../domain/catalogue/Pipeline.js"
import { CatalogueLog, type CatalogueLogService } from "../../eventlog/CatalogueLog.js"
import { EventLog, type EventLogService } from "../../eventlog/EventLog.js"
import { Catalog, type CatalogService } from "../../projections/catalogue/Catalogue.js"
import { Contract } from "../core/Contract.js"
import { invalid, notFound } from "../core/Problems.js"
import { jsonBody } from "../writing/Body.js"
import { tagged, terms, versionOf } from "../writing/ChangeTerms.js"
import { decodeDatasetBody, decodeTermBody } from "../writing/UnknownFields.js"
import { defineWord, sayOfDataset, strangeColumns, takeWordOut } from "./CatalogueChanges.js"
import { namedSources } from "./SourceNames.js"

const noDataset = (name: string) => notFound(`There is no data set ${name}.`)

const datasetAnswer = (catalog: CatalogService, name: string) =>
  Effect.flatMap(
    catalog.dataset(name),
    Option.match({
      onNone: () => Effect.fail(noDataset(name)),
      // Its counts change without its version, so only what is written is tagged.
      onSome: (dataset) => Effect.succeed(dataset)
    })
  )

const describeDataset = (
  catalog: CatalogService,
  words: CatalogueLogService,
  name: string,
  parameter: string | undefined
) =>
  Effect.gen(function* () {
    const definition = findDataset(name)
    if (definition === undefined) return yield* Effect.fail(noDataset(name))
    const body = yield* jsonBody
    const saying = yield* Effect.mapError(decodeDatasetBody(body), invalid)
    const strange = strangeColumns(definition, saying.columns)
    if (strange.length > 0) return yield* Effect.fail(invalid(strange))
    const { reason: _why, ...rest } = saying
    yield* sayOfDataset(words, catalog, definition, rest, yield* terms(parameter, body))
    const dataset = yield* datasetAnswer(catalog, name)
    return yield* tagged(dataset, dataset.version)
  })

const datasetHistory = (words: CatalogueLogService, name: string) =>
  Effect.gen(function* () {
    if (findDataset(name) === undefined) return yield* Effect.fail(noDataset(name))
    const events = yield* words.history("dataset", name)
    const versions = events.flatMap(
      (event): ReadonlyArray<DatasetVersion> =>
        event.type === "DatasetDescribed" ? [{ ...versionOf(event), ...event.payload }] : []
    )
    return yield* tagged(versions, versions.at(-1)?.version ?? 0)
  })

const termJson = (event: CatalogueEvent): GlossaryTerm | undefined =>
  event.type === "TermDefined" ? { term: event.subject, ...event.payload, ...versionOf(event) } : undefined

const noTerm = (term: string) => notFound(`The glossary has no ${JSON.stringify(term)}.`)

const glossary = (words: CatalogueLogService) =>
  Effect.map(words.current("term"), (events) => events.map(termJson).filter((term) => term !== undefined))

const oneTerm = (words: CatalogueLogService, term: string) =>
  Effect.gen(function* () {
    const last = (yield* words.history("term", term)).at(-1)
    const json = last === undefined ? undefined : termJson(last)
    if (json === undefined) return yield* Effect.fail(noTerm(term))
    return yield* tagged(json, json.version)
  })

const defineTerm = (words: CatalogueLogService, term: string, parameter: string | undefined) =>
  Effect.gen(function* () {
    const body = yield* jsonBody
    const meaning = yield* Effect.mapError(decodeTermBody(body), invalid)
    const { event } = yield* defineWord(words, term, meaning, yield* terms(parameter, body))
    const json = Option.getOrUndefined(Option.map(event, termJson))
    return json === undefined ? yield* Effect.fail(noTerm(term)) : yield* tagged(json, json.version)
  })

const removeTerm = (words: CatalogueLogService, term: string, parameter: string | undefined) =>
  Effect.gen(function* () {
    const last = yield* takeWordOut(words, term, yield* terms(parameter, undefined))
    const json = last === undefined ? undefined : termJson(last)
    return json === undefined ? yield* Effect.fail(noTerm(term)) : json
  })

const NOTHING = { definition: null, synonyms: [], see_also: [], datasets: [] }

const termHistory = (words: CatalogueLogService, term: string) =>
  Effect.gen(function* () {
    const events = yield* words.history("term", term)
    if (events.length === 0) return yield* Effect.fail(noTerm(term))
    const versions = events.map(
      (event): GlossaryVersion => ({
        ...versionOf(event),
        removed: event.type === "TermRemoved",
        ...(event.type === "TermDefined" ? event.payload : NOTHING)
      })
    )
    return yield* tagged(versions, versions.at(-1)?.version ?? 0)
  })

/** What it is computed from. */
const derivedLineage = (log: EventLogService, event: CatalogueEvent) =>
  Effect.gen(function* () {
    if (event.type !== "SensorDerived") return []
    const { expression, sensor, sources } = event.payload
    const from = yield* namedSources(log, sources)
    return [{ name: event.subject, version: event.position, expression, sensor, sources: from }]
  })

/** With the version of the calibrations that are applied now. */
const lineage = (log: EventLogService, words: CatalogueLogService, of: string | undefined) =>
  Effect.gen(function* () {
    const derivations = yield* words.current("derivation")
    const derived = yield* Effect.forEach(derivations, (event) => derivedLineage(log, event))
    const all = withDerived(derived.flat())
    if (of !== undefined && !all.nodes.some(({ id }) => id === of)) {
      return yield* Effect.fail(notFound(`The lineage has no node ${of}.`))
    }
    const graph = of === undefined ? all : lineageOf(of, all)
    const calibrations = yield* words.current("calibration")
    const version = Math.max(0, ...calibrations.map(({ position }) => position))
    const now = ` Version ${version} is the newest, of ${calibrations.length} sensors.`
    return {
      ...graph,
      nodes: graph.nodes.map((node) =>
        node.id === stageId(CALIBRATE_STAGE) && version > 0
          ? { ...node, description: node.description + now }
          : node
      )
    }
  })

export const CatalogueLive = HttpApiBuilder.group(Contract, "Catalogue", (handlers) =>
  Effect.gen(function* () {
    const catalog = yield* Catalog
    const log = yield* EventLog
    const words = yield* CatalogueLog
    return handlers
      .handle("dataset", ({ path }) => datasetAnswer(catalog, path.dataset_name))
      .handleRaw("describeDataset", ({ path, urlParams }) =>
        describeDataset(catalog, words, path.dataset_name, urlParams.reason)
      )
      .handle("datasetHistory", ({ path }) => datasetHistory(words, path.dataset_name))
      .handle("glossary", () => glossary(words))
      .handle("term", ({ path }) => oneTerm(words, path.term))
      .handleRaw("defineTerm", ({ path, urlParams }) => defineTerm(words, path.term, urlParams.reason))
      .handle("removeTerm", ({ path, urlParams }) => removeTerm(words, path.term, urlParams.reason))
      .handle("termHistory", ({ path }) => termHistory(words, path.term))
      .handle("lineage", ({ urlParams }) => lineage(log, words, urlParams.of))
  })
)
