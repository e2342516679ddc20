import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import {
  brokerAddresses,
  parseBrokerUrl,
  parseClientId,
  parseShareGroup,
  parseTopicFilters
} from "../../../src/config/peers/ExternalBroker.js"

const problem = <A>(read: Either.Either<A, string>): string =>
  Either.match(read, { onLeft: (text) => text, onRight: () => "" })

describe("MQTT_URL", () => {
  it("is kept as it stands, and not shown", () => {
    const text = "mqtts://plant:s3cret@broker.example:8883"
    const url = Either.getOrThrow(parseBrokerUrl(text))
    assert.strictEqual(Redacted.value(url), text)
    assert.notInclude(String(url), "s3cret")
  })

  it("names several nodes of one broker", () => {
    const text = "mqtts://plant:s3,cret@b1.example:8883,b2.example"
    assert.strictEqual(Redacted.value(Either.getOrThrow(parseBrokerUrl(text))), text)
    assert.deepStrictEqual(brokerAddresses(text), [
      "mqtts://plant:s3,cret@b1.example:8883",
      "mqtts://plant:s3,cret@b2.example"
    ])
    assert.deepStrictEqual(brokerAddresses("mqtt://plant:s3,cret@b1"), ["mqtt://plant:s3,cret@b1"])
    assert.match(problem(parseBrokerUrl("mqtt://plant:s3cret@b1,")), /^must be mqtt:/)
  })

  it("is refused without telling what stood there", () => {
    for (const text of ["plant:s3cret@broker", "http://plant:s3cret@broker", "mqtt://", "s3cret"]) {
      assert.match(problem(parseBrokerUrl(text)), /^must be mqtt:\/\/host:port/)
      assert.notInclude(problem(parseBrokerUrl(text)), "s3cret")
    }
  })
})

describe("MQTT_URL, and what is after its host", () => {
  it("is refused: a wish for TLS, say, would be passed over", () => {
    for (const rest of ["?tls=true", "/?ssl=1", "/sensors", "#x"]) {
      const why = problem(parseBrokerUrl(`mqtt://plant:s3cret@broker:1883${rest}`))
      assert.match(why, /nothing after them is known \(TLS is mqtts:/, rest)
      assert.notInclude(why, "s3cret")
    }
    assert.isTrue(Either.isRight(parseBrokerUrl("mqtts://broker/")))
  })
})

describe("MQTT_SHARE", () => {
  it("is a name without what topics are made of", () => {
    assert.deepStrictEqual(parseShareGroup("tide mark"), Either.right("tide mark"))
    for (const wrong of ["", "a/b", "a+", "#"]) assert.include(problem(parseShareGroup(wrong)), "without /")
  })
})

describe("MQTT_TOPICS", () => {
  it("takes filters, shared ones too, each once", () => {
    assert.deepStrictEqual(
      parseTopicFilters("sensors/#, plant/+/temp,$share/tide/a/#,sensors/#,"),
      Either.right(["sensors/#", "plant/+/temp", "$share/tide/a/#"])
    )
  })

  it("names what is wrong with each", () => {
    for (const wrong of [
      "a/#/b",
      "a#",
      "a/b+",
      "$share/g",
      "$share/g/",
      "$share//a",
      "$share/+/a",
      "$share/g/a#"
    ]) {
      assert.include(problem(parseTopicFilters(wrong)), JSON.stringify(wrong))
    }
    assert.strictEqual(problem(parseTopicFilters(" , ")), "names no topic filter")
    assert.include(problem(parseTopicFilters(`${"a".repeat(65_536)}`)), "longer")
  })
})

describe("MQTT_CLIENT_ID", () => {
  it("is a text without control characters, of a bounded length", () => {
    assert.deepStrictEqual(parseClientId("tidemark-2"), Either.right("tidemark-2"))
    assert.notStrictEqual(problem(parseClientId("a\nb")), "")
    assert.notStrictEqual(problem(parseClientId("a".repeat(257))), "")
  })
})
