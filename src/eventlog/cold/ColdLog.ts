/** The port to the files that cold days lie in: src/lake gives it. Where nobody does, what needs them is refused. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { type LogError, LogUnavailable } from "../EventLog.js"
import { type ColdDay, daysText } from "./ColdDays.js"
import type { ColdRows } from "./ColdRows.js"

export interface ColdLogService {
  /** The events of readings of a cold day. They are those that were archived, or it fails. */
  readonly rows: (day: ColdDay) => Effect.Effect<ColdRows, LogError>
}

/** What can't be had because days are cold. */
export const isArchived = (days: ReadonlyArray<ColdDay>, what: string): LogUnavailable =>
  new LogUnavailable({
    archived: true,
    reason: `the readings of ${daysText(days.map(({ day }) => day))} are in the archive ${days[0]?.lake ?? ""} alone, ${what}: \`tidemark archive rehydrate\` brings them back`
  })

export class ColdLog extends Context.Reference<ColdLog>()("tidemark/ColdLog", {
  defaultValue: (): ColdLogService => ({
    rows: (day) => Effect.fail(isArchived([day], "which is not read here"))
  })
}) {}
