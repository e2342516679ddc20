/** The server with OData over a log in a real database. */
import * as Layer from "effect/Layer"
import type { Database } from "../../../src/db/Transaction.js"
import type { EventLog } from "../../../src/eventlog/EventLog.js"
import * as SqlCatalogueLog from "../../../src/eventlog/SqlCatalogueLog.js"
import * as Catalog from "../../../src/projections/catalogue/Catalogue.js"
import type { MinuteStore } from "../../../src/projections/minutes/MinuteStore.js"
import * as SqlOData from "../../../src/projections/odata/SqlOData.js"
import { ON_LOOPBACK, serverLayer } from "../server.js"

export const served = <More>(log: Layer.Layer<Database | EventLog | MinuteStore | More>) => {
  const odataRows = SqlOData.layer({ allowedLateness: "10 seconds" }).pipe(
    Layer.provide(Catalog.layer),
    Layer.provide(SqlCatalogueLog.layer),
    Layer.provide(log)
  )
  return serverLayer({ log, odataRows, trustedProxies: ON_LOOPBACK }).pipe(Layer.provideMerge(log))
}
