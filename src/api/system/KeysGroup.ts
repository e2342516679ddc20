/** Keys: who may do what, and on which sensors and data sets. */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { KEY_NAME_LENGTH_MAX, KeyId } from "../../domain/access/Key.js"
import { Role } from "../../domain/access/Roles.js"
import { SCOPE_SENSORS_MAX } from "../../domain/access/Scope.js"
import { ALL_DATASETS } from "../../domain/dataset/Datasets.js"
import { Timestamp } from "../../domain/Time.js"
import { administers } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { field, optional, says, TimeText } from "../core/ContractFields.js"
import { del, get, group, post } from "../core/Endpoint.js"

const EXAMPLE_ID = KeyId.make("5f0c6d1e9b3a")
const TIME = "2030-01-01T00:00:00.000000Z"
const ROLE =
  "`device` says readings of its own sensors, and reads nothing; `reader` reads; `writer` reads, says and changes; " +
  "`admin` does all, keys and deletion by a filter too"
const SENSORS =
  "The sensors that it reaches: numbers, ranges such as `1-10`, and names, where `*` stands for any text"
const DATASETS = "The data sets that it reaches, by name"

const DATASET_NAMES: ReadonlyArray<string> = ALL_DATASETS.map(({ name }) => name)

const fields = {
  id: field(KeyId, "What the key begins with, behind `tm_`", EXAMPLE_ID),
  name: field(Schema.String, "Whose it is", "line 3"),
  role: field(Role, ROLE, "reader"),
  sensors: field(Schema.NullOr(Schema.Array(Schema.String)), `${SENSORS}; null: all, of a device its own`, [
    "1-10"
  ]),
  datasets: field(Schema.NullOr(Schema.Array(Schema.String)), `${DATASETS}; null: all`, ["sensor_data"]),
  state: field(Schema.Literal("active", "expired", "revoked"), "Whether it lets its holder in", "active"),
  expires_at: field(Schema.NullOr(TimeText), "From when on it does not; null: it does not expire", TIME),
  created_at: field(TimeText, "When it was made", TIME),
  created_by: field(
    Schema.NullOr(Schema.String),
    "The name of the key that made it; null: the command line",
    "owner"
  ),
  revoked_at: field(Schema.NullOr(TimeText), "When it was revoked; null: it was not", TIME),
  revoked_by: field(Schema.NullOr(Schema.String), "The name of the key that revoked it", "owner")
}

export const KeyFacts = Schema.Struct(fields).annotations({
  identifier: "KeyFacts",
  description: "What is known of a key; never the key itself"
})
export type KeyFacts = typeof KeyFacts.Type

export const CreatedKey = Schema.Struct({
  ...fields,
  key: field(
    Schema.String,
    "The key itself: it is shown this once, and kept nowhere",
    `tm_${EXAMPLE_ID}_hN4T0yF3mY8bZr6Wk1cQe9sUaLxV2jGdPo5iMv7Rt0E`
  )
}).annotations({ identifier: "CreatedKey", description: "A key that was made" })

export const KeyInput = Schema.Struct({
  name: field(
    Schema.String.annotations(says("must be text")),
    `Whose it is: 1 to ${KEY_NAME_LENGTH_MAX} characters, no colon or comma`,
    "line 3"
  ),
  role: field(Role.annotations(says(`must be one of ${Role.literals.join(", ")}`)), ROLE, "reader"),
  sensors: optional(
    Schema.NullOr(Schema.Array(Schema.String)).annotations(
      says(`must be a list of at most ${SCOPE_SENSORS_MAX} numbers, ranges and names, or null`)
    ),
    SENSORS,
    ["1-10", "boiler/*"]
  ),
  datasets: optional(
    Schema.NullOr(
      Schema.Array(
        Schema.String.pipe(Schema.filter((name) => DATASET_NAMES.includes(name), { jsonSchema: {} }))
      )
    ).annotations(says(`must be a list of data sets (${DATASET_NAMES.join(", ")}), or null`)),
    DATASETS,
    ["sensor_data"]
  ),
  expires_at: optional(
    Schema.NullOr(
      Timestamp.annotations({
        jsonSchema: { type: "string", format: "date-time", examples: ["2030-01-01T00:00:00Z"] }
      })
    ),
    "From when on it lets nobody in"
  )
}).annotations({ identifier: "KeyInput", description: "A key that is to be made" })
export type KeyInput = typeof KeyInput.Type

export const KeyPath = Schema.Struct({
  key_id: field(KeyId.annotations(says("must be 12 hexadecimal digits")), "The key's id", EXAMPLE_ID)
})

export class KeysGroup extends group(
  "Keys",
  "Who may do what: for admins",
  get(
    "listKeys",
    "/keys/",
    "All keys that were ever made",
    administers("everything", { alsoPage: true })
  ).addSuccess(answer(Schema.Array(KeyFacts), "The keys in the order in which they were made")),
  post("createKey", "/keys/", "Make a key", administers("everything"))
    .setPayload(KeyInput)
    .addSuccess(answer(CreatedKey, "The key, which is shown this once", 201))
    .annotate(
      OpenApi.Description,
      "From the first key on, nobody comes in without one. What a key may do is never changed: make another, and revoke it."
    ),
  del("revokeKey", "/keys/:key_id", "Revoke a key", administers("everything"))
    .setPath(KeyPath)
    .addSuccess(answer(KeyFacts, "The key, which lets nobody in from here on: everywhere within a second"))
) {}
