/**
 * Why something can be rejected: each code once, with its words and how to mend it. What arises elsewhere is a code,
 * the field and what else the words need (RejectionFault.ts); nothing reads the words back.
 *
 * A code is stored: it is never renamed, and never means something else. `field` stands in the words as the sender
 * knows it, "it" where there is none.
 */
import { FORMAT_REASONS } from "./FormatReasons.js"
import { MAPPING_REASONS } from "./MappingReasons.js"
import { MESSAGE_REASONS } from "./MessageReasons.js"
import { type Detail, OTHERWISE, type Reason, reason } from "./RejectionWords.js"

export const REASONS = {
  ...MESSAGE_REASONS,
  ...FORMAT_REASONS,
  ...MAPPING_REASONS,
  // Of a version that had no codes, and in words that none of them has
  unknown: reason((_, text: Detail) => String(text), OTHERWISE)
} as const

export type RejectionCode = keyof typeof REASONS
export const REJECTION_CODES = Object.keys(REASONS) as ReadonlyArray<RejectionCode>

/** What the words of a code need, in order. */
export type DetailsOf<Code extends RejectionCode> =
  (typeof REASONS)[Code] extends Reason<infer Details extends ReadonlyArray<Detail>> ? Details : []
