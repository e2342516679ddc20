/**
 * The subscriber of a broker elsewhere: one connection under a fixed client id, whose session the broker keeps, so
 * that what is published while we are away waits there. It comes back by itself, with backoff.
 *
 * Stopping: no more reading, what was taken in is stored and acknowledged (for at most `shutdownMillis`), the
 * connection is closed, the session stays. The sink must still be there then: provide it to this layer.
 */
import { connect as connectTcp, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import type { Clock } from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import type { Micros } from "../../domain/Time.js"
import { unsafeNowMicros } from "../../telemetry/Instant.js"
import { MessageSink, type MessageSinkService } from "../MessageSink.js"
import { type MqttConnectError, type MqttTarget, parseTarget } from "./MqttAddress.js"
import { MqttSession } from "./MqttSession.js"

export interface SubscriberOptions {
  /** `mqtt://user:password@host:port`, or several hosts comma-separated; `mqtts://` for TLS. */
  readonly url: Redacted.Redacted
  /** The broker knows the session by it: no two processes may share one. */
  readonly clientId: string
  /** Topic filters; `$share/{group}/{filter}` too. */
  readonly topics: ReadonlyArray<string>
  /** Bytes of a packet that are kept: what is longer is cut, and so rejected. */
  readonly packetBytesMax: number
  /** Whether it may connect now; while not, it waits. Absent: it may. */
  readonly mayConnect?: () => boolean
  /** How long stopping waits for what was taken in to be stored and acknowledged, in ms. */
  readonly shutdownMillis?: number | undefined
}

/** Whether there is a connection; `since` is when that last changed. */
export interface LinkStatus {
  readonly connected: boolean
  /** Why not, or what is wrong with the one there is; null when nothing is. */
  readonly reason: string | null
  readonly since: Micros
}

export interface MqttSubscriberService {
  /** Without user and password. */
  readonly address: string
  readonly status: Effect.Effect<LinkStatus>
  /** Waits until it is subscribed. */
  readonly connected: Effect.Effect<void>
  /** Reads no more, and waits until what was taken in is acknowledged, or `shutdownMillis`. */
  readonly stopIntake: Effect.Effect<void>
}

export class MqttSubscriber extends Context.Tag("tidemark/MqttSubscriber")<
  MqttSubscriber,
  MqttSubscriberService
>() {}

const SHUTDOWN_MILLIS = 1_000
/** How long a connection that we end may take to close by itself. */
const END = Duration.millis(200)
/** A broker drops who is silent for one and a half of it; a ping goes out at each tick. */
const KEEP_ALIVE_SECONDS = 15
const TICK = Duration.seconds(2.5)
/** Waits before the next try, in ms: doubling, from the first to the longest, give or take a half. */
const RETRY_MILLIS_MIN = 250
const RETRY_MILLIS_MAX = 5_000
/** A connection that held for so long was none of a row of failures. */
const STEADY_MILLIS = 10_000
/** A topic may be as long as 65,535 bytes: less of a packet can't be understood. */
const PACKET_BYTES_MIN = 131_072

const openSocket = ({ hosts, options }: MqttTarget, at: number): Socket => {
  const address = hosts[at % hosts.length] ?? { host: "", port: 0 }
  const socket =
    options.protocol === "mqtts" ? connectTls({ ...address, servername: address.host }) : connectTcp(address)
  return socket.setNoDelay(true)
}

/** What outlives a connection. */
class Link {
  status: LinkStatus
  session: MqttSession | undefined
  stopping = false
  /** Which of several hosts is connected to next: the one that held last, until it refuses. */
  host = 0
  readonly connected = Effect.unsafeMakeLatch(false)
  readonly idle = Effect.unsafeMakeLatch(false)

  constructor(
    private readonly clock: Clock,
    private readonly shown: string,
    private readonly log: (effect: Effect.Effect<void>) => void
  ) {
    this.status = { connected: false, reason: "not connected yet", since: unsafeNowMicros(clock) }
  }

  up(kept: boolean, doubt: string | null): void {
    this.set(true, doubt)
    this.connected.unsafeOpen()
    const session = kept ? "the session was kept" : "a new session"
    this.log(Effect.logInfo(`subscribed to ${this.shown}: ${session}`))
    if (doubt !== null)
      this.log(Effect.logWarning(`${this.shown} promises less than was asked for: ${doubt}`))
  }

  down(reason: string): void {
    if (!this.status.connected) this.host += 1
    const news = this.status.connected || this.status.reason !== reason
    this.session = undefined
    this.connected.unsafeClose()
    this.idle.unsafeOpen()
    this.set(false, reason)
    // Said once, however often it is tried again.
    if (news && !this.stopping) this.log(Effect.logWarning(`no messages from ${this.shown}: ${reason}`))
  }

  private set(connected: boolean, reason: string | null): void {
    const since = this.status.connected === connected ? this.status.since : unsafeNowMicros(this.clock)
    this.status = { connected, reason, since }
  }
}

const connection = (target: MqttTarget, options: SubscriberOptions, link: Link, sink: MessageSinkService) =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const socket = yield* Effect.acquireRelease(
      Effect.sync(() => openSocket(target, link.host)),
      (socket) =>
        Effect.async<void>((resume) => {
          if (socket.closed) resume(Effect.void)
          else socket.once("close", () => resume(Effect.void))
        }).pipe(
          Effect.interruptible,
          Effect.timeoutOption(END),
          Effect.zipRight(Effect.sync(() => socket.destroy()))
        )
    )
    yield* Effect.async<void>((resume) => {
      const { password, username } = target.options
      const session = new MqttSession(
        socket,
        {
          clientId: options.clientId,
          username,
          password: typeof password === "string" ? password : undefined,
          keepAliveSeconds: KEEP_ALIVE_SECONDS,
          filters: options.topics,
          packetBytesMax: Math.max(options.packetBytesMax, PACKET_BYTES_MIN)
        },
        sink,
        clock,
        {
          up: (kept, doubt) => link.up(kept, doubt),
          idle: () => link.idle.unsafeOpen(),
          down: (reason) => {
            link.down(reason)
            resume(Effect.void)
          }
        }
      )
      link.session = session
      return Effect.sync(() => session.close("the connection was closed here"))
    })
  }).pipe(Effect.scoped)

const connectForEver = (one: Effect.Effect<void>, link: Link, mayConnect = (): boolean => true) =>
  Effect.gen(function* () {
    for (let wait = RETRY_MILLIS_MIN; !link.stopping; wait = Math.min(wait * 2, RETRY_MILLIS_MAX)) {
      while (!mayConnect()) yield* Effect.sleep(Duration.millis(RETRY_MILLIS_MIN))
      const [lasted] = yield* Effect.timed(one)
      // Only what ended early counts as a failure: two processes under one client id throw each other out.
      if (Duration.toMillis(lasted) >= STEADY_MILLIS) wait = RETRY_MILLIS_MIN
      yield* Effect.sleep(Duration.millis(wait * (yield* Random.nextRange(0.5, 1.5))))
    }
  })

const stopIntake = (link: Link, withinMillis: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    link.stopping = true
    link.session?.hold()
    yield* (link.session?.outstanding ?? 0) === 0 ? link.idle.open : link.idle.close
    // Interruptible also in a release, or no timeout could end it.
    yield* Effect.timeoutOption(Effect.interruptible(link.idle.await), Duration.millis(withinMillis))
  })

const make = (options: SubscriberOptions) =>
  Effect.gen(function* () {
    const sink = yield* MessageSink
    const run = Runtime.runFork(yield* Effect.runtime<never>())
    const target = yield* parseTarget({ url: Redacted.value(options.url), clientId: options.clientId })
    const link = new Link(yield* Effect.clock, target.shown, run)
    yield* Effect.acquireRelease(
      Effect.sync(() => sink.onDrained(() => link.session?.flow())),
      (unlisten) => Effect.sync(unlisten)
    )
    const shutdownMillis = options.shutdownMillis ?? SHUTDOWN_MILLIS
    yield* Effect.acquireRelease(
      Effect.forkDaemon(
        Effect.interruptible(
          connectForEver(connection(target, options, link, sink), link, options.mayConnect)
        )
      ),
      (fiber) =>
        stopIntake(link, shutdownMillis).pipe(
          Effect.zipRight(Effect.sync(() => link.session?.leave("the connection was closed here"))),
          // The connection's end lets the loop end; a wait before the next try needs not be sat through.
          Effect.zipRight(Effect.interruptible(Fiber.join(fiber)).pipe(Effect.timeoutOption(END))),
          Effect.zipRight(Fiber.interrupt(fiber))
        )
    )
    yield* Effect.sync(() => link.session?.tick()).pipe(Effect.delay(TICK), Effect.forever, Effect.forkScoped)
    return MqttSubscriber.of({
      address: target.shown,
      status: Effect.sync(() => link.status),
      connected: link.connected.await,
      stopIntake: stopIntake(link, shutdownMillis)
    })
  })

/** The subscriber, connecting. What it takes in goes to the message sink. */
export const layer = (
  options: SubscriberOptions
): Layer.Layer<MqttSubscriber, MqttConnectError, MessageSink> => Layer.scoped(MqttSubscriber, make(options))
