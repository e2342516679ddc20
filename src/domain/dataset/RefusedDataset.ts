/** MQTT clients that were turned away, by any process. */
import { MICROS_PER_MILLI } from "../Time.js"
import { columnsOf } from "./Column.js"
import type { Dataset } from "./Dataset.js"

export interface RefusedClient {
  /** As it called itself; null: it was refused before it did. */
  readonly clientId: string | null
  readonly address: string | null
  readonly reason: string
  /** When it was refused last, ms since 1970. */
  readonly at: number
  /** Of that refusal, among all of the process that refused. */
  readonly number: number
  /** How often, since it was first in the list. */
  readonly times: number
}

const column = columnsOf<RefusedClient>()

const columns = [
  column.maybeText(
    "client_id",
    "What it called itself; null: it was refused before it did",
    (row) => row.clientId,
    { example: "press-4" }
  ),
  column.maybeText("address", "Where it came from; null: not known", (row) => row.address, {
    example: "192.0.2.17"
  }),
  column.text("reason", "Why it was turned away, or its connection closed", (row) => row.reason, {
    example: "not authorized"
  }),
  column.time("refused_at", "When that was last", (row) => row.at * MICROS_PER_MILLI, {
    answer: "When that was last, UTC"
  }),
  column.integer("times", "How often, since it was first in the list", (row) => row.times, {
    counts: "refusals",
    example: 3,
    rules: { minimum: 1 }
  })
] as const

export const REFUSED = {
  name: "refused_clients",
  entity: "RefusedClient",
  description:
    "The last MQTT clients that were turned away, or whose connection was closed for what they did. What another process turned away is here within seconds.",
  application: "Finding out why a device is silent.",
  grain: "One row a client, address and reason",
  key: ["client_id", "address", "reason"],
  path: "/refused_clients",
  entitySet: null,
  inTime: false,
  columns
} as const satisfies Dataset<RefusedClient>
