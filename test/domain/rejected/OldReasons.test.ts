import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import { faultsOfText } from "../../../src/domain/rejected/OldReasons.js"
import { REASONS, type RejectionCode } from "../../../src/domain/rejected/RejectionCodes.js"
import {
  FAULTS_MAX,
  type Fault,
  fault,
  faultMend,
  faultsJson,
  faultsOfJson,
  metricFaults,
  reasonOf
} from "../../../src/domain/rejected/RejectionFault.js"

interface Golden {
  readonly reason: string
  /** Code, field, "metric" where it is said of one, details. */
  readonly faults: ReadonlyArray<ReadonlyArray<unknown>>
}

/** As the version before the codes wrote them. */
const golden: ReadonlyArray<Golden> = JSON.parse(
  readFileSync(new URL("golden-old-reasons.json", import.meta.url), "utf8")
)

const shown = ({ code, detail, field, metric }: Fault) => [
  code,
  field,
  ...(metric ? ["metric"] : []),
  [...detail]
]

describe("reasons that were kept as text alone", () => {
  it.each(golden)("$reason", ({ faults, reason }) => {
    assert.deepStrictEqual(faultsOfText(reason).map(shown), faults)
    assert.strictEqual(reasonOf(faultsOfText(reason)), reason.replaceAll("\0", "\uFFFD"))
  })

  it("are read whatever they are, and give at least one thing", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: "binary", maxLength: 300 }), (text) => {
        const faults = faultsOfText(text)
        assert.isNotEmpty(faults)
        assert.isAtMost(faults.length, FAULTS_MAX)
      }),
      { numRuns: 1_000 }
    )
  })
})

describe("codes", () => {
  const codes = Object.keys(REASONS) as ReadonlyArray<RejectionCode>

  it("each have words, a way to mend it, and a name that can be told apart by a program", () => {
    for (const code of codes) {
      const one: Fault = { code, field: "value", metric: false, detail: ["x", "y"] }
      assert.match(code, /^[a-z0-9]+(?:-[a-z0-9]+)*$/)
      assert.isNotEmpty(reasonOf([one]))
      assert.match(faultMend(one), /^[A-Z].*\.$/)
    }
  })

  it("are kept and read again", () => {
    const faults = [fault("more-parts", null, 3), ...metricFaults("a", [fault("not-a-number", null, "text")])]
    assert.deepStrictEqual(Option.getOrNull(faultsOfJson(faultsJson(faults))), faults)
    assert.strictEqual(
      reasonOf(faults),
      '3 more of its parts are refused; first metric "a": it is text, not a finite number'
    )
    // Of a version that has more of them.
    assert.isTrue(Option.isNone(faultsOfJson('[{"code":"new","field":null,"metric":false,"detail":[]}]')))
    assert.isTrue(Option.isNone(faultsOfJson(null)))
  })

  it("are kept within bounds, whatever a device sent", () => {
    const long = "🌊".repeat(50_000)
    const many = Array.from({ length: 5_000 }, (_, n) => fault("not-text", `tags.${n}${long}`, long))
    assert.isBelow(Buffer.byteLength(faultsJson(many)), 65_536)
    assert.strictEqual(reasonOf(many).length, 1_000)
    assert.isTrue(reasonOf(many).isWellFormed())
    assert.notInclude(reasonOf([fault("unknown", null, "a\0b")]), "\0")
  })
})
