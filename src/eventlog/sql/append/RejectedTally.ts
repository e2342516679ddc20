/** The rejected messages of one transaction that are new: their rows, and what they add to those that are kept. */
import type { Params } from "../../../db/ValueLists.js"
import { keptBytes } from "../../Decide.js"

export class RejectedTally {
  messages = 0
  readonly rows: Array<Params> = []

  constructor(
    /** Of all rejected messages that are kept. */
    public bytes: number,
    /** More are not kept. */
    private readonly bytesMax: number
  ) {}

  /** How many bytes of a rejected message are kept, and whether that is not all: it counts as one more of them. */
  admit(bytes: Uint8Array) {
    const kept = keptBytes(bytes, this.bytes, this.bytesMax)
    this.messages += 1
    this.bytes += kept.bytes?.length ?? 0
    return kept
  }
}
