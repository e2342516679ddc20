/** What holds for every codec of the list, whatever comes: it never throws, and all that a message held is told of. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { FAULTS_MAX, Fault, reasonOf } from "../../../src/domain/rejected/RejectionFault.js"
import type { AppendItem } from "../../../src/eventlog/EventLog.js"
import {
  CODECS,
  DEFAULT_DECODE_LIMITS,
  Document,
  decode,
  decodeBody
} from "../../../src/ingest/codecs/MessageDecode.js"
import { NOW } from "../forms.js"

const isFault = Schema.is(Fault)
const nonce = () => "n"

const checkItems = (items: Iterable<AppendItem>): void => {
  for (const item of items) {
    if (item._tag === "Reading") {
      const { identity, occurredAt, value } = item.reading
      assert.isTrue(Number.isFinite(value) && Number.isSafeInteger(occurredAt) && occurredAt >= 0)
      assert.isNotEmpty(identity._tag)
    } else {
      assert.isTrue(
        item.faults.length > 0 && item.faults.length <= FAULTS_MAX * 4 && item.faults.every(isFault)
      )
      assert.isNotEmpty(reasonOf(item.faults))
    }
  }
}

/** Bytes that begin as some form does, so that its codec has something to do. */
const SEEDS = [
  '{"device":"d","timestamp":"2024-06-14T10:00:00Z","t":1,"u":{"v":[1,2,"x"]}}',
  '[{"bn":"a:","bt":1718389000,"n":"t","v":1},{"n":"h","vs":"x","s":2}]',
  '{"metrics":[{"name":"cpu","fields":{"idle":98.5,"x":"y"},"tags":{"host":"a"},"timestamp":1718389000}]}',
  "21.5 °C",
  '{"name":"a","value":1}{"name":"b","value":"2"}',
  'cpu,host=a idle=98.5,text="a b" 1718389000000000000\nmem used=7i',
  'timestamp;temp;hum\n2024-06-14 10:00:00;21.5;40\n2024-06-14 10:01:00;x;"\n'
].map((text) => Buffer.from(text))

const bytes = FastCheck.oneof(
  FastCheck.uint8Array({ maxLength: 200 }),
  FastCheck.tuple(
    FastCheck.constantFrom(...SEEDS),
    FastCheck.nat(200),
    FastCheck.nat(20),
    FastCheck.uint8Array({ maxLength: 12 })
  ).map(([seed, at, cut, put]) => Buffer.concat([seed.subarray(0, at), put, seed.subarray(at + cut)]))
)

describe("any bytes", () => {
  it("are readings, or rejected with a code, as a message", () => {
    FastCheck.assert(
      FastCheck.property(bytes, FastCheck.constantFrom("sensors", "sensors/a", "x"), (payload, topic) => {
        const message = { topic, payload, qos: 1 as const, clientId: null, arrivedAt: NOW }
        const items = decode(message, DEFAULT_DECODE_LIMITS, nonce)
        assert.isNotEmpty(items)
        checkItems(items)
      }),
      { numRuns: 3_000 }
    )
  })

  for (const { name: form } of CODECS) {
    it(`are readings, or rejected with a code, where somebody says that they are ${form}`, () => {
      FastCheck.assert(
        FastCheck.property(bytes, (payload) => {
          const document = new Document(Buffer.from(payload).toString())
          const rows = decodeBody(
            { topic: "POST /data/", document, form, arrivedAt: NOW },
            DEFAULT_DECODE_LIMITS,
            nonce
          )
          if ("code" in rows) assert.isTrue(isFault(rows))
          else checkItems([...rows].map(({ item }) => item))
        }),
        { numRuns: 1_000 }
      )
    })
  }
})
