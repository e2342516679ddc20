/**
 * The HTTP contract of Tidemark: schemas alone, no server code, so that a browser or another program can import it.
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as OpenApi from "@effect/platform/OpenApi"
import { AlertRulesGroup } from "./alerts/AlertRulesGroup.js"
import { AlertsGroup } from "./alerts/AlertsGroup.js"
import { AnnotationsGroup } from "./annotations/AnnotationsGroup.js"
import { ViewsGroup } from "./annotations/ViewsGroup.js"
import { CatalogueGroup } from "./catalogue/CatalogueGroup.js"
import { DerivedGroup } from "./catalogue/DerivedGroup.js"
import { DocumentsGroup } from "./catalogue/DocumentsGroup.js"
import { MetadataGroup } from "./catalogue/MetadataGroup.js"
import { type Policy, policyOf } from "./core/Access.js"
import { isObject, mapValues } from "./core/DocumentJson.js"
import { PROBLEM_TYPE, PROBLEMS, problemOf } from "./core/Problem.js"
import { AggregatesGroup } from "./data/AggregatesGroup.js"
import { DataGroup } from "./data/DataGroup.js"
import { ExplainGroup } from "./data/ExplainGroup.js"
import { EITHER_STATUSES, INFLUX_STATUSES, InfluxGroup } from "./data/Influx.js"
import { completeDocument } from "./document/CompleteDocument.js"
import { FilesGroup } from "./files/FilesGroup.js"
import { LiveGroup } from "./live/LiveGroup.js"
import { QualityGroup } from "./quality/QualityGroup.js"
import { SuiteGroup } from "./quality/SuiteGroup.js"
import { RejectedGroup } from "./rejected/RejectedGroup.js"
import { SensorsGroup } from "./sensors/SensorsGroup.js"
import { ShapingGroup } from "./sensors/ShapingGroup.js"
import { KeysGroup } from "./system/KeysGroup.js"
import { LogGroup } from "./system/LogGroup.js"
import { OWN_FORM, SystemGroup } from "./system/SystemGroup.js"

/** Version of the contract, not of the program: it changes when a client could notice. */
export const API_VERSION = "1.0.0"

const SECURITY_SCHEMES = {
  bearer: { type: "http", scheme: "bearer", description: "`Authorization: Bearer <key>`" },
  apiKey: { type: "apiKey", in: "header", name: "X-API-Key", description: "`X-API-Key: <key>`" }
}

/** Every 4xx and 5xx is a problem; the platform's own error shape never leaves the server. */
const problemsAlone = (status: string, response: unknown): unknown => {
  if (!isObject(response) || Number(status) < 400 || OWN_FORM.has(response.description)) return response
  return {
    ...response,
    ...(status === "400" ? { description: PROBLEMS["invalid-request"].title } : {}),
    content: { [PROBLEM_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } }
  }
}

/** Of the paths that clients of InfluxDB write to, what the handler refuses has Influx's form. */
const influxAlone = (status: string, response: unknown): unknown => {
  const influx = { "application/json": { schema: { $ref: "#/components/schemas/InfluxError" } } }
  const either = { ...influx, [PROBLEM_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } }
  const content = INFLUX_STATUSES.has(status) ? influx : EITHER_STATUSES.has(status) ? either : null
  return isObject(response) && content !== null ? { ...response, content } : problemsAlone(status, response)
}

const tidyOperation = (path: string, operation: unknown): unknown =>
  isObject(operation)
    ? {
        ...operation,
        responses: mapValues(operation.responses, INFLUX_PATHS.has(path) ? influxAlone : problemsAlone)
      }
    : operation

const PLATFORM_SCHEMAS = new Set(["HttpApiDecodeError", "Issue", "PropertyKey"])

const tidySpec = (spec: Record<string, unknown>): Record<string, unknown> => {
  const components = isObject(spec.components) ? spec.components : {}
  const schemas = isObject(components.schemas) ? components.schemas : {}
  return {
    ...spec,
    // Keys are needed only where the server has some: an empty requirement beside them says so.
    security: [{}, { bearer: [] }, { apiKey: [] }],
    paths: mapValues(spec.paths, (name, path) =>
      mapValues(path, (_method, operation) => {
        const tidy = tidyOperation(name, operation)
        if (!isObject(tidy)) return tidy
        const { security: _own, ...rest } = tidy
        return rest
      })
    ),
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).filter(([name]) => !PLATFORM_SCHEMAS.has(name))),
      securitySchemes: SECURITY_SCHEMES
    }
  }
}

export class TidemarkApi extends HttpApi.make("tidemark")
  .add(DataGroup)
  .add(LiveGroup)
  .add(InfluxGroup)
  .add(AggregatesGroup)
  .add(SensorsGroup)
  .add(ShapingGroup)
  .add(MetadataGroup)
  .add(CatalogueGroup)
  .add(DerivedGroup)
  .add(AnnotationsGroup)
  .add(ViewsGroup)
  .add(AlertRulesGroup)
  .add(AlertsGroup)
  .add(DocumentsGroup)
  .add(FilesGroup)
  .add(QualityGroup)
  .add(SuiteGroup)
  .add(LogGroup)
  .add(RejectedGroup)
  .add(ExplainGroup)
  .add(KeysGroup)
  .add(SystemGroup)
  .addError(problemOf("unauthorized"))
  .addError(problemOf("forbidden"))
  .addError(problemOf("not-acceptable"))
  .addError(problemOf("too-many-requests"))
  .addError(problemOf("internal-error"))
  .addError(problemOf("unavailable"))
  .annotate(OpenApi.Title, "Tidemark")
  .annotate(OpenApi.Version, API_VERSION)
  .annotate(
    OpenApi.Description,
    "Readings of sensors, kept in an append-only log, with one-minute aggregates, quality scores and a catalogue. " +
      "Times are RFC 3339 in UTC with six digits. Paths answer with and without the trailing slash. " +
      "Every error is a problem (RFC 9457) that names all bad fields at once. " +
      "The version here is the contract's own: `/health` names the program's. " +
      "Beside it there are OData 4 at `/odata/` for Power BI and Excel, closed days as Parquet files at `/files/`, " +
      "and tools for models at `/mcp`."
  )
  .annotate(OpenApi.License, { name: "MIT" })
  .annotate(OpenApi.Transform, (spec) => completeDocument(tidySpec(spec))) {}

const pathsWith = (errors: Policy["errors"]): ReadonlySet<string> => {
  const paths = new Set<string>()
  HttpApi.reflect(TidemarkApi, {
    onGroup: () => {},
    onEndpoint: ({ endpoint }) => {
      if (policyOf(endpoint).errors === errors) paths.add(endpoint.path)
    }
  })
  return paths
}

export const INFLUX_PATHS: ReadonlySet<string> = pathsWith("influx")
