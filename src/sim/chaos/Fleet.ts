/**
 * The devices: each delivers its messages at least once, as MQTT at QoS 1 asks for: over a link to whichever
 * process takes them, again after each lost link, until it hears the acknowledgement. Some deliver twice.
 */
import * as Effect from "effect/Effect"
import type { Chance } from "../Chance.js"
import type { Trace } from "../Trace.js"
import type { Published } from "./Ledger.js"
import type { Link, SimBroker } from "./process/SimBroker.js"
import type { SimProcess } from "./process/SimProcess.js"

const BACKOFF_MILLIS_MIN = 300
const BACKOFF_MILLIS_MAX = 4_000
/** While no process takes connections a device looks again after so long, in ms. */
const ABSENT_MILLIS = 5_000

interface Connected {
  readonly broker: SimBroker
  readonly link: Link
}

export class Device {
  private connected: Connected | null = null

  constructor(
    private readonly fleet: Fleet,
    readonly name: string
  ) {}

  /** Sends once: true when it was acknowledged. */
  send(message: Published): Effect.Effect<boolean> {
    return Effect.suspend(() => {
      const now = this.connect()
      return now === null ? Effect.succeed(false) : now.broker.send(now.link, message)
    })
  }

  get isConnected(): boolean {
    return this.connect() !== null
  }

  private connect(): Connected | null {
    if (this.connected?.link.open === true) return this.connected
    const broker = this.fleet.open()
    this.connected = broker === null ? null : { broker, link: broker.connect() }
    return this.connected
  }
}

export class Fleet {
  /** Messages that no acknowledgement has come back for. */
  undelivered = 0

  constructor(
    private readonly processes: () => ReadonlyArray<SimProcess>,
    private readonly chance: Chance,
    private readonly trace: Trace
  ) {}

  /** A broker that takes connections; of several any. */
  open(): SimBroker | null {
    const open = this.processes().flatMap(({ running }) =>
      running === null || running.broker.stopping ? [] : [running.broker]
    )
    const [first, ...others] = open
    return first === undefined ? null : this.chance.pick([first, ...others])
  }

  /** Delivers until it is acknowledged. A QoS 0 message is sent once, and may be lost. */
  deliver(device: Device, message: Published): Effect.Effect<void> {
    if (message.qos === 0) return Effect.asVoid(device.send(message))
    const once: Effect.Effect<void> = Effect.suspend(() => {
      if (!device.isConnected) return Effect.zipRight(Effect.sleep(ABSENT_MILLIS), once)
      return Effect.flatMap(device.send(message), (acknowledged) => {
        if (acknowledged) return Effect.void
        if (message.acknowledged) this.trace.sometimes("acknowledgement lost, sent again")
        const backoff = this.chance.between(BACKOFF_MILLIS_MIN, BACKOFF_MILLIS_MAX)
        return Effect.zipRight(Effect.sleep(backoff), once)
      })
    })
    this.undelivered += 1
    return Effect.ensuring(
      once,
      Effect.sync(() => {
        this.undelivered -= 1
      })
    )
  }
}
