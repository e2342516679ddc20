/** The catalogue in public standards, made of what the catalogue says now. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { JSON_LD_TYPE, YAML_TYPE } from "../../api/catalogue/DocumentsGroup.js"
import { dataContract } from "../../domain/standards/DataContract.js"
import { dataPackage } from "../../domain/standards/DataPackage.js"
import type { DocumentDataset, DocumentTerms } from "../../domain/standards/Document.js"
import { catalogJsonLd, datasetJsonLd } from "../../domain/standards/JsonLd.js"
import { Contract } from "../core/Contract.js"
import { notFound } from "../core/Problems.js"
import { DocumentSources } from "./DocumentSources.js"

export const DocumentsLive = HttpApiBuilder.group(Contract, "Documents", (handlers) =>
  Effect.gen(function* () {
    const { dataset, datasets, terms } = yield* DocumentSources

    const documentOf = (make: (datasets: ReadonlyArray<DocumentDataset>, terms: DocumentTerms) => object) =>
      Effect.zipWith(datasets, terms, make)
    const json = (contentType: string) => (document: unknown) =>
      HttpServerResponse.text(JSON.stringify(document, null, 2), { contentType })

    const one = (name: string) =>
      Effect.gen(function* () {
        const entry = Option.getOrUndefined(yield* dataset(name))
        if (entry === undefined) return yield* Effect.fail(notFound(`There is no data set ${name}.`))
        return datasetJsonLd(entry, yield* terms)
      })

    return handlers
      .handle("catalogJsonLd", () => Effect.map(documentOf(catalogJsonLd), json(JSON_LD_TYPE)))
      .handle("datasetJsonLd", ({ path }) => Effect.map(one(path.dataset_name), json(JSON_LD_TYPE)))
      .handle("dataPackage", () => Effect.map(documentOf(dataPackage), json("application/json")))
      .handle("dataContract", () =>
        Effect.zipWith(
          documentOf(dataContract),
          // Loaded when it is first asked for.
          Effect.promise(() => import("yaml")),
          (contract, { stringify }) =>
            HttpServerResponse.text(stringify(contract, { lineWidth: 0 }), { contentType: YAML_TYPE })
        )
      )
  })
)
