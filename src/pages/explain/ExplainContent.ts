/** What `/explain` shows: a message of its address, explained as by the API. */
import * as Effect from "effect/Effect"
import { TOPIC_LENGTH_MAX } from "../../api/data/ExplainGroup.js"
import type { PageRequest } from "../../http/core/Ports.js"
import { explained } from "../../http/data/ExplainHandlers.js"
import { renderExplain } from "../../web/Pages.js"
import { oneOf, pageOf, parameterProblems, textUpTo } from "../core/PageParameters.js"

const HEX = /^(?:[0-9a-f]{2})*$/i

/** Longer than an address can be: its head is bounded. */
const PAYLOAD_LENGTH_MAX = 16_384

const bytesOf = (payload: string, asHex: boolean): Uint8Array =>
  asHex ? Buffer.from(payload.replace(/\s+/g, ""), "hex") : Buffer.from(payload.replace(/\r\n/g, "\n"))

export const explainPage = ({ query }: PageRequest) =>
  Effect.gen(function* () {
    const payload = query.get("payload") ?? ""
    const topic = query.get("topic") ?? ""
    const asHex = query.get("as") === "hex"
    const isHex = HEX.test(payload.replace(/\s+/g, ""))
    const problems = [
      ...parameterProblems(query, {
        topic: textUpTo(TOPIC_LENGTH_MAX),
        payload: (text) =>
          asHex && !isHex
            ? "must be bytes as pairs of hexadecimal digits: 7b 22 …"
            : textUpTo(PAYLOAD_LENGTH_MAX)(text),
        as: oneOf(["text", "hex"])
      })
    ]
    const explanation =
      problems.length > 0 || payload === ""
        ? null
        : yield* explained(topic === "" ? undefined : topic, bytesOf(payload, asHex))
    return pageOf(renderExplain({ topic, payload, asHex, explanation, problems }), problems)
  })
