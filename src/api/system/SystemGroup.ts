/** `/health`, `/openapi.json`, `/clients/`: the program itself. */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { Access, openToAll, reads } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { field } from "../core/ContractFields.js"
import { ClientTally } from "./ClientTally.js"
import { Health } from "./HealthContract.js"

export class SystemGroup extends HttpApiGroup.make("System")
  .add(
    HttpApiEndpoint.get("health", "/health")
      .annotate(Access, openToAll())
      .addSuccess(answer(Health, "It works; `degraded`: with warnings"))
      .addError(answer(Health, "The database is away, or not migrated", 503))
      .annotate(OpenApi.Summary, "How the program is doing")
  )
  .add(
    HttpApiEndpoint.get("openapi", "/openapi.json")
      .annotate(Access, reads())
      .addSuccess(answer(Schema.Object, "This description"))
      .annotate(OpenApi.Summary, "The contract as OpenAPI 3.1")
  )
  .add(
    HttpApiEndpoint.get("clientTally", "/clients/:client_id")
      .annotate(Access, reads())
      .setPath(Schema.Struct({ client_id: field(Schema.NonEmptyString, "The MQTT client identifier") }))
      .addSuccess(answer(ClientTally, "Counts since the server started; all 0 for a client never seen"))
      .annotate(OpenApi.Summary, "What became of the messages of one MQTT client")
  )
  .annotate(OpenApi.Description, "The program itself") {}
