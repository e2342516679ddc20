/**
 * The log as it goes on, for all who read it live: one poller of its tail for all of them.
 *
 * Invariants:
 * 1. What each reader gets is the log's order: every event behind its own position once, none left out. Behind the
 *    window that the poller keeps, a reader reads the log itself, in pages, until it meets the window.
 * 2. A reader pulls: nothing is buffered for it but the chunk that it is being sent. So memory is bounded by the
 *    window, and by a chunk a reader.
 * 3. A reader that has taken nothing for `stallMillis`, while more than `pendingBytesMax` wait for it (or it reads
 *    the log itself), is cut off.
 * 4. The poller asks the log only while somebody reads; when it ends, all streams end.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { mayReach, type Scope } from "../../domain/access/Scope.js"
import type { Position, SensorId } from "../../domain/Ids.js"
import { EventLog, type EventLogService, type LogError } from "../../eventlog/EventLog.js"
import { nextTurn } from "../../telemetry/EventLoop.js"
import { metadataFrom } from "../data/HistoryHandlers.js"
import { type LiveEvent, LiveNames, liveEvent } from "./LiveEvent.js"
import { LiveWindow } from "./LiveWindow.js"

export interface LiveLimits {
  readonly streamsMax: number
  /** Streams of one key, or without one of one address. */
  readonly streamsPerClientMax: number
  /** How often the log is asked for more, ms; it is at each commit of this process. */
  readonly pollMillis: number
  /** How long a reader hears nothing before it hears a heartbeat, ms. */
  readonly heartbeatMillis: number
  /** Bytes that may wait for a reader that has stalled. */
  readonly pendingBytesMax: number
  /** How long a reader takes nothing before it has stalled, ms. */
  readonly stallMillis: number
  /** Events of the window. */
  readonly windowMax: number
  /** Events that are read of the log at a time. */
  readonly pageRows: number
  /** Bytes that a reader is sent at a time. */
  readonly chunkBytes: number
}

export class LiveLimitsRef extends Context.Reference<LiveLimitsRef>()("tidemark/LiveLimits", {
  defaultValue: (): LiveLimits => ({
    streamsMax: 100,
    streamsPerClientMax: 25,
    pollMillis: 20,
    heartbeatMillis: 15_000,
    pendingBytesMax: 1_048_576,
    stallMillis: 10_000,
    windowMax: 10_000,
    pageRows: 500,
    chunkBytes: 65_536
  })
}) {}

/** How long the poller waits when the log does not answer, ms. */
const AWAY_MILLIS = 1_000

export interface LiveFilter {
  /** How far the reader's key reaches. */
  readonly scope: Scope
  readonly sensorIds: ReadonlySet<SensorId> | undefined
  readonly types: ReadonlySet<string> | undefined
  readonly names: ReadonlySet<string> | undefined
}

const matches = (
  { names, scope, sensorIds, types }: LiveFilter,
  { name, sensorId, type }: LiveEvent
): boolean =>
  mayReach(scope, { id: sensorId, name }) &&
  (sensorIds === undefined || sensorIds.has(sensorId)) &&
  (names === undefined || (name !== null && names.has(name))) &&
  (types === undefined || (type !== null && types.has(type)))

/** One who reads. `cut` is called when it is to be let go at once. */
export interface LiveReader {
  /** Whose streams it is counted with. */
  readonly client: string
  readonly filter: LiveFilter
  readonly cut: () => void
  /** It has been given all up to here. */
  cursor: Position
  /** Since when what it was given last has not been taken, ms; null: it waits for more. */
  givenAt: number | null
  closed: boolean
}

/** What a reader gets next: events, or nothing for so long that a heartbeat is due, or the end. */
export type Next =
  | { readonly _tag: "Events"; readonly bytes: Uint8Array }
  | { readonly _tag: "Heartbeat" }
  | { readonly _tag: "End" }

const END: Next = { _tag: "End" }

export class LiveHub {
  readonly readers = new Set<LiveReader>()
  private readonly window = new LiveWindow()
  private readonly waiters = new Set<() => void>()
  private readonly metadata
  private readonly names
  private ended = false
  /** Of this process, when it last waited for one. */
  private commits = 0

  constructor(
    private readonly log: EventLogService,
    readonly limits: LiveLimits
  ) {
    this.metadata = metadataFrom(log)
    this.names = new LiveNames(log)
  }

  /** Why one more stream of a client is not let in; null: it is. */
  fullFor(client: string): "of all" | "of this client" | null {
    const { streamsMax, streamsPerClientMax } = this.limits
    if (this.readers.size >= streamsMax) return "of all"
    let own = 0
    for (const reader of this.readers) if (reader.client === client) own += 1
    return own >= streamsPerClientMax ? "of this client" : null
  }

  private wake(): void {
    for (const resume of [...this.waiters]) resume()
  }

  /** Lets a reader in; null when there is no room, or no longer. */
  enter(client: string, filter: LiveFilter, cursor: Position, cut: () => void): LiveReader | null {
    if (this.ended || this.fullFor(client) !== null) return null
    const reader: LiveReader = { client, filter, cursor, cut, givenAt: null, closed: false }
    this.readers.add(reader)
    this.wake()
    return reader
  }

  leave(reader: LiveReader): void {
    reader.closed = true
    this.readers.delete(reader)
  }

  /** Ends all streams, for good. */
  end(): void {
    this.ended = true
    this.wake()
  }

  /** Waits for the next thing that happens, `millis` at most. */
  private waitFor(millis: number): Effect.Effect<void> {
    const woken = Effect.async<void>((resume) => {
      const waiter = () => {
        this.waiters.delete(waiter)
        resume(Effect.void)
      }
      this.waiters.add(waiter)
      return Effect.sync(() => this.waiters.delete(waiter))
    })
    return Effect.asVoid(Effect.timeoutOption(woken, millis))
  }

  private events(after: Position, upTo: Position) {
    return Effect.gen(this, function* () {
      const rows = yield* this.log.tail(after, upTo, this.limits.pageRows)
      const events: Array<LiveEvent> = []
      for (const row of rows) {
        const event = yield* liveEvent(row, this.metadata, this.names)
        if (event !== null) events.push(event)
      }
      return { events, to: rows.at(-1)?.position ?? upTo }
    })
  }

  /** As much of these events as a chunk holds; moves the reader behind it. */
  private take(reader: LiveReader, events: ReadonlyArray<LiveEvent>, first: number, to: Position): Buffer {
    const pieces: Array<Uint8Array> = []
    let size = 0
    let index = first
    for (; index < events.length && size < this.limits.chunkBytes; index++) {
      const event = events[index]
      if (event === undefined || !matches(reader.filter, event)) continue
      pieces.push(event.bytes)
      size += event.bytes.length
    }
    const last = events[index - 1]
    reader.cursor = index < events.length && last !== undefined ? last.position : to
    return Buffer.concat(pieces, size)
  }

  /** What the log has for a reader now; empty: nothing. */
  private chunk(reader: LiveReader): Effect.Effect<Buffer, LogError> {
    const { window } = this
    if (reader.cursor >= window.from) {
      const { events, to } = window
      if (reader.cursor >= to) return Effect.succeed(Buffer.alloc(0))
      return Effect.succeed(this.take(reader, events, window.indexAfter(reader.cursor), to))
    }
    return Effect.map(this.events(reader.cursor, window.from), ({ events, to }) =>
      this.take(reader, events, 0, to)
    )
  }

  /** What to send next; waits for it. A log that does not answer is asked again. */
  next(reader: LiveReader): Effect.Effect<Next> {
    return Effect.gen(this, function* () {
      reader.givenAt = null
      const began = yield* Clock.currentTimeMillis
      for (;;) {
        if (reader.closed || this.ended) return END
        const before = reader.cursor
        const bytes = yield* Effect.catchAll(this.chunk(reader), () =>
          Effect.as(this.waitFor(AWAY_MILLIS), Buffer.alloc(0))
        )
        const now = yield* Clock.currentTimeMillis
        if (bytes.length > 0) {
          reader.givenAt = now
          return { _tag: "Events", bytes } as const
        }
        const wait = this.limits.heartbeatMillis - (now - began)
        if (wait <= 0) {
          reader.givenAt = now
          return { _tag: "Heartbeat" } as const
        }
        // Where it has moved through what it does not want, there may be more at once.
        yield* reader.cursor === before ? this.waitFor(wait) : nextTurn
      }
    })
  }

  private isStalled({ cursor, givenAt }: LiveReader, now: number): boolean {
    if (givenAt === null || now - givenAt <= this.limits.stallMillis) return false
    return (
      cursor < this.window.from ||
      this.window.bytesAfter(cursor, this.limits.pendingBytesMax) > this.limits.pendingBytesMax
    )
  }

  private cutStalled(now: number): void {
    for (const reader of [...this.readers]) {
      if (!this.isStalled(reader, now)) continue
      this.leave(reader)
      reader.cut()
    }
  }

  /** Where the log is. With nobody reading the window is behind: it begins anew there. */
  private readonly refresh = Effect.gen(this, function* () {
    const { position: head } = yield* this.log.head
    if (head <= this.window.to) return false
    const { events, to } = yield* this.events(this.window.to, head)
    this.window.add(events, to, this.limits.windowMax)
    this.wake()
    return true
  })

  private readonly waitForCommit = Effect.suspend(() =>
    Effect.map(Effect.timeoutOption(this.log.committed(this.commits), this.limits.pollMillis), (count) => {
      this.commits = Option.getOrElse(count, () => this.commits)
    })
  )

  /** The position at which a stream that names none begins: the head; the window is there, or on its way. */
  readonly now: Effect.Effect<Position, LogError> = Effect.suspend(() =>
    Effect.map(this.log.head, ({ position }) => position)
  )

  readonly poll: Effect.Effect<never> = Effect.gen(this, function* () {
    if (this.readers.size === 0) {
      yield* this.waitFor(AWAY_MILLIS)
      if (this.readers.size === 0) return
      this.window.start(yield* this.now)
      this.wake()
    }
    const more = yield* this.refresh
    this.cutStalled(yield* Clock.currentTimeMillis)
    // What another process commits is found by asking alone.
    yield* more ? nextTurn : this.waitForCommit
  }).pipe(
    Effect.catchAll(() => Effect.sleep(AWAY_MILLIS)),
    Effect.forever
  )
}

export class LiveStreams extends Context.Tag("tidemark/LiveStreams")<LiveStreams, LiveHub>() {}

/** The hub, polling for as long as it lives; all streams end with it. */
export const layer: Layer.Layer<LiveStreams, never, EventLog> = Layer.scoped(
  LiveStreams,
  Effect.gen(function* () {
    const hub = new LiveHub(yield* EventLog, yield* LiveLimitsRef)
    yield* Effect.forkScoped(hub.poll)
    yield* Effect.addFinalizer(() => Effect.sync(() => hub.end()))
    return hub
  })
)
