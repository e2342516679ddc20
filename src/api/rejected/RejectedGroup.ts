/** One rejected message: what is wrong with it, its bytes, and sending it through again. */
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { REJECTED } from "../../domain/dataset/RejectedDataset.js"
import { reads, writes } from "../core/Access.js"
import { answer } from "../core/AnswerSchema.js"
import { field, optional, says, TimeText, Whole } from "../core/ContractFields.js"
import { get, group, post } from "../core/Endpoint.js"
import { described, Once } from "../core/ParameterText.js"
import { problemOf } from "../core/Problem.js"
import { Reason, ReasonParams } from "../data/Writing.js"

export const RejectedFault = Schema.Struct({
  code: field(Schema.String, "What is wrong, as a code that stays the same", "not-a-number"),
  field: field(
    Schema.NullOr(Schema.String),
    "The field or metric that is wrong; null: the message as a whole",
    "value"
  ),
  problem: field(Schema.String, "What is wrong", "value is text, not a finite number"),
  mend: field(Schema.String, "How to mend it", "Give a finite number, not text and not null"),
  found: field(
    Schema.NullOr(Schema.String),
    "What stands there, as JSON, cut to 200 characters; null: nothing",
    '"21.5"'
  )
}).annotations({ identifier: "RejectedFault", description: "One thing that is wrong with a message" })

export const ReplayItem = Schema.Struct({
  status: field(
    Schema.Literal("stored", "repeated", "rejected"),
    "`repeated`: the log had it already; `rejected`: kept with its reason among the rejected messages"
  ),
  reading: field(Schema.NullOr(Whole), "Number of the reading, new or repeated; null: rejected", 4711),
  metric: field(Schema.NullOr(Schema.String), "The metric within the message; null: all of it"),
  reason: field(Schema.NullOr(Schema.String), "Why it was rejected; null: it was not")
}).annotations({ identifier: "ReplayItem", description: "What became of one reading of a message" })

export const RejectedReplay = Schema.Struct({
  attempt: field(Whole, "Which time it was sent through again, from 1", 1),
  replayed_at: field(TimeText, "When, UTC"),
  by: field(Schema.NullOr(Schema.String), "Name of the key that sent it; null: without a key"),
  reason: field(Schema.NullOr(Schema.String), "Why, as whoever sent it said; null: not said"),
  payload_base64: field(
    Schema.NullOr(Schema.String),
    "What was sent in its place, base64; null: its own bytes"
  ),
  results: field(Schema.Array(ReplayItem), "What became of each reading in it")
}).annotations({ identifier: "RejectedReplay", description: "A message that was sent through again" })
export type RejectedReplay = typeof RejectedReplay.Type

export const RejectedDetail = Schema.Struct({
  id: field(Schema.String, "Hash of topic, bytes and metric; hex", "5f0c1d5f3d7f0a2a9b0e3c1d2e4f5a6b"),
  topic: field(Schema.String, "MQTT topic that it came by, or the address", "sensors/1"),
  metric: field(Schema.NullOr(Schema.String), "The metric within the message; null: all of it"),
  reason: field(Schema.String, "Why it was rejected"),
  faults: field(Schema.Array(RejectedFault), "The same, one by one, with how to mend each"),
  size: field(Whole, "Size of the whole message, bytes", 120),
  truncated: field(Schema.Boolean, "Not all of its bytes were kept", false),
  bytes_base64: field(
    Schema.NullOr(Schema.String),
    "Its bytes as they were kept, base64; null: none were kept"
  ),
  text: field(Schema.NullOr(Schema.String), "The same as text; null: they are not text in UTF-8"),
  first_seen: field(TimeText, "When it came first, UTC"),
  deliveries: field(Whole, "How often it came", 1),
  state: field(
    Schema.Literal("open", "stored"),
    "`stored`: it was sent through again, and a reading of it is in the log"
  ),
  can_replay: field(Schema.Boolean, "It can be sent through again, if need be mended", true),
  needs_payload: field(Schema.Boolean, "Only with a payload in its place: it is a row of a file", false),
  why_not: field(Schema.NullOr(Schema.String), "Why it can't be sent through again; null: it can"),
  replays: field(Schema.Array(RejectedReplay), "Each time that it was sent through again, oldest first")
}).annotations({ identifier: "RejectedDetail", description: "A rejected message in full" })
export type RejectedDetail = typeof RejectedDetail.Type

/** Longest payload in base64, in characters: what 16 MiB come to would not pass the bound of a body anyway. */
const BASE64_LENGTH_MAX = 1_400_000

export const ReplayInput = Schema.Struct({
  payload: optional(
    Schema.Unknown.annotations({
      jsonSchema: { description: "Any JSON value; usually an object with a reading in it" }
    }),
    "What goes in place of its bytes, as JSON; absent: they go as they are"
  ),
  payload_base64: optional(
    Schema.String.pipe(
      Schema.maxLength(BASE64_LENGTH_MAX),
      Schema.pattern(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/)
    ).annotations(says("must be base64")),
    "The same as bytes, base64; not beside `payload`"
  ),
  reason: optional(
    Schema.NullOr(Reason).annotations(says("must be text of 1 to 500 characters, or null")),
    "Why, in your words; kept with the replay"
  )
}).annotations({ identifier: "ReplayInput", description: "How to send a rejected message through again" })
export type ReplayInput = typeof ReplayInput.Type

export const RejectedPath = Schema.Struct({
  rejected_id: Once.pipe(
    Schema.filter((text) => /^[0-9a-f]{32}$/.test(text) || "must be 32 hexadecimal digits")
  ).annotations(
    described("`id` of the rejected message, as the list has it.", {
      type: "string",
      pattern: "^[0-9a-f]{32}$",

      examples: ["5f0c1d5f3d7f0a2a9b0e3c1d2e4f5a6b"]
    })
  )
})

export class RejectedGroup extends group(
  "Rejected",
  "Messages that could not be decoded or stored, one by one",
  get(
    "rejectedMessage",
    "/rejected/:rejected_id",
    "One rejected message: its bytes, what is wrong, and how to mend it",
    reads("everything", { dataset: REJECTED.name, alsoPage: true })
  )
    .setPath(RejectedPath)
    .addSuccess(answer(RejectedDetail, "The message")),
  post(
    "replayRejected",
    "/rejected/:rejected_id/replay",
    "Send a rejected message through again, mended or as it is",
    writes("everything", { dataset: REJECTED.name })
  )
    .setPath(RejectedPath)
    .setUrlParams(ReasonParams)
    .setPayload(ReplayInput)
    .addSuccess(answer(RejectedReplay, "What became of it"))
    .addError(problemOf("not-replayable"))
    .annotate(
      OpenApi.Description,
      "It is decoded and appended as at its first arrival: sent twice, it is stored once. Of a message of " +
        "several metrics only the one that was rejected goes again. The rejected message itself is kept."
    )
) {}
