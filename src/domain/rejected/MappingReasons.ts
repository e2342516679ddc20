/** What can be wrong with a message that a mapping or a preset reads. */
import { type Detail, quoted, reason, TIME_MEND } from "./RejectionWords.js"

export const MAPPING_REASONS = {
  "mapping-device": reason(
    (_, template: Detail, path: Detail) =>
      `the mapping names the device ${quoted(template)}, and there is no text or number at ${quoted(path)}`,
    "Send the field, or name another one in the mapping of this topic (mappings.json)."
  ),
  "mapping-time": reason(
    (field, why: Detail) => `${field} can't be read in the time zone of its mapping: it ${why}`,
    `Say in the mapping which of the two is meant ("dst": "first" or "second"), or send UTC. ${TIME_MEND}`
  ),
  "alias-unknown": reason(
    () => "no birth since the start has named this alias",
    "Have the edge node publish its birth again (Node Control/Rebirth), then send this message through again."
  )
} as const
