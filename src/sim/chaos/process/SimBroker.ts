/**
 * The broker of a simulated process, and the network before it: devices hold links, publish over them, and hear an
 * acknowledgement when the process' own handover to ingest allows it, if the link lives that long.
 */
import type { Clock } from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import { Handover } from "../../../broker/Handover.js"
import type { MessageSinkService } from "../../../broker/MessageSink.js"
import type { Chance } from "../../Chance.js"
import type { Trace } from "../../Trace.js"
import type { Published } from "../Ledger.js"

/** Between a device and the process, one way, in ms. */
const LATENCY_MILLIS_MIN = 1
const LATENCY_MILLIS_MAX = 250
/** How many of the messages that meet a paused socket were read from it before the pause. */
const READ_BEFORE_PAUSE = 0.2

export interface BrokerEvents {
  /** An acknowledgement is about to leave: false when the process ends before it does. */
  readonly acknowledging: (message: Published) => boolean
  /** Waits while the process reads nothing from any socket, as it is stopped. */
  readonly reads?: Effect.Effect<void> | undefined
}

export class Link {
  readonly closed = Deferred.unsafeMake<void>(FiberId.none)
  open = true
  /** One way, in ms: what is sent over a link at once arrives at once, and in order. */
  constructor(readonly latencyMillis: number) {}

  close(): void {
    if (!this.open) return
    this.open = false
    Deferred.unsafeDone(this.closed, Effect.void)
  }
}

export class SimBroker {
  readonly handover: Handover
  /** Takes no more, for good. */
  stopping = false
  private readonly links = new Set<Link>()
  private readonly reading = Effect.unsafeMakeLatch(true)

  constructor(
    private readonly sink: MessageSinkService,
    clock: Clock,
    private readonly chance: Chance,
    private readonly trace: Trace,
    private readonly events: BrokerEvents
  ) {
    this.handover = new Handover(sink, clock)
    sink.onDrained(() => this.reading.unsafeOpen())
  }

  connect(): Link {
    const link = new Link(this.chance.between(LATENCY_MILLIS_MIN, LATENCY_MILLIS_MAX))
    this.links.add(link)
    return link
  }

  /** Every connection is gone, with the acknowledgements that were on their way. */
  cut(): void {
    for (const link of this.links) link.close()
    this.links.clear()
    this.reading.unsafeOpen()
  }

  /** Sends a message over a link: true when its acknowledgement has come back, false when the link was lost. */
  send(link: Link, message: Published): Effect.Effect<boolean> {
    const delay = Effect.sleep(link.latencyMillis)
    const { reads } = this.events
    const exchange = (reads === undefined ? delay : Effect.zipRight(delay, reads)).pipe(
      Effect.zipRight(this.readable),
      Effect.zipRight(this.give(link, message)),
      Effect.flatMap((acknowledged) => (acknowledged ? Effect.as(delay, true) : Effect.succeed(false)))
    )
    return Effect.raceFirst(exchange, Effect.as(Deferred.await(link.closed), false)).pipe(
      Effect.map((acknowledged) => acknowledged && link.open)
    )
  }

  /** Reads no more, and waits until what was taken in is settled; then the connections end. */
  stop(within: number): Effect.Effect<void> {
    return Effect.gen(this, function* () {
      this.stopping = true
      const idle = yield* Effect.makeLatch(this.handover.outstanding === 0)
      this.handover.onIdle = () => idle.unsafeOpen()
      if (this.handover.outstanding > 0) this.trace.sometimes("stopped with messages pending")
      yield* Effect.timeoutOption(Effect.interruptible(idle.await), within)
      this.cut()
    })
  }

  /** Waits while the broker reads nothing from its sockets. */
  private get readable(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.stopping) return Effect.never
      if (!this.sink.overloaded()) return Effect.void
      if (this.chance.happens(READ_BEFORE_PAUSE)) {
        this.trace.sometimes("handed over though overloaded")
        return Effect.void
      }
      this.trace.sometimes("sockets paused")
      this.reading.unsafeClose()
      return Effect.zipRight(this.reading.await, this.readable)
    })
  }

  private give(link: Link, message: Published): Effect.Effect<boolean> {
    return Effect.async<boolean>((resume) => {
      if (!link.open) return resume(Effect.succeed(false))
      const { payload, qos, topic } = message
      this.handover.give({ topic, payload, qos, clientId: "device" }, (acknowledge) => {
        if (!acknowledge) {
          link.close()
          this.links.delete(link)
          return resume(Effect.succeed(false))
        }
        resume(Effect.succeed(qos === 0 || (link.open && this.events.acknowledging(message))))
      })
    })
  }
}
