import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { AckWindow } from "../../src/broker/AckWindow.js"

const make = () => {
  const sent: Array<number> = []
  return { sent, window: new AckWindow((id) => sent.push(id)) }
}

describe("AckWindow", () => {
  it("sends an id once it was stored", () => {
    const { sent, window } = make()
    const settle = window.arrived(7)
    assert.deepStrictEqual(sent, [])
    assert.strictEqual(window.outstanding, 1)
    settle(true)
    assert.deepStrictEqual(sent, [7])
    assert.strictEqual(window.outstanding, 0)
  })

  it("sends in order of arrival, whatever the order of storing", () => {
    const { sent, window } = make()
    const [first, second, third] = [1, 2, 3].map((id) => window.arrived(id))
    third?.(true)
    second?.(true)
    assert.deepStrictEqual(sent, [])
    first?.(true)
    assert.deepStrictEqual(sent, [1, 2, 3])
  })

  it("hears a message once", () => {
    const { sent, window } = make()
    const settle = window.arrived(1)
    settle(true)
    settle(true)
    settle(false)
    assert.deepStrictEqual(sent, [1])
    assert.isFalse(window.broken)
  })

  it("stops before a message that was not stored", () => {
    const { sent, window } = make()
    const [first, second, third] = [1, 2, 3].map((id) => window.arrived(id))
    third?.(true)
    second?.(false)
    assert.isTrue(window.broken)
    assert.strictEqual(window.outstanding, 1)
    first?.(true)
    window.arrived(4)(true)
    assert.deepStrictEqual(sent, [1])
    assert.strictEqual(window.outstanding, 0)
  })

  it("waits for each delivery of an id that is sent again while it is held, and sends it once", () => {
    const { sent, window } = make()
    const [first, again] = [1, 1].map((id) => window.arrived(id))
    assert.strictEqual(window.outstanding, 1)
    again?.(true)
    assert.deepStrictEqual(sent, [])
    first?.(true)
    assert.deepStrictEqual(sent, [1])
  })

  it("takes an id that comes again after it was sent for another message", () => {
    const { sent, window } = make()
    const first = window.arrived(1)
    first(true)
    const second = window.arrived(1)
    first(true)
    assert.deepStrictEqual(sent, [1])
    second(true)
    assert.deepStrictEqual(sent, [1, 1])
  })

  it("sends nothing of an older connection, though the id is used again", () => {
    const { sent, window } = make()
    const old = [1, 2].map((id) => window.arrived(id))
    window.reset()
    assert.strictEqual(window.outstanding, 0)
    const fresh = window.arrived(1)
    for (const settle of old) settle(true)
    assert.deepStrictEqual(sent, [])
    for (const settle of old) settle(false)
    assert.isFalse(window.broken)
    fresh(true)
    assert.deepStrictEqual(sent, [1])
  })

  it("sends nothing more once sending has lost the connection", () => {
    const sent: Array<number> = []
    const window: AckWindow = new AckWindow((id) => {
      sent.push(id)
      window.reset()
    })
    const [first, second] = [1, 2].map((id) => window.arrived(id))
    second?.(true)
    first?.(true)
    assert.deepStrictEqual(sent, [1])
  })
})

const steps = FastCheck.array(
  FastCheck.oneof(
    {
      weight: 8,
      arbitrary: FastCheck.record({ _tag: FastCheck.constant("arrive" as const), packetId: FastCheck.nat(6) })
    },
    {
      weight: 8,
      arbitrary: FastCheck.record({
        _tag: FastCheck.constant("settle" as const),
        which: FastCheck.nat(60),
        stored: FastCheck.nat(12).map((n) => n > 0)
      })
    },
    { weight: 1, arbitrary: FastCheck.constant({ _tag: "reset" as const }) }
  ),
  { maxLength: 60 }
)

/** The same by plain counting: all that arrived on this connection, looked through from the front each time. */
class Model {
  sent: Array<number> = []
  private entries: Array<{ readonly id: number; readonly answers: Array<boolean | undefined> }> = []

  get broken(): boolean {
    return this.entries.some(({ answers }) => answers.includes(false))
  }

  arrived(id: number): (stored: boolean) => void {
    if (this.broken) return () => {}
    let entry = this.entries.slice(this.sent.length).find((one) => one.id === id)
    if (entry === undefined) {
      entry = { id, answers: [] }
      this.entries.push(entry)
    }
    const { answers } = entry
    const at = answers.push(undefined) - 1
    return (stored) => {
      answers[at] ??= stored
      const isNext = () => this.entries[this.sent.length]?.answers.every((answer) => answer === true) ?? false
      while (isNext()) this.sent.push(this.entries[this.sent.length]?.id ?? Number.NaN)
    }
  }

  reset(): void {
    this.sent = []
    this.entries = []
  }
}

describe("AckWindow, whatever comes", () => {
  it("sends on each connection a gapless prefix of what arrived there and is stored", () => {
    FastCheck.assert(
      FastCheck.property(steps, (script) => {
        const { sent, window } = make()
        const model = new Model()
        const settles: Array<(stored: boolean) => void> = []
        for (const step of script) {
          if (step._tag === "reset") {
            sent.length = 0
            window.reset()
            model.reset()
          } else if (step._tag === "arrive") {
            const real = window.arrived(step.packetId)
            const modelled = model.arrived(step.packetId)
            settles.push((stored) => {
              real(stored)
              modelled(stored)
            })
          } else settles[step.which % Math.max(settles.length, 1)]?.(step.stored)
          assert.deepStrictEqual(sent, model.sent)
          assert.strictEqual(window.broken, model.broken)
        }
      }),
      { numRuns: 2_000 }
    )
  })
})
