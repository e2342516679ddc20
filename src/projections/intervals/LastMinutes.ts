/**
 * The minutes that this process stored last, so that the running ones, and those of late readings, are read again neither
 * by each step of the fold nor by the merge of their hours.
 *
 * Invariants:
 * 1. They are true as of the checkpoint that they were stored with. Whatever changes minutes holds the checkpoint's lock,
 *    and another process that folds moves it: at another checkpoint nothing is known.
 * 2. None is stale: each was folded by this version.
 */
import { type Position, position } from "../../domain/Ids.js"
import { type MinuteKey, minuteKey, type StoredMinute } from "../minutes/MinuteStore.js"
import type { Checkpoint } from "../Projection.js"

/** Rows that are kept: some 10 MB, where so many minutes change at a time. */
const ROWS_MAX = 12_000

export class LastMinutes {
  private at: Checkpoint = { generation: 0, position: position(0) }
  private rows = new Map<string, StoredMinute>()
  /** Those that were not asked for since `rows` began to fill. */
  private older = new Map<string, StoredMinute>()

  constructor(private readonly max: number = ROWS_MAX) {}

  /** Of these minutes, the rows that are known as of a checkpoint, and the minutes of which none is. */
  split(checkpoint: Checkpoint, keys: ReadonlyArray<MinuteKey>) {
    if (!this.isAt(checkpoint)) return { known: [], unknown: keys }
    const known: Array<StoredMinute> = []
    const unknown = keys.filter((one) => {
      const key = minuteKey(one)
      const row = this.rows.get(key) ?? this.older.get(key)
      if (row === undefined) return true
      known.push(row)
      this.keep(key, row)
      return false
    })
    return { known, unknown }
  }

  /** What was stored together with the checkpoint's move. */
  stored(from: Checkpoint, to: Position, rows: ReadonlyArray<StoredMinute>): void {
    if (!this.isAt(from)) {
      this.rows.clear()
      this.older.clear()
    }
    this.at = { generation: from.generation, position: to }
    for (const { minute, sensorId, state } of rows) {
      this.keep(minuteKey({ minute, sensorId }), { minute, sensorId, state })
    }
  }

  private isAt({ generation, position }: Checkpoint): boolean {
    return this.at.generation === generation && this.at.position === position
  }

  private keep(key: string, row: StoredMinute): void {
    this.rows.set(key, row)
    if (this.rows.size <= this.max / 2) return
    this.older = this.rows
    this.rows = new Map()
  }
}
