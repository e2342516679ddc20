/** What the files that people write by hand have in common: how they are read, and how their faults are told. */
import { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import type * as ParseResult from "effect/ParseResult"

/** How many faults the message of a refused file lists; the rest is counted. */
const PROBLEMS_SHOWN_MAX = 100

export const refusalText = (path: string, problems: ReadonlyArray<string>): string => {
  const firstProblems = problems.slice(0, PROBLEMS_SHOWN_MAX)
  const more = problems.length - firstProblems.length
  return [`${path} is refused:`, ...firstProblems, ...(more > 0 ? [`and ${more} more`] : [])].join("\n  ")
}

export const pathText = (path: ReadonlyArray<PropertyKey>): string =>
  path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("")

/** `known`: the fields that may stand there. */
export const problemText = (issue: ParseResult.ArrayFormatterIssue, known: ReadonlyArray<string>): string => {
  if (issue._tag === "Missing") return "is missing"
  if (issue._tag === "Unexpected") {
    return `is not a field that is known here; known are ${known.join(", ")}`
  }
  return issue.message
    .replace(/^Expected (number|string)(?=,)/, "must be a $1")
    .replace(/^Expected Struct[^,]*/, "must be an object")
    .replace(/^Expected /, "must be ")
    .replace(/, actual /, ", not ")
}

export const NO_FILE = "there is no such file"

/** The text of a file; its failure says why it can't be read. */
export const fileText = (path: string): Effect.Effect<string, string, FileSystem> =>
  Effect.flatMap(FileSystem, (fs) => fs.readFileString(path)).pipe(
    Effect.mapError((error) =>
      error._tag === "SystemError" && error.reason === "NotFound" ? NO_FILE : error.message
    )
  )
