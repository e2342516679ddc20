/**
 * What became of the messages of one MQTT client: how a sender learns that all of it was stored.
 */
import * as Schema from "effect/Schema"
import { field, Whole } from "../core/ContractFields.js"

export const ClientTally = Schema.Struct({
  client_id: field(Schema.String, "The MQTT client identifier", "tidemark-replay"),
  messages: field(Whole, "Messages that this process settled since it started", 9995),
  stored: field(Whole, "Readings of them that were new", 69965),
  repeated: field(Whole, "Readings of them that were stored already", 0),
  rejected: field(Whole, "Messages, or metrics of them, that were rejected", 0)
}).annotations({
  identifier: "ClientTally",
  description:
    "What became of the messages of one MQTT client that this process took; of an import's client, all that any process took"
})
export type ClientTally = typeof ClientTally.Type
