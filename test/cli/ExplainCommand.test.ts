import { assert, describe, it } from "@effect/vitest"
import { explanationText } from "../../src/cli/ExplainCommand.js"
import { DEFAULT_DECODE_LIMITS } from "../../src/ingest/codecs/MessageDecode.js"
import { explainMessage } from "../../src/ingest/Explain.js"
import { Mapper } from "../../src/ingest/mapping/Mapper.js"
import { NOW } from "../ingest/forms.js"
import { FAMILIES } from "../ingest/mapping/families.js"

const reader = new Mapper()
const text = (topic: string, payload: Uint8Array) =>
  explanationText(
    explainMessage({ topic, payload, arrivedAt: NOW }, { ...DEFAULT_DECODE_LIMITS, live: true, reader })
  )

describe("what tidemark explain prints", () => {
  it.each(FAMILIES)("of $name: device, metrics, time and what was passed over", (family) => {
    const said = family
      .messages(1)
      .map(({ payload, topic }) => text(topic, payload))
      .join("\n")
    const device = family.device(1)
    for (const [metric, value] of family.metrics) {
      const sensor = metric === "" ? device : `${device}/${metric}`
      assert.include(said.replaceAll(", metric ", "/"), `stored: device ${sensor} = ${value}`)
    }
    assert.match(said, /, 2024-06-14T1[78]:27:45\.000000Z/)
    for (const path of family.passed ?? []) assert.match(said, new RegExp(`passed over: .*${path}`))
    if (family.preset !== null) assert.include(said, `preset ${family.preset}`)
  })

  it("of a message that is refused: why, with its code, and what to do", () => {
    const said = text("sensors/a", Buffer.from('{"sensor_id": 7, "value": "n/a"}'))
    assert.include(said, "rejected: value is text, not a finite number [not-a-number]")
    assert.include(said, "Give a finite number")
  })
})
