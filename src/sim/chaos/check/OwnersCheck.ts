/**
 * Whether what one of several processes alone may do is done by one alone. It looks at the table of leases with plain SQL
 * after each commit that concerns it, and asks each process what it takes itself to own, by its own clock at that moment;
 * also one that is stopped, whose clock goes on.
 */
import * as Effect from "effect/Effect"
import type { Trace } from "../../Trace.js"
import type { Observer } from "../Observer.js"
import type { Session } from "../process/SimConnection.js"
import type { SimProcess } from "../process/SimProcess.js"

/** What the processes of a simulation share. */
export const NAMES = ["minutes", "sensors"] as const

interface Owned {
  readonly owner: string
  readonly epoch: number
  readonly until: number
}

export class OwnersCheck {
  private rows: ReadonlyMap<string, Owned> = new Map()
  /** Which process stands behind an owner of the table. */
  private readonly processOf = new Map<string, string>()
  /** Who published for the sensors in each epoch. */
  private readonly players = new Map<number, string>()
  private appender: string | null = null

  constructor(
    private readonly observer: Observer,
    private readonly processes: () => ReadonlyArray<SimProcess>,
    private readonly now: () => number,
    private readonly trace: Trace
  ) {}

  /** One is about to take a name over, if it may. */
  taking(): void {
    this.rows = this.read()
  }

  /** A transaction was committed. */
  committed({ client, fence, occasions }: Session): void {
    if (occasions.has("insert")) {
      if (this.appender !== null && this.appender !== client.name) this.trace.sometimes("appended in turn")
      this.appender = client.name
    }
    if (fence === null && !occasions.has("take")) return
    const rows = this.read()
    if (fence !== null) {
      const row = rows.get(fence.name)
      if (row?.epoch !== fence.epoch || this.processOf.get(row.owner) !== client.name) {
        this.trace.violate(
          `${client.name} committed at epoch ${fence.epoch} of ${fence.name}, which is at ${row?.epoch}`
        )
      }
    }
    for (const [name, row] of rows) this.compare(client.name, name, this.rows.get(name), row)
    this.rows = rows
  }

  /** A transaction came to nothing. */
  undone({ client, fence }: Session): void {
    if (fence === null || this.rows.get(fence.name)?.epoch === fence.epoch) return
    this.trace.sometimes("the fence refused a write")
    this.trace.note(`refused ${client.name} at epoch ${fence.epoch} of ${fence.name}`)
  }

  /** A process is about to publish for a simulated sensor. */
  publishing(process: SimProcess, topic: string): void {
    const epoch = this.rows.get("sensors")?.epoch ?? 0
    const own = process.running === null ? undefined : Effect.runSync(process.running.ownership.epochs)
    if (own?.get("sensors") !== epoch) {
      this.trace.violate(
        `${process.name} publishes for ${topic} at epoch ${own?.get("sensors")} of sensors, which is at ${epoch}`
      )
    }
    const player = this.players.get(epoch) ?? process.name
    this.players.set(epoch, player)
    if (player !== process.name) this.trace.violate(`${process.name} publishes for ${topic} beside ${player}`)
  }

  /** Now: of each name there is one owner at most. */
  look(): void {
    for (const name of NAMES) {
      const owners = this.ownersOf(name).map((process) => process.name)
      if (owners.length > 1) this.trace.violate(`${owners.join(" and ")} own ${name} at once`)
    }
  }

  /** Each name has its owner. */
  areOwned(): boolean {
    return NAMES.every((name) => this.ownersOf(name).length === 1)
  }

  private ownersOf(name: string): ReadonlyArray<SimProcess> {
    return this.processes().filter(({ running }) => running?.ownership.owns(name) === true)
  }

  private compare(client: string, name: string, before: Owned | undefined, now: Owned): void {
    if (now.epoch === (before?.epoch ?? 0)) {
      if (before !== undefined && now.owner !== before.owner)
        this.trace.violate(`${name} went over to ${client} in epoch ${now.epoch}`)
      return
    }
    this.processOf.set(now.owner, client)
    this.trace.note(`${client} took ${name} over, epoch ${now.epoch}`)
    if (now.epoch !== (before?.epoch ?? 0) + 1)
      this.trace.violate(`${name} went from epoch ${before?.epoch ?? 0} to ${now.epoch}`)
    if (before !== undefined && before.until > this.now())
      this.trace.violate(`${client} took ${name} over before its lease had ended`)
    for (const one of this.ownersOf(name))
      this.trace.violate(`${one.name} owns ${name} while ${client} takes it over`)
    this.tell(client, name, before)
  }

  /** What kind of a take-over it was. */
  private tell(client: string, name: string, before: Owned | undefined): void {
    const former = before === undefined ? undefined : this.processOf.get(before.owner)
    if (former === undefined) return
    const process = this.processes().find((one) => one.name === former)
    if (former === client) this.trace.sometimes("taken again by the same machine")
    else this.trace.sometimes(`${name} went over`)
    if (process === undefined) this.trace.sometimes("taken over from a process that had ended")
    else if (process.isPaused) this.trace.sometimes("taken over from a process that was stopped")
    else if (process.wire?.isHeld === true) this.trace.sometimes("taken over from a process that was cut off")
  }

  private read(): ReadonlyMap<string, Owned> {
    const rows = this.observer.rows("SELECT name, owner, epoch, lease_until FROM ownership WHERE epoch > 0")
    return new Map(
      rows.map((row) => [
        String(row.name),
        { owner: String(row.owner), epoch: Number(row.epoch), until: Number(row.lease_until) }
      ])
    )
  }
}
