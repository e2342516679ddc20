/** The chain of the audit: what an entry's hash is made of, and what breaks the chain. */
import { createHash } from "node:crypto"
import type { AuditEntry } from "../domain/access/AuditDataset.js"

/** What the first entry follows. */
export const GENESIS = "0".repeat(64)

/** What an entry says, and the hash of the one before. */
export const hashOf = (entry: Omit<AuditEntry, "hash">): string => {
  const { action, actor, address, kind, object, outcome, position, previousHash, recordedAt } = entry
  const said = [position, recordedAt, kind, actor, address, action, object, outcome, previousHash]
  return createHash("sha256").update(JSON.stringify(said)).digest("hex")
}

/** The end of a chain. */
export interface ChainHead {
  readonly position: number
  readonly hash: string
}

export const EMPTY_CHAIN: ChainHead = { position: 0, hash: GENESIS }

/** What is wrong with the entry that comes next; null: it follows. */
export const breakOf = (head: ChainHead, entry: AuditEntry): string | null =>
  entry.position !== head.position + 1
    ? `entry ${head.position + 1} is missing`
    : entry.previousHash !== head.hash
      ? `entry ${entry.position} does not follow the one before`
      : entry.hash !== hashOf(entry)
        ? `entry ${entry.position} is not what was written`
        : null
