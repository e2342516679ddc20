/**
 * Whether the simulated sensors of one process keep what they owe: what a sensor has published and nobody has
 * acknowledged, it publishes again before anything that it has not published yet, whatever crashed meanwhile.
 */
import type { Trace } from "../../Trace.js"

export class Owing {
  /** By topic and payload: how many tries are under way of what is not acknowledged. */
  private readonly owed = new Map<string, Map<string, number>>()

  constructor(private readonly trace: Trace) {}

  began(topic: string, payload: string): void {
    const owed = this.owed.get(topic) ?? new Map<string, number>()
    this.owed.set(topic, owed)
    const tried = owed.get(payload)
    owed.set(payload, (tried ?? 0) + 1)
    if (tried !== undefined) return
    for (const [other, tries] of owed) {
      if (tries === 0) this.trace.violate(`${topic} published ${payload} and has forgotten ${other}`)
    }
  }

  ended(topic: string, payload: string, acknowledged: boolean): void {
    const owed = this.owed.get(topic)
    const tries = owed?.get(payload)
    if (owed === undefined || tries === undefined) return
    if (acknowledged) owed.delete(payload)
    else {
      owed.set(payload, Math.max(0, tries - 1))
      this.trace.sometimes("a sensor owes a message")
    }
  }
}
