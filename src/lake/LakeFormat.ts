/** What a lake consists of: Parquet files of days, and a manifest that names them all. docs/archive.md describes it. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { sealedList, unsealed } from "../backup/BackupFormat.js"

const FORMAT_VERSION = 1
export const MANIFEST = "manifest.json"

/** A file of a lake, or what should be one, is not what was archived; or its place does not answer. */
export class LakeFault extends Schema.TaggedError<LakeFault>()("LakeFault", {
  path: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.path}: ${this.reason}`
  }
}

export const faultOf = (path: string, cause: unknown): LakeFault =>
  new LakeFault({ path, reason: cause instanceof Error ? cause.message : String(cause) })

/** The folders of a lake, a data set each. */
export const LAKE_DATASETS = ["readings", "events", "aggregates"] as const
export type LakeDataset = (typeof LAKE_DATASETS)[number]

const Count = Schema.Int.pipe(Schema.nonNegative())
const Digest = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{64}$/))

export const LakeFile = Schema.Struct({
  dataset: Schema.Literal(...LAKE_DATASETS),
  /** The day, UTC. */
  date: Schema.String.pipe(Schema.pattern(/^\d{4}-\d{2}-\d{2}$/)),
  /** The rows are those as of it. */
  position: Count,
  /** False: a later file of the day took its place. */
  current: Schema.Boolean,
  /** From the manifest on. */
  path: Schema.String.pipe(Schema.pattern(/^(?!.*\.\.)[a-z]+(\/[a-z0-9=.-]+)+\.parquet$/)),
  rows: Count,
  bytes: Count,
  /** Of the column `value`, rounded once; null: it is beyond the range of doubles. */
  sum: Schema.NullOr(Schema.Finite),
  min_time: Schema.NullOr(Schema.String),
  max_time: Schema.NullOr(Schema.String),
  /** SHA-256 of the file. */
  sha256: Digest,
  /** SHA-256 of its rows, whatever they are packed with. */
  content_sha256: Digest
})
export type LakeFile = typeof LakeFile.Type

export const LakeManifest = Schema.Struct({
  format: Schema.Literal("tidemark-lake"),
  format_version: Schema.Int,
  /** The version of the program. */
  program: Schema.String,
  /** RFC 3339. */
  made_at: Schema.String,
  /** The log was archived as it was folded up to here. */
  position: Count,
  /** `event_id` at that position: it tells this log from others. */
  event_id: Schema.NullOr(Schema.String),
  files: Schema.Array(LakeFile)
})
export type LakeManifest = typeof LakeManifest.Type

export const lakeManifest = (of: Omit<LakeManifest, "format" | "format_version">): LakeManifest => ({
  format: "tidemark-lake",
  format_version: FORMAT_VERSION,
  ...of
})

/** A file a line; behind all of it stands its own digest. */
export const lakeManifestText = ({ files, ...start }: LakeManifest): string =>
  sealedList(start, "files", files)

const decodeManifest = Schema.decodeUnknownEither(Schema.parseJson(LakeManifest))

/** Left: what is wrong with it. */
export const parseLakeManifest = (text: string): Either.Either<LakeManifest, string> =>
  Either.flatMap(unsealed(text, decodeManifest, "a lake"), (manifest) =>
    manifest.format_version > FORMAT_VERSION
      ? Either.left(`it is of format ${manifest.format_version}, which only a newer version reads`)
      : Either.right(manifest)
  )
