/** How one alert goes, and what a look makes of many. */
import { assert, describe, it } from "@effect/vitest"
import type { Alert } from "../../../src/domain/alert/Alert.js"
import { decide, type Look, type TargetMeasures } from "../../../src/domain/alert/AlertLook.js"
import {
  type AlertRuleSaying,
  ruleFaults,
  ruleOf,
  selects,
  targetOf
} from "../../../src/domain/alert/AlertRule.js"
import { combined, step, type Verdict, verdictOf } from "../../../src/domain/alert/AlertState.js"
import { type SensorId, sensorId } from "../../../src/domain/Ids.js"
import { micros } from "../../../src/domain/Time.js"

const at = (seconds: number) => micros(1_795_000_000_000_000 + seconds * 1_000_000)
const one = sensorId(1)
const two = sensorId(2)

/** The phases that a rule goes through, verdict by verdict, ten seconds apart. */
const phases = (rule: { for_seconds: number; recovery_seconds: number }, ...verdicts: Array<Verdict>) => {
  let standing: ReturnType<typeof step> = null
  return verdicts.map((verdict, i) => {
    standing = step(rule, standing, { verdict, sensors: [] }, at(10 * i))
    return standing?.phase ?? "inactive"
  })
}

describe("an alert", () => {
  it("is raised at once, or after being bad for so long without a break", () => {
    const waits = { for_seconds: 20, recovery_seconds: 0 }
    assert.deepStrictEqual(phases({ for_seconds: 0, recovery_seconds: 0 }, "bad", "bad", "well", "well"), [
      ...["firing", "firing", "inactive", "inactive"]
    ])
    assert.deepStrictEqual(phases(waits, "bad", "bad", "bad", "well"), [
      ...["pending", "pending", "firing", "inactive"]
    ])
    assert.deepStrictEqual(phases(waits, "bad", "well", "bad", "between", "bad", "excused"), [
      ...["pending", "inactive", "pending", "inactive", "pending", "inactive"]
    ])
    // What can't be told breaks nothing.
    assert.deepStrictEqual(phases(waits, "bad", "unknown", "bad"), ["pending", "pending", "firing"])
  })

  it("is over only after being well for so long without a break", () => {
    const waits = { for_seconds: 0, recovery_seconds: 20 }
    assert.deepStrictEqual(phases(waits, "bad", "well", "well", "between", "well", "well", "well"), [
      ...["firing", "firing", "firing", "firing", "firing", "firing", "inactive"]
    ])
    assert.deepStrictEqual(phases(waits, "bad", "well", "unknown", "excused", "well"), [
      ...["firing", "firing", "firing", "firing", "inactive"]
    ])
  })

  it("has hysteresis between bad and well", () => {
    const rule = ruleOf({ kind: "range", min: 10, max: 20, hysteresis: 2 })
    const verdict = (low: number, high = low) => verdictOf(rule, { sensor: one, low, high })
    assert.deepStrictEqual(
      [9, 10, 11.9, 12, 18, 18.1, 20, 20.1].map((value) => verdict(value)),
      [...["bad", "between", "between", "well", "well", "between", "between", "bad"]]
    )
    assert.strictEqual(verdict(15, 25), "bad")
  })

  it("of a device is bad with any of its sensors, and well when each that was bad is", () => {
    const of = (...verdicts: Array<[SensorId, Verdict]>) => combined(new Map(verdicts), [one])
    assert.deepStrictEqual(of([one, "well"], [two, "bad"]), { verdict: "bad", sensors: [two] })
    assert.deepStrictEqual(of([one, "between"], [two, "bad"]), { verdict: "bad", sensors: [one, two] })
    assert.deepStrictEqual(of([one, "unknown"], [two, "well"]), { verdict: "unknown", sensors: [one] })
    assert.deepStrictEqual(of([one, "excused"], [two, "well"]), { verdict: "excused", sensors: [one] })
    assert.deepStrictEqual(of([one, "well"], [two, "unknown"]), { verdict: "well", sensors: [] })
    // It is no sensor of the rule any more.
    assert.deepStrictEqual(of([two, "unknown"]), { verdict: "well", sensors: [] })
  })
})

describe("a rule", () => {
  it("has defaults, and contradicts itself in no field", () => {
    const faults = (saying: AlertRuleSaying) => ruleFaults(ruleOf(saying)).map(({ field }) => field)
    assert.deepInclude(ruleOf({ kind: "silent" }), { max: 3, min: null, severity: "warning", per: "device" })
    for (const kind of ["silent", "quality", "rejected", "lag", "database", "disk"] as const) {
      assert.deepStrictEqual(faults({ kind }), [], kind)
    }
    assert.deepStrictEqual(faults({ kind: "range" }), ["max"])
    assert.deepStrictEqual(faults({ kind: "rate" }), ["max"])
    assert.deepStrictEqual(faults({ kind: "quality", min: null }), ["min"])
    assert.deepStrictEqual(faults({ kind: "silent", min: 1 }), ["min"])
    assert.deepStrictEqual(faults({ kind: "range", min: 1, max: 2, hysteresis: 1 }), ["hysteresis"])
    assert.deepStrictEqual(faults({ kind: "disk", sensors: { ids: [one] } }), ["sensors"])
  })

  it("selects by number, by a pattern of names, and by tags, all of them together", () => {
    const sensor = { id: one, name: "hall/boiler.1/temp" }
    const select = (sensors: AlertRuleSaying["sensors"], tags = {}) =>
      selects(ruleOf({ kind: "silent", sensors }).sensors)(sensor, { tags })
    assert.isTrue(select(undefined))
    assert.isTrue(select({ ids: [one], name: "hall/*", tags: { site: "b" } }, { site: "b" }))
    assert.isFalse(select({ ids: [two] }))
    assert.isTrue(select({ name: "*boiler.1*" }))
    assert.isFalse(select({ name: "boiler.1" }))
    assert.isFalse(select({ name: "hall/boilerx1/*" }))
    assert.isFalse(select({ tags: { site: "b" } }, { site: "c" }))
    assert.isFalse(
      selects(ruleOf({ kind: "silent", sensors: { name: "*" } }).sensors)({ id: two, name: null })
    )
  })

  it("is of a device, whose name its metrics begin with", () => {
    assert.strictEqual(targetOf({ id: one, name: "hall/boiler/temp" }, "device"), "hall/boiler")
    assert.strictEqual(targetOf({ id: one, name: "hall/boiler/temp" }, "sensor"), "hall/boiler/temp")
    assert.strictEqual(targetOf({ id: one, name: "boiler" }, "device"), "boiler")
    assert.strictEqual(targetOf({ id: one, name: null }, "device"), "1")
  })
})

describe("a look", () => {
  const rule = ruleOf({ kind: "range", max: 80, channels: ["webhook", "mqtt"] })
  const measured = (value: number): TargetMeasures => ({
    verdicts: new Map([[one, verdictOf(rule, { sensor: one, low: value, high: value })]]),
    measures: [{ sensor: one, low: value, high: value, label: "temp" }]
  })
  const look = (seconds: number, value: number | null, more: Partial<Look> = {}): Look => ({
    now: at(seconds),
    rules: [{ name: "hot", rule, targets: value === null ? null : new Map([["boiler", measured(value)]]) }],
    isSilenced: () => false,
    channels: ["webhook", "email"],
    ...more
  })
  const openOf = (changes: ReturnType<typeof decide>): ReadonlyArray<Alert> =>
    changes.flatMap(({ alert }) => (alert === null || alert.phase === "resolved" ? [] : [alert]))
  const events = (changes: ReturnType<typeof decide>) =>
    changes.flatMap(({ notices }) => notices.map(({ body, channel }) => `${body.event} by ${channel}`))

  it("tells once that it is bad, and once that it is over, by the ways that both name", () => {
    const raised = decide(look(0, 95), [])
    assert.deepStrictEqual(events(raised), ["raised by webhook"])
    assert.strictEqual(raised[0]?.alert?.summary, "boiler: temp 95, above 80")
    const open = openOf(raised)
    assert.deepStrictEqual(decide(look(5, 99), open), [])
    assert.deepStrictEqual(decide(look(10, null), open), [])
    const over = decide(look(15, 50), open)
    assert.deepStrictEqual(events(over), ["resolved by webhook"])
    assert.strictEqual(over[0]?.alert?.id, open[0]?.id)
  })

  it("keeps what is silenced to itself until the silence ends, and tells nobody that it is over", () => {
    const isSilenced = () => true
    const raised = decide(look(0, 95, { isSilenced }), [])
    assert.deepStrictEqual(events(raised), [])
    assert.deepStrictEqual(events(decide(look(5, 50, { isSilenced }), openOf(raised))), [])
    assert.deepStrictEqual(events(decide(look(5, 95), openOf(raised))), ["raised by webhook"])
  })

  it("ends what belongs to no rule and to no sensor any more", () => {
    const open = openOf(decide(look(0, 95), []))
    const gone = decide(look(5, 95, { rules: [] }), open)
    assert.strictEqual(gone[0]?.alert?.summary, "boiler: the rule was removed or switched off")
    assert.deepStrictEqual(events(gone), ["resolved by webhook", "resolved by email"])
    const empty = look(5, 95, { rules: [{ name: "hot", rule, targets: new Map() }] })
    assert.deepStrictEqual(events(decide(empty, open)), ["resolved by webhook"])
  })
})
