/** The variables of OpenTelemetry. */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import {
  parseOtlpEndpoint,
  parseOtlpPairs,
  parseOtlpProtocol,
  parseSampler,
  parseSamplerRatio
} from "../../../src/config/peers/OtlpTarget.js"

const right = <A>(either: Either.Either<A, string>): A => Either.getOrThrow(either)
const areWrong = (
  parse: (text: string) => Either.Either<unknown, string>,
  ...texts: ReadonlyArray<string>
) => {
  for (const text of texts) assert.isTrue(Either.isLeft(parse(text)), text)
}

describe("an endpoint", () => {
  it("is an address without secrets, and ends with no slash", () => {
    assert.strictEqual(right(parseOtlpEndpoint("http://127.0.0.1:4318")), "http://127.0.0.1:4318")
    assert.strictEqual(right(parseOtlpEndpoint("https://host/otlp//")), "https://host/otlp")
    areWrong(
      parseOtlpEndpoint,
      "host:4318",
      "grpc://host",
      "http://a:b@host",
      "http://host/?key=1",
      "http://"
    )
  })
})

describe("pairs", () => {
  it("are names and percent-encoded values", () => {
    assert.deepStrictEqual(right(parseOtlpPairs("api-key=a%20b, x=1==,y=,")), {
      "api-key": "a b",
      x: "1==",
      y: ""
    })
    areWrong(parseOtlpPairs, "key", "a b=c", "x=%zz", "x=a%0d%0aEvil: 1", "=1")
  })
})

describe("a sampler", () => {
  it("is one of OpenTelemetry's, with a ratio", () => {
    assert.deepStrictEqual(right(parseSampler("parentbased_traceidratio")), {
      parentBased: true,
      ratio: null
    })
    assert.deepStrictEqual(right(parseSampler("always_off")), { parentBased: false, ratio: 0 })
    areWrong(parseSampler, "ALWAYS", "jaeger_remote")
    assert.strictEqual(right(parseSamplerRatio("0.25")), 0.25)
    areWrong(parseSamplerRatio, "1.5", "-1", "half")
  })
})

describe("a protocol", () => {
  it("is one of the two over HTTP", () => {
    assert.strictEqual(right(parseOtlpProtocol("http/protobuf")), "protobuf")
    areWrong(parseOtlpProtocol, "grpc", "json")
  })
})
