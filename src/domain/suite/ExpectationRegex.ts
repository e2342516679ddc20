/**
 * Patterns that come from outside. They run on the one thread that serves everybody, so a pattern that could take
 * time without end is refused, and each text is matched once.
 */
import { CannotRun } from "./ExpectationRules.js"

const PATTERN_LENGTH_MAX = 300
const KNOWN_MAX = 10_000

// A repeated group that repeats, or chooses, inside: where matching may try more ways than there is time for.
const REPEATED_GROUP = /\((?:[^()\\]|\\.)*[+*{|](?:[^()\\]|\\.)*\)\s*[+*{]/
const NESTED = /\)[^()]*\)\s*[+*{]/
const BACK_REFERENCE = /\\[1-9]|\\k</
// "a*a*a*": each can take what the others do.
const MANY_REPEATS = /(?:[+*][^()|]*){6,}/

/** Whether a text matches, anchored at its beginning as Python's `re.match` does. */
export const regexOf = (pattern: string): ((text: string) => boolean) => {
  if (pattern.length > PATTERN_LENGTH_MAX) {
    throw new CannotRun(`the pattern is longer than ${PATTERN_LENGTH_MAX} characters`)
  }
  if ([REPEATED_GROUP, NESTED, BACK_REFERENCE, MANY_REPEATS].some((risky) => risky.test(pattern))) {
    throw new CannotRun("the pattern may take too long: it repeats a group that repeats or chooses")
  }
  let compiled: RegExp
  try {
    compiled = new RegExp(`^(?:${pattern.replaceAll("(?P<", "(?<")})`, "u")
  } catch (error) {
    throw new CannotRun(`the pattern is none: ${error instanceof Error ? error.message : ""}`)
  }
  const cache = new Map<string, boolean>()
  return (text) => {
    const before = cache.get(text)
    if (before !== undefined) return before
    const matches = compiled.test(text)
    if (cache.size < KNOWN_MAX) cache.set(text, matches)
    return matches
  }
}
