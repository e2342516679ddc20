/** What can be wrong with Telegraf's JSON, SenML, line protocol, and the rows of a body. */
import {
  BAD_TEXT_MEND,
  type Detail,
  LONG_MEND,
  OBJECT_MEND,
  OTHERWISE,
  PART_MEND,
  quoted,
  ROW_MENDS,
  reason,
  TIME_MEND
} from "./RejectionWords.js"

const RECORD_MEND =
  "Give a record of SenML one number, v, or true or false, vb; and a sum, s, where it has one."
const RECORD_NAME_MEND =
  "Name a record of SenML by letters, digits and - : . / _ alone, with a letter or digit first."
const VERSION_MEND = "Send SenML of version 10 or below, or leave bver out."
const LINE_MEND = "Write the line as measurement,tag=a field=1.5 1718389665000000000; a backslash escapes."
const ROW_MEND = "Give each row as many cells as the header has; quote cells that hold the separator."

export const FORMAT_REASONS = {
  // Telegraf and SenML
  "telegraf-element": reason(
    (_, index: Detail) => `element ${index} is no metric of Telegraf: it has no name, fields and tags`,
    "Send Telegraf's metrics alone in a batch, each with name, fields and tags."
  ),
  "record-not-object": reason((_, kind: Detail) => `it is ${kind}, not an object`, OBJECT_MEND),
  "record-empty": reason(() => "it has neither a value nor a sum", RECORD_MEND),
  "record-values": reason((_, names: Detail) => `it has several values: ${names}`, RECORD_MEND),
  "record-number": reason(
    (field, kind: Detail) => `${field} is ${kind}, not a number`,
    (field) =>
      field.endsWith("t") ? "Give the time of a record of SenML in seconds, as a number." : RECORD_MEND
  ),
  "record-sum-too-large": reason(
    (_, part: Detail) => `the ${part} is a number too large to hold, not a finite number`,
    RECORD_MEND
  ),
  "record-boolean": reason(
    (field, kind: Detail) => `${field} is ${kind}, not true or false`,
    "Give true or false."
  ),
  "record-no-number": reason((field) => `${field} is no number: text and data are no readings`, RECORD_MEND),
  "record-name-empty": reason(() => "the name is empty: give bn or n", RECORD_NAME_MEND),
  "record-name-invalid": reason(() => "the name holds what SenML does not allow in names", RECORD_NAME_MEND),
  "record-name-long": reason((_, max: Detail) => `the name has more than ${max} characters`, LONG_MEND),
  "record-sum-name-long": reason(() => "the name is too long", LONG_MEND),
  "record-unit-long": reason((_, max: Detail) => `the unit has more than ${max} characters`, LONG_MEND),
  "record-unit-invalid": reason(() => "the unit is not valid text", BAD_TEXT_MEND),
  "record-time-before-1970": reason(() => "the time is before 1970", TIME_MEND),
  "record-time-in-future": reason(
    (_, hours: Detail) => `the time is more than ${hours} h in the future`,
    TIME_MEND
  ),
  "record-version": reason((field) => `${field} is no version`, VERSION_MEND),
  "record-version-new": reason(
    (field, version: Detail, max: Detail) =>
      `${field} is ${version}: SenML up to version ${max} is understood`,
    VERSION_MEND
  ),
  "record-field-unknown": reason(
    (_, key: Detail) => `the field ${quoted(key)} must be understood, and is not`,
    "Leave out the field whose name ends in an underscore."
  ),

  // Line protocol
  "line-no-measurement": reason(() => "the measurement is missing", LINE_MEND),
  "line-no-fields": reason(() => "the fields are missing", LINE_MEND),
  "line-tag-cut": reason((_, place: Detail) => `tag ${place} has no key or no value`, LINE_MEND),
  "line-tag-invalid": reason((_, key: Detail) => `the value of tag ${quoted(key)} is not valid`, LINE_MEND),
  "line-tag-twice": reason((_, key: Detail) => `tag ${quoted(key)} is given twice`, LINE_MEND),
  "line-field-cut": reason((_, place: Detail) => `field ${place} has no key or no value`, LINE_MEND),
  "line-field-empty": reason((_, key: Detail) => `field ${quoted(key)} has no value`, LINE_MEND),
  "line-quote-open": reason(
    (_, key: Detail) => `the text of field ${quoted(key)} has no closing quote`,
    LINE_MEND
  ),
  "line-quote-followed": reason(
    (_, key: Detail) => `something follows the closing quote of field ${quoted(key)}`,
    LINE_MEND
  ),
  "line-value": reason(
    (_, key: Detail, text: Detail) =>
      `field ${quoted(key)}: ${quoted(text)} is no number, boolean or quoted text`,
    LINE_MEND
  ),
  "line-integer": reason(
    (_, key: Detail, text: Detail) => `field ${quoted(key)}: ${text} is no 64-bit integer`,
    LINE_MEND
  ),
  "line-integer-inexact": reason(
    (_, key: Detail, text: Detail) =>
      `field ${quoted(key)}: ${text} is larger than what a double holds exactly`,
    "Send it as a float where its last digits don't matter."
  ),
  "line-time-invalid": reason(() => "the timestamp is not an integer", TIME_MEND),
  "line-time-before-1970": reason(() => "the timestamp is before 1970", TIME_MEND),
  "line-time-after-2255": reason(
    (_, precision: Detail) => `the timestamp is after the year 2255 in ${precision}`,
    "Say the unit of the timestamps: precision=ns, us, ms or s."
  ),
  "line-precision": reason(
    (_, time: Detail, precision: Detail, meant: Detail) =>
      `the timestamp reads as ${time} in ${precision}: precision=${meant} is meant`,
    "Say the unit of the timestamps: precision=ns, us, ms or s; without it they are nanoseconds."
  ),
  "line-time-in-future": reason(
    (_, hours: Detail) => `the timestamp is more than ${hours} h in the future`,
    TIME_MEND
  ),

  // Rows of a body
  "row-not-json": reason(
    (_, why: Detail) => `it is not JSON: ${why}`,
    "Send valid JSON: quotes around names and text, no trailing commas, no NaN or Infinity."
  ),
  "row-not-reading": reason(() => "must be a reading: a JSON object", OBJECT_MEND),
  "row-field": reason(
    (field, why: Detail) => `${field} ${why}`,
    (field) => ROW_MENDS.get(field) ?? OTHERWISE
  ),
  "row-csv": reason((_, why: Detail) => String(why), ROW_MEND),
  "row-quote-open": reason(() => "a quote is not closed", ROW_MEND),
  "row-quote-followed": reason(() => "something follows a closing quote", ROW_MEND),
  "row-cells": reason(
    (_, cells: Detail, header: Detail) => `it has ${cells} cells, and the header ${header}`,
    ROW_MEND
  ),
  "more-rows": reason((_, count: Detail) => `${count} more rows of this body are rejected`, PART_MEND)
} as const
