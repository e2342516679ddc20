/** What is written of calls and logins, and how much of it when they come too fast. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as Audit from "../../src/audit/Audit.js"
import { EMPTY_CHAIN } from "../../src/audit/AuditChain.js"
import { AuditLog } from "../../src/audit/AuditLog.js"
import type { AuditFact } from "../../src/domain/access/AuditDataset.js"
import { LogUnavailable } from "../../src/eventlog/EventLog.js"

const fact = (outcome: string, address = "192.0.2.17"): AuditFact => ({
  kind: "login",
  actor: "ann",
  address,
  action: "HTTP",
  object: null,
  outcome
})

/** Each list is a transaction. */
const auditing = (written: Array<ReadonlyArray<AuditFact>>, isAway = () => false) =>
  Audit.layer.pipe(
    Layer.provide(
      Layer.succeed(AuditLog, {
        append: (facts) =>
          isAway()
            ? Effect.fail(new LogUnavailable({ reason: "away" }))
            : Effect.sync(() => {
                written.push(facts)
              }),
        newest: () => Effect.succeed([]),
        verify: () => Effect.succeed({ head: EMPTY_CHAIN, broken: null })
      })
    )
  )

const audit = Effect.flatMap(Audit.Audit, (service) =>
  service === null ? Effect.dieMessage("nobody audits") : Effect.succeed(service)
)
const settled = Effect.repeatN(Effect.yieldNow(), 20)

describe("the audit", () => {
  it.effect("writes calls that come at once in one transaction, before they go on", () => {
    const written: Array<ReadonlyArray<AuditFact>> = []
    return Effect.gen(function* () {
      const { record } = yield* audit
      yield* Effect.all(
        ["a", "b", "c"].map((one) => record(fact(one))),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        written.flat().map(({ outcome }) => outcome),
        ["a", "b", "c"]
      )
      assert.isAtMost(written.length, 2)
    }).pipe(Effect.provide(auditing(written)))
  })

  it.effect("does not hold a call up for a database that is away", () =>
    Effect.gen(function* () {
      yield* (yield* audit).record(fact("200"))
    }).pipe(Effect.provide(auditing([], () => true)))
  )

  it.effect("tells a flood of failed logins by its number", () => {
    const written: Array<ReadonlyArray<AuditFact>> = []
    return Effect.gen(function* () {
      const { refused } = yield* audit
      for (let i = 0; i < 10_000; i++) refused(fact("refused", `192.0.2.${i % 256}`))
      yield* settled
      assert.lengthOf(written.flat(), 20)
      yield* TestClock.adjust("1 minute")
      yield* settled
      assert.deepInclude(written.flat().at(-1), { kind: "more", outcome: "9980 more refused" })
      assert.lengthOf(written.flat(), 21)
      refused(fact("refused"))
      yield* settled
      assert.lengthOf(written.flat(), 22)
    }).pipe(Effect.provide(auditing(written)))
  })

  it.effect("tells once an hour that somebody came in", () => {
    const written: Array<ReadonlyArray<AuditFact>> = []
    return Effect.gen(function* () {
      const { entered } = yield* audit
      const enter = Effect.zipRight(
        Effect.sync(() => {
          entered(fact("accepted"))
          entered(fact("accepted", "192.0.2.18"))
        }),
        settled
      )
      yield* Effect.repeatN(enter, 50)
      assert.lengthOf(written.flat(), 2)
      yield* TestClock.adjust("61 minutes")
      yield* enter
      assert.lengthOf(written.flat(), 4)
    }).pipe(Effect.provide(auditing(written)))
  })

  it.effect("writes at the end what waits", () => {
    const written: Array<ReadonlyArray<AuditFact>> = []
    return Effect.gen(function* () {
      yield* Effect.provide(
        Effect.flatMap(audit, ({ refused }) => Effect.sync(() => refused(fact("refused")))),
        auditing(written)
      )
      assert.lengthOf(written.flat(), 1)
    })
  })
})
