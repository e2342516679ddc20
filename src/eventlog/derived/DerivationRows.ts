/** The definitions of derived sensors, from the log of the catalogue. */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { allOf } from "../SqlCatalogueLog.js"
import { derivationsOf } from "./Derivations.js"

export const derivations = (sql: SqlClient) => Effect.map(allOf(sql, "derivation"), derivationsOf)
