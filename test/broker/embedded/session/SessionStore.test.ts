import { assert, describe, it } from "@effect/vitest"
import type { AedesPublishPacket } from "aedes"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { OPEN, openLogin } from "../../../../src/broker/embedded/MqttLogins.js"
import { type SessionLimits, SessionStore } from "../../../../src/broker/embedded/session/SessionStore.js"

const LIMITS: SessionLimits = {
  sessionsMax: 2,
  sessionSecondsMax: 60,
  queuedMessagesMax: 3,
  queuedBytesMax: 10_000,
  inflightQos2Max: 2
}

const NEVER = 0xffff_ffff

const message = (brokerCounter: number, payload = "x", qos: 1 | 2 = 1): AedesPublishPacket => ({
  cmd: "publish",
  brokerId: "b",
  brokerCounter,
  topic: "t",
  payload: Buffer.from(payload),
  qos,
  retain: false,
  dup: false
})

const setUp = (limits: Partial<SessionLimits> = {}) => {
  const clock = { millis: 0 }
  const store = new SessionStore({ ...LIMITS, ...limits }, () => clock.millis)
  const subscribe = (id: string) => store.addSubscriptions({ id }, [{ topic: "t", qos: 1 }])
  const publish = (packet: AedesPublishPacket, ...ids: ReadonlyArray<string>) =>
    store.outgoingEnqueueCombi(
      ids.map((clientId) => ({ clientId, qos: 2 })),
      packet
    )
  const waiting = async (id: string) => {
    const counts: Array<number> = []
    for await (const { brokerCounter } of store.outgoingStream({ id })) counts.push(brokerCounter)
    return counts
  }
  const leave = (id: string) => store.left({ id, sessionExpiryInterval: NEVER })
  const isKept = async (id: string) => (await store.subscriptionsByClient({ id })).length > 0
  return { clock, isKept, leave, publish, store, subscribe, waiting }
}

describe("what waits for a session", () => {
  it("is bounded in messages, and the rest counted", async () => {
    const { publish, store, subscribe, waiting } = setUp()
    await subscribe("a")
    for (let count = 1; count <= 5; count += 1) await publish(message(count), "a", "a")
    assert.deepStrictEqual(await waiting("a"), [1, 2, 3])
    assert.strictEqual(store.queues.dropped, 2)
  })

  it("is bounded in bytes over all sessions, and makes room again", async () => {
    const { publish, store, waiting } = setUp({ queuedMessagesMax: 100 })
    await publish(message(1, "x".repeat(6_000)), "a")
    await publish(message(2, "x".repeat(6_000)), "b")
    assert.deepStrictEqual([await waiting("a"), await waiting("b")], [[1], []])
    await store.outgoingUpdate({ id: "a" }, { ...message(1), messageId: 9 })
    await store.outgoingClearMessageId({ id: "a" }, { messageId: 9 })
    await publish(message(3, "x".repeat(6_000)), "b")
    assert.deepStrictEqual([await waiting("a"), await waiting("b")], [[], [3]])
  })

  it("is bounded by what it holds beside payloads, too", async () => {
    const { publish, waiting } = setUp({ queuedMessagesMax: 100 })
    const properties = { userProperties: { a: "x".repeat(6_000) } }
    await publish({ ...message(1), properties }, "a")
    await publish({ ...message(2), properties }, "b")
    assert.deepStrictEqual([await waiting("a"), await waiting("b")], [[1], []])
  })

  it("is there once for all sessions, and what is sent of it is each one's own", async () => {
    const { publish, store } = setUp()
    await publish({ ...message(1), properties: { messageExpiryInterval: 9 } }, "a", "b")
    const [one] = store.queues.resumed("a")
    const [other] = store.queues.resumed("b")
    assert.isTrue(one?.cmd === "publish" && other?.cmd === "publish" && one.payload === other.payload)
    assert.deepStrictEqual(one?.properties, other?.properties)
    assert.notStrictEqual(one?.properties, other?.properties)
  })

  it("leaves when its receipt is complete, whatever else is asked", () =>
    Effect.runPromise(
      Effect.promise(() =>
        FastCheck.assert(
          FastCheck.asyncProperty(
            FastCheck.array(FastCheck.tuple(FastCheck.integer({ min: 0, max: 3 }), FastCheck.nat(5))),
            async (steps) => {
              const { publish, store, waiting } = setUp({ queuedMessagesMax: 1_000, queuedBytesMax: 1e9 })
              const model = new Map<number, number | null>()
              let count = 0
              for (const [what, id] of steps) {
                if (what === 0) {
                  count += 1
                  await publish(message(count), "a")
                  model.set(count, null)
                } else if (what === 1 && model.has(count) && ![...model.values()].includes(id)) {
                  await store.outgoingUpdate({ id: "a" }, { ...message(count), messageId: id })
                  model.set(count, id)
                } else if (what === 2) {
                  await store.outgoingClearMessageId({ id: "a" }, { messageId: id })
                  for (const [key, sent] of model) if (sent === id) model.delete(key)
                } else if (what === 3) {
                  store.queues.forget("a", { brokerCounter: id })
                  model.delete(id)
                  await store.outgoingClearMessageId({ id: "a" }, { messageId: undefined })
                }
                assert.deepStrictEqual(await waiting("a"), [...model.keys()])
              }
            }
          )
        )
      )
    ))

  it("is sent again with DUP where it was sent, and its release as a release", async () => {
    const { publish, store } = setUp()
    for (const count of [1, 2, 3]) await publish(message(count, "x", 2), "a")
    for (const id of [1, 2]) await store.outgoingUpdate({ id: "a" }, { ...message(id), messageId: id })
    await store.outgoingUpdate({ id: "a" }, { cmd: "pubrel", messageId: 2 })
    const sent: Array<unknown> = []
    for await (const { cmd, dup, messageId } of store.outgoingStream({ id: "a" }))
      sent.push([cmd, messageId, dup])
    assert.deepStrictEqual(sent, [
      ["publish", 1, true],
      ["pubrel", 2, undefined],
      ["publish", undefined, false]
    ])
  })

  it("does not come back to who published it and wants none of its own", async () => {
    const { store, waiting } = setUp()
    const own = { ...message(1), clientId: "a" }
    await store.outgoingEnqueueCombi(
      [
        { clientId: "a", qos: 1, nl: true },
        { clientId: "b", qos: 1, nl: true }
      ],
      own
    )
    assert.deepStrictEqual([await waiting("a"), await waiting("b")], [[], [1]])
  })
})

describe("a session whose client is away", () => {
  it("ends after its time, and what waits with it", async () => {
    const { clock, isKept, leave, publish, subscribe, waiting } = setUp()
    await subscribe("a")
    leave("a")
    clock.millis = 60_000
    await publish(message(1), "a")
    assert.isTrue(await isKept("a"))
    clock.millis = 60_001
    await publish(message(2), "a")
    assert.deepStrictEqual(await waiting("a"), [])
    assert.isFalse(await isKept("a"))
  })

  it("ends when too many are away, the one that left first; who is there stays", async () => {
    const { isKept, leave, store, subscribe } = setUp()
    for (const id of ["a", "b", "c", "d"]) await subscribe(id)
    for (const id of ["a", "b", "c"]) leave(id)
    assert.deepStrictEqual(await Promise.all(["a", "b", "c", "d"].map(isKept)), [false, true, true, true])
    store.arrived({ id: "b", sessionExpiryInterval: NEVER }, openLogin(OPEN))
    leave("d")
    assert.deepStrictEqual(await Promise.all(["b", "c", "d"].map(isKept)), [true, true, true])
  })

  it("ends at once where it was clean", async () => {
    const { isKept, store, subscribe } = setUp()
    await subscribe("a")
    store.left({ id: "a", sessionExpiryInterval: 0 })
    assert.isFalse(await isKept("a"))
  })

  it("has no subscription that was refused", async () => {
    const { store } = setUp()
    await store.addSubscriptions({ id: "a" }, [
      { topic: "test/nosubscribe", qos: 1 },
      { topic: "t", qos: 1 }
    ])
    const kept = await store.subscriptionsByClient({ id: "a" })
    assert.deepStrictEqual(
      kept.map(({ topic }) => topic),
      ["t"]
    )
  })
})

describe("publishes at QoS 2", () => {
  it("are bounded until they are released, and one that comes again counts once", async () => {
    const { store } = setUp()
    const client = { id: "a" }
    for (const messageId of [1, 2, 2, 1]) assert.isTrue(store.unreleased.admit(client, { messageId }))
    assert.isFalse(store.unreleased.admit(client, { messageId: 3 }))
    await store.incomingDelPacket(client, { messageId: 1 })
    assert.isTrue(store.unreleased.admit(client, { messageId: 3 }))
  })

  it("are there only once they were answered", async () => {
    const { store } = setUp()
    const client = { id: "a" }
    const isThere = () =>
      store.incomingGetPacket(client, { messageId: 1 }).then(
        () => true,
        () => false
      )
    store.unreleased.admit(client, { messageId: 1 })
    assert.isFalse(await isThere())
    store.unreleased.answered(client, { messageId: 1 })
    assert.isTrue(await isThere())
    store.left({ ...client, sessionExpiryInterval: 0 })
    assert.isFalse(await isThere())
  })
})
