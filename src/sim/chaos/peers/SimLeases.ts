/** Leases on the simulated server: by its own clock, which is none of the processes'. */
import type { Connection } from "@effect/sql/SqlConnection"
import * as Effect from "effect/Effect"
import type { LeaseSyntax } from "../../../ownership/Leases.js"

/** Stands for the server's time among a statement's parameters until it runs. */
const NOW = "the server's time"

export const SIMULATED_SQLITE: LeaseSyntax = {
  now: (sql) => sql`CAST(${NOW} AS INTEGER)`,
  after: (sql, millis) => sql`CAST(${NOW} AS INTEGER) + ${sql.literal(String(millis * 1_000))}`,
  past: "0",
  remains: (sql) => sql`CAST(lease_until AS INTEGER) - CAST(${NOW} AS INTEGER)`,
  orKeep: "ON CONFLICT (name) DO NOTHING",
  changed: (sql, statement) =>
    Effect.map(Effect.zipRight(statement, sql<{ n: number }>`SELECT changes() AS n`), ([row]) =>
      Number(row?.n)
    ),
  // One transaction at a time holds all of the simulated server: it waits where it begins.
  lockWait: () => Effect.void
}

/** A connection whose statements know the server's time, in µs, when they run. */
export const timed = (connection: Connection, now: () => number): Connection => {
  const filled = (params: ReadonlyArray<unknown>) => params.map((param) => (param === NOW ? now() : param))
  return {
    ...connection,
    execute: (text, params, transform) =>
      params.includes(NOW)
        ? Effect.suspend(() => connection.execute(text, filled(params), transform))
        : connection.execute(text, params, transform)
  }
}
