import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import {
  formatCredential,
  hashSecret,
  parseCredentials,
  principalOfCredential,
  verify,
  verifySecret
} from "../../src/config/Credentials.js"

const entry = (name: string, role: string, secret: string) => `${name}:${role}:${hashSecret(secret)}`
const parse = (text: string) => Either.getOrThrow(parseCredentials(text))

describe("credentials", () => {
  it("are parsed, and none is none", () => {
    const parsed = parse(
      ` ${entry("ann", "reader", "a")} ,${entry("bob", "writer", "b").toUpperCase()}`.replace(
        "WRITER",
        "writer"
      )
    )
    assert.deepStrictEqual(
      parsed.map(({ name, role }) => [name, role]),
      [
        ["ann", "reader"],
        ["BOB", "writer"]
      ]
    )
    assert.deepStrictEqual(parse("  "), [])
  })

  it("that are wrong are named at once, without what they hold", () => {
    const hash = hashSecret("secret")
    const faults = parseCredentials(
      `ann:owner:${hash},bob:reader:${hash.slice(1)},${hash},:reader:${hash},a*:device:${hash}`
    )
    assert.deepStrictEqual(
      Either.getLeft(faults),
      Either.getLeft(
        Either.left([
          "entry 1 (ann): the role must be one of device, reader, writer, admin",
          "entry 2 (bob): the SHA-256 must be 64 hex digits",
          "entry 3 must be name:role:sha256 in hex",
          "entry 4 has no name",
          "entry 5 (a*): a device's name has no star"
        ])
      )
    )
    const message = Either.match(faults, { onLeft: String, onRight: () => "" })
    assert.include(message, "the role must be one of")
    assert.notInclude(message, hash)
  })

  it("are verified by name and secret, or by the secret alone", () => {
    const credentials = parse([entry("ann", "reader", "a"), entry("bob", "writer", "b")].join(","))
    assert.strictEqual(verify(credentials, "ann", "a")?.role, "reader")
    assert.strictEqual(verify(credentials, "bob", Buffer.from("b"))?.role, "writer")
    assert.strictEqual(verify(credentials, "ann", "b"), null)
    assert.strictEqual(verify(credentials, "eve", "a"), null)
    assert.strictEqual(verify(credentials, "ann", ""), null)
    assert.strictEqual(verifySecret(credentials, "b")?.name, "bob")
    assert.strictEqual(verifySecret(credentials, "c"), null)
    assert.strictEqual(verifySecret(parse(entry("ann", "reader", "")), ""), null)
    assert.strictEqual(verifySecret([], "a"), null)
  })

  it("are of a principal, which says its own sensors alone if it is a device", () => {
    const [ann, pump] = parse([entry("ann", "writer", "a"), entry("pump", "device", "b")].join(","))
    if (ann === undefined || pump === undefined) throw new Error("none")
    assert.isNull(principalOfCredential(ann).scope.sensors)
    assert.deepStrictEqual(principalOfCredential(pump).scope.sensors, {
      ranges: [],
      names: ["pump", "pump/*"]
    })
  })

  it("may name the sensors that they reach, colons and all", () => {
    const reach = (text: string) => {
      const [credential] = parse(text)
      if (credential === undefined) throw new Error("none")
      assert.deepStrictEqual(parse(formatCredential(credential)), [credential])
      return principalOfCredential(credential).scope.sensors
    }
    assert.deepStrictEqual(reach(`${entry("pump", "device", "b")}:5e:44:3b/*; 42;7-9`), {
      ranges: [
        { first: 42, last: 42 },
        { first: 7, last: 9 }
      ],
      names: ["5e:44:3b/*"]
    })
    assert.deepStrictEqual(reach(`${entry("a*", "reader", "b")}:a*`)?.names, ["a*"])
    const faults = Either.flip(parseCredentials(`${entry("pump", "device", "b")}:9-7`))
    assert.match(String(Either.getOrThrow(faults)), /entry 1 \(pump\): its sensors 9-7 must be numbers/)
  })

  it("round-trip", () => {
    const name = FastCheck.stringMatching(/^[a-z0-9._-]{1,20}$/)
    const secret = FastCheck.string({ minLength: 1 })
    FastCheck.assert(
      FastCheck.property(
        name,
        FastCheck.constantFrom("device", "reader", "writer", "admin"),
        secret,
        (who, role, what) => {
          const [credential] = parse(entry(who, role, what))
          if (credential === undefined) throw new Error("none")
          assert.deepStrictEqual(parse(formatCredential(credential)), [credential])
          assert.strictEqual(verify([credential], who, what), credential)
        }
      )
    )
  })
})
