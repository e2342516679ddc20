/** The definitions of derived sensors, from the log of the catalogue. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { catalogueEvents, EVENT_COLUMNS } from "../SqlCatalogueLog.js"
import { derivationsOf } from "./Derivations.js"

export const derivations = (sql: SqlClient) =>
  sql`SELECT ${sql.literal(EVENT_COLUMNS)} FROM catalogue_events WHERE kind = 'derivation'
    ORDER BY position`.pipe(catalogueEvents, Effect.map(derivationsOf))
