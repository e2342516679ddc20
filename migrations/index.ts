/**
 * The schema, as numbered migrations: one idempotent statement each, for both dialects. MySQL commits DDL by
 * itself, so a migration must be able to run again after it was cut off half-way.
 *
 * A migration that has been released is never edited; the next one changes what it made.
 */
import { log } from "./0001_log.js"
import { readModels } from "./0002_read_models.js"
import { views } from "./0003_views.js"
import { answers } from "./0004_answers.js"
import { sketch } from "./0005_sketch.js"
import { quality } from "./0006_quality.js"
import { catalogue } from "./0007_catalogue.js"
import { exactText } from "./0008_exact_text.js"
import { range } from "./0009_range.js"
import { rejectionCodes } from "./0010_rejection_codes.js"
import { timeSource } from "./0011_time_source.js"
import { names } from "./0012_names.js"
import { passedOver } from "./0013_passed_over.js"
import { importsTable } from "./0014_imports.js"
import { qualityParts } from "./0015_quality_parts.js"
import { intervals } from "./0016_intervals.js"
import { keys } from "./0017_keys.js"
import { alerts } from "./0018_alerts.js"
import { audit } from "./0019_audit.js"
import { digests } from "./0020_digests.js"
import { ownership } from "./0022_ownership.js"
import { annotationsView } from "./0024_annotations_view.js"
import { processes } from "./0025_processes.js"
import { coldDays } from "./0026_cold_days.js"
import { reservations } from "./0027_reservations.js"
import { coldRuns } from "./0028_cold_runs.js"

export interface Migration {
  /** Rises by one; what the ledger `schema_migrations` records. */
  readonly id: number
  readonly name: string
  readonly mysql: string
  readonly sqlite: string
  /** In place of `mysql` where the server is a MariaDB and calls things otherwise. */
  readonly mariadb?: string
  /** It adds this column, and is done where the column is there: neither dialect can say that in one statement. */
  readonly adds?: { readonly table: string; readonly column: string }
}

/** What the statements of a migration differ by. */
export type Server = "sqlite" | "mysql" | "mariadb"

/** `version`: what a server of the MySQL protocol answers to `SELECT VERSION()`. */
export const serverOf = (version: string): Server => (version.includes("MariaDB") ? "mariadb" : "mysql")

export const statementFor = (server: Server, migration: Migration): string =>
  server === "mariadb" ? (migration.mariadb ?? migration.mysql) : migration[server]

const numbered = (groups: ReadonlyArray<ReadonlyArray<Omit<Migration, "id">>>): ReadonlyArray<Migration> =>
  groups.flat().map((migration, index) => ({ id: index + 1, ...migration }))

export const migrations: ReadonlyArray<Migration> = numbered([
  log,
  readModels,
  views,
  answers,
  sketch,
  quality,
  catalogue,
  exactText,
  range,
  rejectionCodes,
  timeSource,
  names,
  passedOver,
  importsTable,
  qualityParts,
  intervals,
  keys,
  alerts,
  audit,
  digests,
  ownership,
  annotationsView,
  processes,
  coldDays,
  reservations,
  coldRuns
])
