/**
 * Digests of the log, kept beside it: one of each block of positions, made once and compared by `tidemark verify` and by
 * every backup. Whoever changes a row by hand, or a disk that does, is found by them.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Rows from "../db/Rows.js"
import type { DatabaseService } from "../db/Transaction.js"
import { sha256 } from "./BackupFormat.js"

/** Positions of a block: those of one are (last - BLOCK, last], and `last` is a multiple of it. */
export const BLOCK = 1_000

/** Of the lines of a block. */
export const blockDigest = (lines: string): string => sha256(lines)

/** The digests that are kept of the blocks behind `after`, up to `upTo`, by their last position. */
export const keptDigests = ({ read }: Pick<DatabaseService, "read">, after: number, upTo: number) =>
  read((sql) =>
    sql`SELECT position, digest FROM log_digests WHERE position > ${after} AND position <= ${upTo}`.pipe(
      Effect.flatMap(Rows.every((row) => [Rows.integer(row.position), Rows.hex(row.digest)] as const)),
      Effect.map((rows): ReadonlyMap<number, string> => new Map(rows))
    )
  )

export const keepDigest = (sql: SqlClient, position: number, digest: string) =>
  sql`INSERT INTO log_digests (position, digest) VALUES (${position}, ${Buffer.from(digest, "hex")})`

/** Which blocks are not as they once were, by their last positions. */
export const damagedText = (blocks: ReadonlyArray<number>): string => {
  const spans = blocks.slice(0, SHOWN_MAX).map((last) => `${last - BLOCK + 1} to ${last}`)
  const more = blocks.length > SHOWN_MAX ? `, and ${blocks.length - SHOWN_MAX} more blocks` : ""
  return `the events at positions ${spans.join(", ")}${more} are not as they were when their digests were made`
}
const SHOWN_MAX = 10
