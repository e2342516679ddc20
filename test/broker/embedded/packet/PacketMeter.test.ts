import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { PacketMeter } from "../../../../src/broker/embedded/packet/PacketMeter.js"

const limits = { packetBytesMax: 300, connectBytesMax: 100 }

/** A packet of this body length: the first byte, the length in groups of 7 bits, the body. */
const packet = (length: number): Uint8Array => {
  const header = [0x30]
  let rest = length
  do {
    header.push((rest % 128) + (rest >= 128 ? 128 : 0))
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return Uint8Array.from([...header, ...Array<number>(length).fill(0xff)])
}

const joined = (lengths: ReadonlyArray<number>) => Buffer.concat(lengths.map(packet))

describe("a packet's declared length", () => {
  it("is bounded, and the first packet's more tightly", () => {
    assert.strictEqual(new PacketMeter(limits).accept(joined([100, 300, 0, 127, 128])), null)
    assert.match(new PacketMeter(limits).accept(joined([101])) ?? "", /101 bytes or more: at most 100/)
    assert.match(new PacketMeter(limits).accept(joined([10, 301])) ?? "", /301 bytes or more: at most 300/)
  })

  it("is refused before the body, and when it has more than 4 bytes", () => {
    assert.isNotNull(new PacketMeter(limits).accept(Uint8Array.of(0x10, 0xff, 0xff, 0xff, 0x7f)))
    assert.strictEqual(
      new PacketMeter(limits).accept(Uint8Array.of(0x10, 0x80, 0x80, 0x80, 0x80)),
      "a packet's length has more than 4 bytes"
    )
  })

  it("is found however the bytes are cut", () => {
    const lengths = FastCheck.array(FastCheck.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 6 })
    const cuts = FastCheck.array(FastCheck.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 })
    FastCheck.assert(
      FastCheck.property(lengths, cuts, (sizes, steps) => {
        const bytes = joined(sizes)
        const meter = new PacketMeter(limits)
        let refused = false
        for (let at = 0, i = 0; at < bytes.length && !refused; i += 1) {
          const step = steps[i % steps.length] ?? 1
          refused = meter.accept(bytes.subarray(at, at + step)) !== null
          at += step
        }
        assert.strictEqual(
          refused,
          sizes.some((size, index) => size > (index === 0 ? 100 : 300))
        )
      })
    )
  })
})
