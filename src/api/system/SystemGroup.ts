/** `/health`, `/openapi.json`, `/clients/`: the program itself. */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { openToAll, reads } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { field } from "../core/ContractFields.js"
import { type Json, mapValues } from "../core/DocumentJson.js"
import { get, group } from "../core/Endpoint.js"
import { ref } from "../core/OperationFacts.js"
import { ClientTally } from "./ClientTally.js"
import { Health } from "./HealthContract.js"

export const HEALTH_AWAY = "The database is away, or not migrated"

/** Health is told in its own form when the database is away, too. */
const healthAway = (operation: Json): Json => ({
  ...operation,
  responses: {
    ...mapValues(operation.responses, (_status, response) => response),
    503: { description: HEALTH_AWAY, content: { "application/json": { schema: ref("Health") } } }
  }
})

export class SystemGroup extends group(
  "System",
  "The program itself",
  get("health", "/health", "How the program is doing", openToAll())
    .addSuccess(answer(Health, "It works; `degraded`: with warnings"))
    .annotate(OpenApi.Transform, healthAway)
    .addError(answer(Health, HEALTH_AWAY, 503)),
  get("openapi", "/openapi.json", "The contract as OpenAPI 3.1", reads()).addSuccess(
    answer(Schema.Object, "This description")
  ),
  get(
    "clientTally",
    "/clients/:client_id",
    "What became of the messages of one MQTT client",
    reads({ anyName: true })
  )
    .setPath(Schema.Struct({ client_id: field(Schema.NonEmptyString, "The MQTT client identifier") }))
    .addSuccess(answer(ClientTally, "Counts since the server started; all 0 for a client never seen"))
) {}
