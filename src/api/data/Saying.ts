/** What everything that people say has on the wire: its version, when, by whom and why. */
import * as Schema from "effect/Schema"
import { field, optional, says, TimeText, Whole } from "../core/ContractFields.js"
import { Reason } from "./Writing.js"

export const VERSION = {
  words:
    "`version` as you know it, in quotes; 0 for what nobody has said anything of. " +
    "Where it has changed meanwhile the answer is 412, and nothing happens.",
  example: '"7"'
}

export const ReasonInput = optional(
  Schema.NullOr(Reason).annotations(says("must be text of 1 to 500 characters, or null")),
  "Why, in your words; kept in the history"
)

export const versionFields = {
  version: field(Whole, "Number of this version, for `If-Match`", 7),
  log_position: field(
    Whole,
    "The last position of the log when it was said: it holds for what the log has after that",
    4711
  ),
  recorded_at: field(TimeText, "When it was said, UTC"),
  by: field(Schema.NullOr(Schema.String), "Name of the key that said it; null: without a key"),
  reason: field(Schema.NullOr(Schema.String), "Why, as whoever said it put it; null: not said")
}
