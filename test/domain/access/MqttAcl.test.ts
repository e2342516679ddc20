import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as fc from "effect/FastCheck"
import { coversFilter, type MqttAction, mayOnTopic } from "../../../src/domain/access/MqttAcl.js"
import { EVERYBODY, NOBODY, type Principal, principalOf } from "../../../src/domain/access/Principal.js"
import { Role } from "../../../src/domain/access/Roles.js"
import { EVERYTHING, parseSensorScope, type Scope } from "../../../src/domain/access/Scope.js"

const scopeOf = (...texts: ReadonlyArray<string>): Scope => ({
  ...EVERYTHING,
  sensors: texts.length === 0 ? null : Either.getOrThrow(parseSensorScope(texts))
})

/** What may stand for a `+`: texts that patterns know, the empty one, and one that nobody thought of. */
const WORDS = ["sensors", "a", "b", "42", "9", "ab", "other", "", "$SYS"]
const TAILS = ["/", "/a", "/other", "/42", "/b/other", "/a/b/other"]

/** Very many topics that a filter matches: all that differ to any pattern of these tests. */
const topicsUnder = (filter: string): ReadonlyArray<string> => {
  const levels = filter.split("/")
  const isDeep = levels.at(-1) === "#"
  const fixed = isDeep ? levels.slice(0, -1) : levels
  const expand = (at: number): ReadonlyArray<string> => {
    if (at === fixed.length) return [""]
    const words = fixed[at] === "+" ? WORDS : [fixed[at] ?? ""]
    const rests = expand(at + 1)
    return words.flatMap((one) => rests.map((rest) => (at === 0 ? one : `/${one}`) + rest))
  }
  const bodies = isDeep && fixed.length === 0 ? WORDS : expand(0)
  const topics = isDeep ? bodies.flatMap((body) => ["", ...TAILS].map((tail) => body + tail)) : bodies
  return topics.filter((topic) => topic !== "" && !(/^[+#]/.test(filter) && topic.startsWith("$")))
}

const patternMatches = (pattern: string, name: string): boolean =>
  new RegExp(
    `^${pattern
      .split("*")
      .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join("[^]*")}$`
  ).test(name)

/** The model: written once more from the rules, level by level, and slowly. */
const modelReaches = (texts: ReadonlyArray<string>, topic: string): boolean => {
  if (texts.length === 0) return true
  const levels = topic.split("/")
  const name = levels[0] === "sensors" ? levels.slice(1).join("/") : topic
  return texts.some((text) => {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
    if (first !== undefined) {
      const numbers = Array.from(
        { length: Number(last ?? first) - Number(first) + 1 },
        (_, i) => `${Number(first) + i}`
      )
      return numbers.includes(name)
    }
    const parent = text.split("/").slice(0, -1).join("/")
    return patternMatches(text, name) || (text.includes("/") && parent !== "" && parent === name)
  })
}

interface Case {
  readonly role: Role | "nobody" | "everybody"
  readonly texts: ReadonlyArray<string>
  readonly datasets: ReadonlyArray<string> | null
  readonly action: MqttAction
  readonly topic: string
}

const modelAllows = ({ action, datasets, role, texts, topic }: Case): boolean => {
  if (role === "nobody") return false
  const admin = role === "admin" || role === "everybody"
  if (action !== "subscribe") {
    if (role === "reader") return false
    if (/^\$(SYS|share)(\/|$)/.test(topic) && topic !== "$share") return false
    return modelReaches(texts, topic)
  }
  let filter = topic
  if (filter.startsWith("$share/")) {
    const [, group = "", ...rest] = filter.split("/")
    filter = rest.join("/")
    if (group === "" || /[+#]/.test(group) || filter === "") return false
  }
  if (filter === "$SYS" || filter.startsWith("$SYS/")) return admin
  if (filter.startsWith("$share/")) return admin
  if (role === "device" && texts.length === 0) return false
  if (role !== "device" && datasets !== null && !datasets.includes("sensor_data")) return false
  return topicsUnder(filter).every((one) => modelReaches(texts, one))
}

const principalOfCase = ({ datasets, role, texts }: Case): Principal => {
  const scope = { ...scopeOf(...texts), datasets }
  if (role === "nobody") return { ...NOBODY, scope }
  if (role === "everybody") return { ...EVERYBODY, scope }
  return principalOf("k", role, "settings", scope)
}

const word = fc.constantFrom("sensors", "a", "b", "42", "9", "$SYS", "$share", "g", "")
const level = fc.oneof({ weight: 3, arbitrary: word }, { weight: 1, arbitrary: fc.constant("+") })
const joined = (one: fc.Arbitrary<string>) =>
  fc
    .array(one, { minLength: 1, maxLength: 3 })
    .map((levels) => levels.join("/"))
    .filter((text) => text !== "")
const sensorsPrefixed = (text: fc.Arbitrary<string>) =>
  fc.oneof(
    text,
    text.map((rest) => `sensors/${rest}`)
  )
const topicArbitrary = sensorsPrefixed(joined(word))
const filterArbitrary = fc.oneof(
  sensorsPrefixed(joined(level)),
  joined(level).map((text) => `${text}/#`),
  joined(level).map((text) => `sensors/${text}/#`),
  joined(level).map((text) => `$share/g/${text}`),
  fc.constantFrom("#", "+", "+/#", "sensors/#", "sensors/+", "sensors", "$SYS/#", "$share/g/#")
)
const patternArbitrary = fc.constantFrom(
  ...["42", "1-10", "a", "b", "a/*", "a/b", "*", "a*", "*/b", "a/*/b", "9/*", "sensors/*", "$SYS/*", "", "+"]
)
const caseArbitrary: fc.Arbitrary<Case> = fc
  .record({
    role: fc.constantFrom<Case["role"]>(...Role.literals, "nobody", "everybody"),
    texts: fc.array(
      patternArbitrary.filter((text) => text !== ""),
      { maxLength: 3 }
    ),
    datasets: fc.constantFrom(null, null, ["sensor_data"], ["sensor_aggregates_1m"]),
    action: fc.constantFrom<MqttAction>("publish", "retain", "will", "subscribe", "subscribe")
  })
  .chain((one) =>
    (one.action === "subscribe" ? filterArbitrary : topicArbitrary).map((topic) => ({ ...one, topic }))
  )

describe("who may do what on a topic", () => {
  it("is what a model of its own says, 10,000 times", () => {
    let granted = 0
    fc.assert(
      fc.property(caseArbitrary, (one) => {
        const may = mayOnTopic(principalOfCase(one), one.action, one.topic)
        if (may) granted += 1
        assert.strictEqual(may, modelAllows(one))
      }),
      { numRuns: 10_000 }
    )
    // Neither answer is rare.
    assert.isAbove(granted, 1_000)
    assert.isBelow(granted, 9_000)
  })

  it("is for a device its own topics, below them, and nothing else", () => {
    const device = principalOf("boiler", "device", "settings", scopeOf("boiler", "boiler/*", "42"))
    for (const topic of ["sensors/boiler", "sensors/boiler/status", "boiler", "sensors/42"]) {
      for (const action of ["publish", "retain", "will", "subscribe"] as const)
        assert.isTrue(mayOnTopic(device, action, topic), `${action} ${topic}`)
    }
    for (const topic of ["sensors", "sensors/boiler2", "sensors/042", "x/sensors/boiler", "$SYS/boiler"]) {
      for (const action of ["publish", "retain", "will", "subscribe"] as const)
        assert.isFalse(mayOnTopic(device, action, topic), `${action} ${topic}`)
    }
    for (const filter of ["sensors/boiler/#", "boiler/+/x", "$share/g/sensors/boiler/+"])
      assert.isTrue(mayOnTopic(device, "subscribe", filter), filter)
    for (const filter of ["#", "+", "sensors/#", "sensors/+", "+/boiler", "$share/g/#", "$share/g", "$SYS/#"])
      assert.isFalse(mayOnTopic(device, "subscribe", filter), filter)
  })

  it("is for a device of one metric the topic of its device, which a message of it has", () => {
    const device = principalOf("k", "device", "settings", scopeOf("boiler/temperature"))
    assert.isTrue(mayOnTopic(device, "publish", "sensors/boiler"))
    assert.isFalse(mayOnTopic(device, "publish", "sensors/boiler/humidity"))
    assert.isFalse(mayOnTopic(device, "subscribe", "sensors/boiler/#"))
  })

  it("is for a reader to see all but what the broker says to itself, and to say nothing", () => {
    const reader = principalOf("ann", "reader", "settings")
    for (const filter of ["#", "sensors/#", "$share/g/#", "$own/x"])
      assert.isTrue(mayOnTopic(reader, "subscribe", filter), filter)
    assert.isFalse(mayOnTopic(reader, "subscribe", "$SYS/#"))
    assert.isFalse(mayOnTopic(reader, "subscribe", "$share/g/$SYS/#"))
    for (const action of ["publish", "retain", "will"] as const)
      assert.isFalse(mayOnTopic(reader, action, "sensors/1"))
    assert.isTrue(mayOnTopic(principalOf("root", "admin", "settings"), "subscribe", "$SYS/#"))
    assert.isFalse(mayOnTopic(principalOf("root", "admin", "settings"), "publish", "$SYS/x"))
  })
})

describe("a filter is covered", () => {
  it("when every topic that it matches is within reach, and never otherwise", () => {
    fc.assert(
      fc.property(
        filterArbitrary.filter((filter) => !filter.startsWith("$")),
        fc.array(
          patternArbitrary.filter((text) => text !== ""),
          { minLength: 1, maxLength: 3 }
        ),
        (filter, texts) => {
          const covered = topicsUnder(filter).every((topic) => modelReaches(texts, topic))
          assert.strictEqual(coversFilter(scopeOf(...texts), filter), covered)
        }
      ),
      { numRuns: 5_000 }
    )
  })
})
