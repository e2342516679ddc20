import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { encode, Tagged } from "cborg"
import * as FastCheck from "effect/FastCheck"
import { cborJson } from "../../../src/ingest/binary/Cbor.js"
import { DEFAULT_DECODE_LIMITS, decode } from "../../../src/ingest/codecs/MessageDecode.js"
import { arrivedAs, NOW, shown } from "../forms.js"

const decoded = (payload: Uint8Array) =>
  decode({ ...arrivedAs("", "buoys"), payload }, DEFAULT_DECODE_LIMITS, () => "n")

describe("CBOR", () => {
  it("is the JSON that it stands for", () => {
    const bytes = encode({
      ...{ n: 1n << 60n, f: 1.5, b: new Uint8Array([1, 2]), t: true, z: null, u: undefined },
      ...{ at: new Tagged(1, 1_718_389_000), text: new Tagged(0, "2024-06-14T18:16:40Z"), l: [1, { a: 2 }] }
    })
    assert.deepEqual(cborJson(bytes), {
      ...{ n: "1152921504606846976", f: 1.5, b: "h'0102'", t: true, z: null, u: null },
      ...{ at: 1_718_389_000, text: "2024-06-14T18:16:40Z", l: [1, { a: 2 }] }
    })
    assert.deepEqual(cborJson(Buffer.from("d9d9f7a1616101", "hex")), { a: 1 })
    assert.deepEqual(cborJson(Buffer.from("a16161c249010000000000000000", "hex")), {
      a: "18446744073709551616"
    })
    assert.deepEqual(cborJson(Buffer.from("bf6161f93e00ff", "hex")), { a: 1.5 })
  })

  it("is none where it is cut, goes on, is a text or a number, or has a tag that nobody knows", () => {
    for (const hex of ["a1616101ff", "a16161", "01", "6161", "a16161d9ffff01", ""]) {
      assert.isUndefined(cborJson(Buffer.from(hex, "hex")))
    }
  })

  it("holds readings as JSON does, SenML by its numbers, and also in gzip", () => {
    const json = encode({ device: "d", t: 21.5 })
    assert.deepStrictEqual(shown(decoded(json)), [["d/t", 21.5]])
    assert.deepStrictEqual(shown(decoded(gzipSync(json))), [["d/t", 21.5]])
    const pack = new Map<number, unknown>([
      [-2, "urn:dev:ow:1:"],
      [-3, NOW / 1_000_000 - 60],
      [0, "temp"],
      [1, "Cel"],
      [2, 23.5]
    ])
    const items = decoded(encode([pack]))
    assert.deepStrictEqual(shown(items), [["urn:dev:ow:1:temp", 23.5]])
    const [item] = items
    assert.strictEqual(item?._tag === "Reading" ? item.reading.occurredAt : null, NOW - 60_000_000)
  })

  it("never throws, whatever bytes come", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.integer({ min: 0x80, max: 0xff }),
        FastCheck.uint8Array(),
        (first, bytes) => {
          assert.isNotEmpty(decoded(Buffer.from([first, ...bytes])))
        }
      ),
      { numRuns: 2_000 }
    )
  })
})
