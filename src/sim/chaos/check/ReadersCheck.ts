/**
 * Readers that come again and again, as a BI tool does: one that polls for rows after the last it has, and one that
 * remembers the data as they were at a position. Both read with plain SQL; at the end neither must have missed
 * anything, or find the past changed.
 */
import { createHash } from "node:crypto"
import type { Chance } from "../../Chance.js"
import type { Trace } from "../../Trace.js"
import type { Observer, Row } from "../Observer.js"

const PAGE = 500

const AS_OF = `SELECT position, reading_id, sensor_id, occurred_at, value, type FROM events
  WHERE type IN ('ReadingRecorded', 'ReadingCorrected') AND position <= ?1
    AND (superseded_by IS NULL OR superseded_by > ?1)
  ORDER BY occurred_at, position`

const digestOf = (rows: ReadonlyArray<Row>): string =>
  createHash("sha256").update(JSON.stringify(rows)).digest("hex")

export class Readers {
  private last = 0
  private readonly seen: Array<string> = []
  private readonly snapshots: Array<{ readonly at: number; readonly digest: string }> = []
  private folded = 0
  /** The positions of some aggregates, as they were seen last. */
  private readonly rows = new Map<string, number>()

  constructor(
    private readonly observer: Observer,
    private readonly chance: Chance,
    private readonly trace: Trace
  ) {}

  /** Everything after the last row that it has. */
  poll(): void {
    for (;;) {
      const rows = this.observer.rows(
        `SELECT e.position, hex(e.event_id) AS id, v.version FROM events e LEFT JOIN sensor_versions v
          ON v.sensor_id = e.sensor_id AND v.version = e.sensor_version
          WHERE e.position > ? ORDER BY e.position LIMIT ${PAGE}`,
        this.last
      )
      for (const row of rows) {
        const position = Number(row.position)
        if (row.version === null)
          this.trace.violate(`a reader found ${position} without its sensor's metadata`)
        if (position !== this.last + 1) {
          this.trace.violate(`a reader that polls found ${position} after ${this.last}`)
        }
        this.seen.push(`${position}:${row.id}`)
        this.last = position
      }
      if (rows.length < PAGE) return
    }
  }

  /** The newest aggregates: none goes back to an older state. */
  glance(): void {
    const rows = this.observer.rows(
      `SELECT m.sensor_id, m.minute, m.position FROM sensor_minutes m JOIN checkpoints c
        ON c.generation = m.generation WHERE c.projection = 'minutes' ORDER BY m.minute DESC LIMIT 5`
    )
    for (const row of rows) {
      const key = `${row.sensor_id}|${row.minute}`
      const position = Number(row.position)
      if (position < (this.rows.get(key) ?? 0)) this.trace.violate(`the aggregate ${key} went back`)
      this.rows.set(key, position)
    }
  }

  /** After each commit: what is folded stays folded. */
  committed(): void {
    const [row] = this.observer.rows("SELECT position FROM checkpoints WHERE projection = 'minutes'")
    const position = Number(row?.position ?? 0)
    if (position < this.folded) this.trace.violate(`the minutes went back from ${this.folded} to ${position}`)
    this.folded = position
  }

  /** After each append, where several are under way: what is there is all that the head tells of. */
  appended(): void {
    this.poll()
    const [row] = this.observer.rows("SELECT position FROM log_head")
    const head = Number(row?.position ?? 0)
    if (head !== this.last) this.trace.violate(`the head is at ${head}, and the last event at ${this.last}`)
  }

  remember(): void {
    const [head] = this.observer.rows("SELECT position FROM log_head")
    const newest = Number(head?.position ?? 0)
    const at = this.chance.whole(Math.floor(newest / 2), newest)
    this.snapshots.push({ at, digest: digestOf(this.observer.rows(AS_OF, at)) })
  }

  /** What was missed or has changed. */
  wrong(): ReadonlyArray<string> {
    this.poll()
    const all = this.observer.rows("SELECT position, hex(event_id) AS id FROM events ORDER BY position")
    const hasGap = all.some((row, index) => this.seen[index] !== `${row.position}:${row.id}`)
    const changed = this.snapshots.filter(
      ({ at, digest }) => digestOf(this.observer.rows(AS_OF, at)) !== digest
    )
    return [
      ...(hasGap || all.length !== this.seen.length ? ["a reader that polls missed rows"] : []),
      ...changed.map(({ at }) => `the data as of ${at} have changed`)
    ]
  }
}
