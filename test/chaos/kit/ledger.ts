/** What a publisher wrote down: which messages were acknowledged, and when the first of each connection was. */
import { existsSync, readFileSync } from "node:fs"

export interface Ledger {
  readonly acked: ReadonlySet<number>
  /** Times of first acknowledgements of a connection, µs, monotonic; rising. */
  readonly firsts: ReadonlyArray<number>
}

export const readLedger = (...files: ReadonlyArray<string>): Ledger => {
  const acked = new Set<number>()
  const firsts: Array<number> = []
  for (const file of files.filter(existsSync)) {
    // What follows the last end of line is not written yet.
    for (const line of readFileSync(file, "utf8").split("\n").slice(0, -1)) {
      const number = Number(line.slice(2))
      if (line.startsWith("A ")) acked.add(number)
      else firsts.push(number)
    }
  }
  return { acked, firsts: firsts.sort((a, b) => a - b) }
}

/** The first acknowledgement on a connection that was made after `since`, µs; undefined before there is one. */
export const firstAfter = (ledger: Ledger, since: number): number | undefined =>
  ledger.firsts.find((time) => time > since)
