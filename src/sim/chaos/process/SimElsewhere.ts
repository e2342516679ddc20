/**
 * A broker elsewhere, that keeps what devices publish and delivers it to the process at QoS 1, in a session that
 * outlives its connections: what was not acknowledged is delivered again, under other packet ids. The
 * process' side is the product's own window of held acknowledgements.
 */
import * as Effect from "effect/Effect"
import { AckWindow } from "../../../broker/AckWindow.js"
import type { Chance } from "../../Chance.js"
import type { Trace } from "../../Trace.js"
import type { Published } from "../Ledger.js"
import type { SimProcess } from "./SimProcess.js"

const IN_FLIGHT_MAX = 20
const LATENCY_MILLIS_MAX = 100
/** How often the session looks for a connection, and for what to deliver, in ms; and how much at a time. */
const TURN_MILLIS_MAX = 1_000
const TURN_MESSAGES_MAX = 8
/** The first packet id of a connection is any up to this: an id of the last one is then another message's. */
const FIRST_ID_MAX = 2 * IN_FLIGHT_MAX

export class SimElsewhere {
  private queue: Array<Published> = []
  private readonly inFlight = new Map<number, Published>()
  private process: SimProcess | null = null
  private window: AckWindow | null = null
  private connection = 0
  private nextId = 0
  /** The last id that was acknowledged on this connection. */
  private lastAcknowledged = 0

  constructor(
    private readonly processes: () => ReadonlyArray<SimProcess>,
    private readonly chance: Chance,
    private readonly trace: Trace
  ) {}

  /** Accepted: the device is done with it, and the broker keeps it until it is acknowledged. */
  accept(message: Published): void {
    this.queue.push(message)
  }

  get undelivered(): number {
    return this.queue.length + this.inFlight.size
  }

  /** The connection is lost, and what was not acknowledged goes back to the front. */
  cut(): void {
    if (this.inFlight.size > 0) this.trace.sometimes("delivered again by the broker elsewhere")
    this.connection += 1
    this.nextId = this.chance.whole(0, FIRST_ID_MAX)
    this.lastAcknowledged = 0
    this.queue = [...this.inFlight.values(), ...this.queue]
    this.inFlight.clear()
    this.window?.reset()
  }

  readonly run: Effect.Effect<never> = Effect.suspend(() => {
    this.turn()
    const soon = this.queue.length > 0 && this.inFlight.size < IN_FLIGHT_MAX
    return Effect.sleep(soon ? this.chance.between(TURN_MILLIS_MAX / 10, TURN_MILLIS_MAX) : TURN_MILLIS_MAX)
  }).pipe(Effect.forever)

  private turn(): void {
    const [process] = this.processes()
    const broker = process?.running?.broker
    if (process === undefined || broker === undefined || broker.stopping) return
    if (this.process !== process) {
      this.cut()
      this.process = process
      this.window = new AckWindow((id) => this.acknowledged(process, id))
    } else if (this.window?.broken === true) this.cut()
    const upTo = Math.min(IN_FLIGHT_MAX, this.inFlight.size + this.chance.whole(1, TURN_MESSAGES_MAX))
    while (this.inFlight.size < upTo) {
      const message = this.queue.shift()
      if (message === undefined) return
      this.nextId += 1
      this.inFlight.set(this.nextId, message)
      this.deliver(process, this.nextId, message)
    }
  }

  private deliver(process: SimProcess, id: number, message: Published): void {
    const { connection } = this
    const handover = process.running?.broker.handover
    const settlement = this.window?.arrived(id)
    if (handover === undefined || settlement === undefined) return
    const { payload, topic } = message
    handover.give({ topic, payload, qos: 1, clientId: "elsewhere" }, (acknowledge) => {
      if (process.alive) settlement(acknowledge)
    })
    this.trace.note(`deliver ${connection}/${id} ${message.number}`)
  }

  // The broker hears of an acknowledgement: it belongs to whatever has this id on the connection there is now.
  private acknowledged(process: SimProcess, id: number): void {
    const message = this.inFlight.get(id)
    if (this.process !== process || message === undefined) return
    // Ids rise with each delivery: acknowledgements have to come in the order of the messages.
    if (id < this.lastAcknowledged) this.trace.violate(`acknowledged ${id} after ${this.lastAcknowledged}`)
    this.lastAcknowledged = id
    if (!process.acknowledging(message)) return
    const { connection } = this
    const heard = Effect.sync(() => {
      if (connection !== this.connection) return
      this.inFlight.delete(id)
      if (this.inFlight.size === 0) this.turn()
    })
    this.fork(Effect.delay(heard, this.chance.between(1, LATENCY_MILLIS_MAX)))
  }

  /** Set by whoever runs it: forks in simulated time. */
  fork: (effect: Effect.Effect<void>) => void = () => {}
}
