/** `/health` and its probes, `/openapi.json`, `/clients/`: the program itself. */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { openToAll, reads } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { field } from "../core/ContractFields.js"
import { type Json, mapValues } from "../core/DocumentJson.js"
import { get, group } from "../core/Endpoint.js"
import { ref } from "../core/OperationFacts.js"
import { ClientTally } from "./ClientTally.js"
import { Health, Liveness, Readiness } from "./HealthContract.js"

const HEALTH_AWAY = "The database is away, or not migrated"
const NOT_READY = "It can't now"

/** Of 503s that tell in their own form what is wrong: no problems. */
export const OWN_FORM: ReadonlySet<unknown> = new Set([HEALTH_AWAY, NOT_READY])

const awayAs =
  (description: string, schema: string) =>
  (operation: Json): Json => ({
    ...operation,
    responses: {
      ...mapValues(operation.responses, (_status, response) => response),
      503: { description, content: { "application/json": { schema: ref(schema) } } }
    }
  })

export class SystemGroup extends group(
  "System",
  "The program itself",
  get("health", "/health", "How the program is doing", openToAll())
    .addSuccess(answer(Health, "It works; `degraded`: with warnings"))
    .annotate(OpenApi.Transform, awayAs(HEALTH_AWAY, "Health"))
    .addError(answer(Health, HEALTH_AWAY, 503)),
  get("live", "/health/live", "Whether the process lives: a probe", openToAll()).addSuccess(
    answer(Liveness, "It does. Where nothing answers, it is to be started again")
  ),
  get("ready", "/health/ready", "Whether this process can do its work: a probe", openToAll())
    .addSuccess(answer(Readiness, "It can"))
    .annotate(OpenApi.Transform, awayAs(NOT_READY, "Readiness"))
    .addError(answer(Readiness, NOT_READY, 503)),
  get("openapi", "/openapi.json", "The contract as OpenAPI 3.1", reads("nothing")).addSuccess(
    answer(Schema.Object, "This description")
  ),
  get(
    "clientTally",
    "/clients/:client_id",
    "What became of the messages of one MQTT client",
    reads("everything", { anyName: true })
  )
    .setPath(Schema.Struct({ client_id: field(Schema.NonEmptyString, "The MQTT client identifier") }))
    .addSuccess(
      answer(
        ClientTally,
        "Counts since this process started, all 0 for a client that it has never seen; of an import's client, what the import counts"
      )
    )
) {}
