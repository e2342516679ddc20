/** Pure: what the statements of an append are to a server that locks rows. */

/**
 * `order` takes the lock of the log's order, `claim` that of one reservation, `below` and `all` those of many; `clear`
 * takes all off; `keep` is written when the transaction moves the head; `look` reads what is committed. `other`: what needs
 * the server to itself.
 */
export type RowStatement = "order" | "claim" | "below" | "all" | "clear" | "keep" | "look" | "other"

const RESERVATIONS = "FROM log_reservations WHERE first_position"

const KINDS: ReadonlyArray<readonly [RegExp, RowStatement]> = [
  [new RegExp(`^SELECT first_position ${RESERVATIONS} = 0 FOR UPDATE`), "order"],
  [new RegExp(`^SELECT first_position ${RESERVATIONS} = \\? FOR UPDATE`), "claim"],
  [new RegExp(`^SELECT first_position ${RESERVATIONS} > 0 AND first_position < \\? .*FOR UPDATE`), "below"],
  [new RegExp(`^SELECT first_position ${RESERVATIONS} > 0 .*FOR UPDATE`), "all"],
  [/ FOR UPDATE$/, "other"],
  [new RegExp(`^DELETE ${RESERVATIONS} > 0`), "clear"],
  [new RegExp(`^DELETE ${RESERVATIONS} = \\?|^INSERT INTO events `), "keep"],
  [/^SELECT .*FROM (?:log_head|log_reservations|events e|rejected_messages r)\b/, "look"]
]

const classified = new Map<string, RowStatement>()

export const rowStatementOf = (text: string): RowStatement => {
  const known = classified.get(text)
  if (known !== undefined) return known
  const line = text.replaceAll(/\s+/g, " ").trim()
  const kind = KINDS.find(([pattern]) => pattern.test(line))?.[1] ?? "other"
  classified.set(text, kind)
  return kind
}

const unlocked = new Map<string, string>()

/** The same to a file, which knows no locks of rows. */
export const withoutLocks = (text: string): string => {
  const known = unlocked.get(text)
  if (known !== undefined) return known
  const plain = text.replace(/\s+FOR UPDATE\s*$/, "")
  unlocked.set(text, plain)
  return plain
}
