/** All that is served by HTTP: the contract's handlers, OData and the pages, behind one gate. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TidemarkApi } from "../api/TidemarkApi.js"
import { AlertsLive } from "../http/alerts/AlertHandlers.js"
import { AlertRulesLive } from "../http/alerts/AlertRuleHandlers.js"
import { AnnotationsLive } from "../http/annotations/AnnotationHandlers.js"
import { ViewsLive } from "../http/annotations/ViewHandlers.js"
import { CatalogueLive } from "../http/catalogue/CatalogueHandlers.js"
import { DerivedLive } from "../http/catalogue/DerivedHandlers.js"
import { DocumentsLive } from "../http/catalogue/DocumentHandlers.js"
import * as DocumentSources from "../http/catalogue/DocumentSources.js"
import { MetadataLive } from "../http/catalogue/MetadataHandlers.js"
import { problemForm } from "../http/core/Gate.js"
import { Pages } from "../http/core/Ports.js"
import { CONTRACT_ROUTES, type Route } from "../http/core/Routes.js"
import { type Everything, serve } from "../http/core/Serving.js"
import { AggregatesLive } from "../http/data/AggregateHandlers.js"
import { DataLive } from "../http/data/DataHandlers.js"
import { ExplainLive } from "../http/data/ExplainHandlers.js"
import { InfluxLive, influxRefusal } from "../http/data/InfluxHandlers.js"
import { FilesLive } from "../http/files/FilesHandlers.js"
import { LiveLive } from "../http/live/LiveHandlers.js"
import * as LiveStream from "../http/live/LiveStream.js"
import { MCP_ROUTES, mcpAnswers } from "../http/mcp/McpRoutes.js"
import { odataForm } from "../http/odata/ODataAnswers.js"
import { ODATA_ROUTES, odataAnswers } from "../http/odata/ODataRoutes.js"
import { QualityLive } from "../http/quality/QualityHandlers.js"
import { SuitesLive } from "../http/quality/SuiteHandlers.js"
import { RejectedLive } from "../http/rejected/RejectedHandlers.js"
import { type HttpServerOptions, listening } from "../http/Server.js"
import { SensorsLive } from "../http/sensors/SensorHandlers.js"
import { ShapingLive } from "../http/sensors/ShapingHandlers.js"
import { KeysLive } from "../http/system/KeyHandlers.js"
import { LogLive } from "../http/system/LogHandlers.js"
import { METRICS_ROUTES, metricsAnswers } from "../http/system/MetricsRoutes.js"
import { SystemLive } from "../http/system/SystemHandlers.js"
import { PAGE_ROUTES, pageAnswers } from "../pages/PageRoutes.js"
import { SIGN_IN_ROUTES, signInAnswers } from "../pages/signin/SignInRoutes.js"

export const ROUTES: ReadonlyArray<Route> = [
  ...CONTRACT_ROUTES,
  ...ODATA_ROUTES,
  ...MCP_ROUTES,
  ...METRICS_ROUTES,
  ...PAGE_ROUTES,
  ...SIGN_IN_ROUTES
]

const ApiLive = HttpApiBuilder.api(TidemarkApi).pipe(
  // Streams end with their hub, so that they hold no stop: it is closed before the server drains.
  Layer.provide([
    LiveLive.pipe(Layer.provide(LiveStream.layer)),
    InfluxLive,
    CatalogueLive,
    DerivedLive,
    AnnotationsLive,
    ViewsLive,
    AlertRulesLive,
    AlertsLive,
    DocumentsLive,
    FilesLive,
    ExplainLive,
    RejectedLive,
    SuitesLive,
    ShapingLive,
    KeysLive
  ]),
  Layer.provide([DataLive, AggregatesLive, SensorsLive, MetadataLive, QualityLive, LogLive, SystemLive])
)

const serving = (self: Everything) =>
  Effect.gen(function* () {
    const problem = problemForm(yield* Pages)
    return {
      answered: [
        ...(yield* odataAnswers),
        ...(yield* mcpAnswers(self)),
        ...(yield* metricsAnswers),
        ...(yield* pageAnswers),
        ...(yield* signInAnswers)
      ],
      forms: {
        problem,
        influx: { ...problem, failed: influxRefusal },
        odata: odataForm
      }
    }
  })

/** The handlers on whatever `HttpServer` is provided. */
const served = serve(serving).pipe(
  Layer.provide(ApiLive),
  Layer.provide(DocumentSources.layer),
  // Nobody collects traces, and a span costs as much as a small answer.
  HttpMiddleware.withTracerDisabledWhen(() => true)
)

/** Listens, serves all of it, and gives `HttpServer`, whose `address` says where. */
export const HttpServerLive = (options: HttpServerOptions) => listening(options, served)
