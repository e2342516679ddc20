/** `/events/`: the log itself; `/imports/`. `/rejected/` and `/refused_clients/`: what did not get into it. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import { ImportInput } from "../../api/system/LogGroup.js"
import { RefusedClients, refusedOfAll } from "../../broker/embedded/RefusedClients.js"
import { EVENTS } from "../../domain/dataset/EventsDataset.js"
import { IMPORTS, type Import } from "../../domain/dataset/ImportsDataset.js"
import { REFUSED, type RefusedClient } from "../../domain/dataset/RefusedDataset.js"
import { REJECTED } from "../../domain/dataset/RejectedDataset.js"
import type { Event } from "../../domain/Event.js"
import { ImportId, position } from "../../domain/Ids.js"
import { importClientId } from "../../domain/ImportKey.js"
import type { RejectedMessage } from "../../domain/rejected/RejectedMessage.js"
import { MICROS_PER_MILLI, micros } from "../../domain/Time.js"
import { EventLog, type EventLogService, type RejectedPage } from "../../eventlog/EventLog.js"
import { OtherProcesses } from "../../ownership/OtherProcesses.js"
import { Contract } from "../core/Contract.js"
import { invalid } from "../core/Problems.js"
import { answerRows } from "../listing/Answer.js"
import type { Listing } from "../listing/Listing.js"
import { wholeListing } from "../listing/ReadingList.js"
import { jsonBody } from "../writing/Body.js"
import { beginImport } from "../writing/Importing.js"
import { decodeKnown, strangersIn } from "../writing/UnknownFields.js"

/** Rejected messages are up to 64 KiB each: few are held at once. */
const REJECTED_CHUNK_ROWS = 50

const eventList = (log: EventLogService): Listing<Event> => ({
  ...wholeListing(log),
  kind: "events",
  table: EVENTS,
  // Positions have no holes: what is skipped is counted by them.
  read: ({ after, limit, skip, standing }) =>
    Effect.map(log.tail(position((after?.tie ?? 0) + skip), standing.position, limit), (events) =>
      // A link that was set later was not there then.
      events.map((event) =>
        event.supersededBy !== null && event.supersededBy > standing.position
          ? { ...event, supersededBy: null }
          : event
      )
    ),
  place: (event) => ({ time: micros(0), tie: event.position }),
  validity: Effect.succeed("")
})

/** How often a message came changes without the log. */
const rejectedList = (
  log: EventLogService,
  filter: Pick<RejectedPage, "topic">
): Listing<RejectedMessage> => ({
  ...wholeListing(log),
  kind: "rejected",
  filter: { ...filter },
  table: REJECTED,
  read: ({ after, limit, skip }) =>
    log.rejected({
      ...filter,
      limit,
      skip,
      ...(after === null ? {} : { after: { firstSeen: after.time, id: after.key ?? "" } })
    }),
  place: (message) => ({ time: message.firstSeen, tie: 0, key: message.id }),
  watermark: () =>
    Effect.map(log.rejected({ ...filter, limit: 1 }), ([message]) => message?.firstSeen ?? null),
  chunkRows: REJECTED_CHUNK_ROWS,
  // As JSON, a byte is two digits.
  weight: ({ bytes, reason, topic }) => 2 * (bytes?.length ?? 0) + topic.length + reason.length
})

/** Of all processes: each has few, and tells all of them. */
const refusedList = (
  log: EventLogService,
  all: Effect.Effect<ReadonlyArray<RefusedClient>>
): Listing<RefusedClient> => ({
  ...wholeListing(log),
  kind: "refused",
  table: REFUSED,
  read: ({ after, limit, skip }) =>
    Effect.map(all, (clients) =>
      clients
        .filter((client) => after === null || isBehind(client, { at: after.time, number: after.tie }))
        .slice(skip, skip + limit)
    ),
  place: ({ at, number }) => ({ time: micros(at * MICROS_PER_MILLI), tie: number }),
  watermark: () =>
    Effect.map(all, ([newest]) => (newest === undefined ? null : micros(newest.at * MICROS_PER_MILLI)))
})

const isBehind = (
  client: RefusedClient,
  after: { readonly at: number; readonly number: number }
): boolean => {
  const at = client.at * MICROS_PER_MILLI
  return at < after.at || (at === after.at && client.number < after.number)
}

/** Repeats and rejected rows are counted without the log. */
const importList = (log: EventLogService): Listing<Import> => ({
  ...wholeListing(log),
  kind: "imports",
  table: IMPORTS,
  read: ({ after, limit, skip }) =>
    log.imports({ limit, skip, ...(after === null ? {} : { before: ImportId.make(after.tie) }) }),
  place: ({ id }) => ({ time: micros(0), tie: id }),
  watermark: () => Effect.map(log.imports({ limit: 1 }), ([newest]) => newest?.startedAt ?? null)
})

const decodeImport = decodeKnown(ImportInput, (body) =>
  strangersIn(body, new Set(["source"]), "an import that begins")
)

const begin = (log: EventLogService) =>
  Effect.gen(function* () {
    const { source } = yield* Effect.mapError(decodeImport(yield* jsonBody), invalid)
    const key = yield* beginImport(log, source)
    return { id: key.id, client_id: importClientId(key) }
  })

const refusedEverywhere = Effect.zipWith(RefusedClients, OtherProcesses, (own, { others }) =>
  Effect.map(others, (processes) =>
    refusedOfAll([own.last, ...(processes ?? []).map(({ refused }) => refused.last)])
  )
)

export const LogLive = HttpApiBuilder.group(Contract, "Log", (handlers) =>
  Effect.map(Effect.all([EventLog, refusedEverywhere]), ([log, refused]) =>
    handlers
      .handle("listEvents", ({ urlParams }) => answerRows(log, eventList(log), urlParams))
      .handle("listRejected", ({ urlParams }) =>
        answerRows(log, rejectedList(log, { topic: urlParams.topic }), urlParams)
      )
      .handle("listImports", ({ urlParams }) => answerRows(log, importList(log), urlParams))
      .handleRaw("beginImport", () => begin(log))
      .handle("listRefused", ({ urlParams }) => answerRows(log, refusedList(log, refused), urlParams))
  )
)
