/**
 * What the world knows, apart from the product: each message that was published and whether it was acknowledged,
 * and what people did and were told. Against it the database is checked.
 */

/** What a message says, for who checks whether it was stored. */
export type Statement =
  | {
      readonly _tag: "Reading"
      readonly sensor: number | string
      /** Device time, as text with six digits and Z; null where the device gave none. */
      readonly time: string | null
      readonly value: number
    }
  /** No reading: it must be kept with its bytes. */
  | { readonly _tag: "Poison" }

export interface Published {
  readonly number: number
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1
  /** A message may hold several. */
  readonly says: ReadonlyArray<Statement>
  acknowledged: boolean
}

/** What a reading may be now, as far as people know who were told of success, of failure, or of nothing. */
export interface Acted {
  readonly id: number
  /** `value`, or "deleted". More than one after an answer that was lost. */
  states: Set<number | "deleted">
  /** Corrections that were answered with success, and that were tried. */
  corrected: number
  tried: number
}

export interface Creation {
  readonly sensor: number
  readonly time: string
  readonly value: number
  /** Answered with success. */
  sure: boolean
}

export class Ledger {
  readonly published: Array<Published> = []
  readonly acted = new Map<number, Acted>()
  readonly made: Array<Creation> = []

  publish(topic: string, payload: Uint8Array, qos: 0 | 1, says: ReadonlyArray<Statement>): Published {
    const message = { number: this.published.length, topic, payload, qos, says, acknowledged: false }
    this.published.push(message)
    return message
  }

  actOn(id: number, value: number): Acted {
    const action = this.acted.get(id)
    if (action !== undefined) return action
    const acted = { id, states: new Set<number | "deleted">([value]), corrected: 0, tried: 0 }
    this.acted.set(id, acted)
    return acted
  }
}
