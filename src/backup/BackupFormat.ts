/**
 * What a backup consists of: parts, each a gzip file of lines, and a manifest that names them all with their digests.
 * docs/backup.md describes it for who has no Tidemark.
 */
import { hash } from "node:crypto"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"

export const FORMAT_VERSION = 1

/** Positions of a part of the log: those of part n are (n × SEGMENT, (n + 1) × SEGMENT]. */
export const SEGMENT = 100_000

/** A part, or what should be one, is not what was backed up. `part`: the name of its file. */
export class BackupFault extends Schema.TaggedError<BackupFault>()("BackupFault", {
  part: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.part}: ${this.reason}`
  }
}

const Count = Schema.Int.pipe(Schema.nonNegative())
const Digest = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{64}$/))
/** Names of columns and their kinds, in the order of the cells. */
const Columns = Schema.Array(
  Schema.Struct({
    name: Schema.String.pipe(Schema.pattern(/^[a-z_0-9]+$/)),
    kind: Schema.Literal("integer", "double", "time", "key", "bytes", "text", "json")
  })
)

export const Part = Schema.Struct({
  /** No path: a name in the folder of the backup. */
  file: Schema.String.pipe(Schema.pattern(/^[a-z0-9_-]+\.ndjson\.gz$/)),
  table: Schema.String,
  /** Of the log: the positions of its first and its last row; else null. */
  first: Schema.NullOr(Count),
  last: Schema.NullOr(Count),
  rows: Count,
  /** Length of the file. */
  bytes: Count,
  /** SHA-256 of the file. */
  sha256: Digest,
  /** SHA-256 of the lines in it. */
  content_sha256: Digest
})
export type Part = typeof Part.Type

/** What is known before the first part. */
export const Start = Schema.Struct({
  format: Schema.Literal("tidemark-backup"),
  format_version: Schema.Int,
  /** The version of the program. */
  program: Schema.String,
  /** The number of the last migration of the database. */
  schema: Schema.Int,
  /** Rises with each backup into a folder. */
  run: Schema.Int,
  /** RFC 3339. */
  made_at: Schema.String,
  /** The last position that is in it; the tables are as they were then. */
  position: Count,
  /** `event_id` at that position: it tells this log from others; null: there is none yet. */
  event_id: Schema.NullOr(Schema.String),
  /** Of the log's head, microseconds. */
  recorded_at: Count,
  rejected_messages: Count,
  rejected_bytes: Count,
  /** By table. */
  columns: Schema.Record({ key: Schema.String, value: Columns })
})
export type Start = typeof Start.Type

export const Manifest = Schema.Struct({ ...Start.fields, parts: Schema.Array(Part) })
export type Manifest = typeof Manifest.Type

export const sha256 = (data: string | Uint8Array): string => hash("sha256", data, "hex")

const SEAL = ',\n  "sha256": "'
/** The text of a JSON object, less its last brace, with its own digest as the last field. */
const sealed = (body: string): string => `${body}${SEAL}${sha256(body)}"\n}\n`
const isSealed = (text: string): boolean => text === sealed(text.slice(0, text.lastIndexOf(SEAL)))

/** A JSON object: a field a line, then a list under `name` with an item a line, then the digest of all that. */
export const sealedList = (fields: object, name: string, items: ReadonlyArray<object>): string => {
  const heads = Object.entries(fields).map(([key, value]) => `  "${key}": ${JSON.stringify(value)}`)
  const lines = items.map((item) => `    ${JSON.stringify(item)}`)
  return sealed(`{\n${heads.join(",\n")},\n  "${name}": [\n${lines.join(",\n")}\n  ]`)
}

/** Decodes what `sealedList` made. Left: what is wrong with it. */
export const unsealed = <A>(
  text: string,
  decode: (text: string) => Either.Either<A, unknown>,
  of: string
): Either.Either<A, string> =>
  isSealed(text)
    ? Either.mapLeft(decode(text), () => `it is no manifest of ${of}`)
    : Either.left("it is damaged: its digest does not fit it")

/** A part a line; behind all of it stands its own digest. */
export const manifestText = ({ parts, ...start }: Manifest): string => sealedList(start, "parts", parts)

const decodeManifest = Schema.decodeUnknownEither(Schema.parseJson(Manifest))

/** Left: what is wrong with it. */
export const parseManifest = (text: string): Either.Either<Manifest, string> =>
  Either.flatMap(unsealed(text, decodeManifest, "a backup"), (manifest) =>
    manifest.format_version > FORMAT_VERSION
      ? Either.left(`it is of format ${manifest.format_version}, which only a newer version reads`)
      : Either.right(manifest)
  )
