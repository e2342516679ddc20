/** Logins by MQTT in the audit: those that were let in, and those that were not. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { Audit } from "../../../src/audit/Audit.js"
import { loginsOf } from "../../../src/broker/embedded/MqttLogins.js"
import { hashSecret, parseCredentials } from "../../../src/config/Credentials.js"
import type { AuditFact } from "../../../src/domain/access/AuditDataset.js"
import { connectClient, startBroker, until } from "../support.js"

const logins = loginsOf(Either.getOrThrow(parseCredentials(`ann:reader:${hashSecret("a")}`)))
const as = (password: string) => ({ clientId: "desk", username: "ann", password: Buffer.from(password) })

it.scopedLive("logins by MQTT are told to the audit, with their client", () => {
  const entered: Array<AuditFact> = []
  const refused: Array<AuditFact> = []
  const audit = {
    record: () => Effect.void,
    refused: (fact: AuditFact) => void refused.push(fact),
    entered: (fact: AuditFact) => void entered.push(fact)
  }
  return Effect.gen(function* () {
    const { port } = yield* startBroker({ logins })
    yield* connectClient(port, as("a"))
    assert.isTrue(Either.isLeft(yield* Effect.either(connectClient(port, as("b")))))
    yield* until("both to be told", () => refused.length > 0 && entered.length > 0)
    const told = { kind: "login", action: "MQTT", object: "desk" } as const
    assert.lengthOf(entered, 1)
    assert.deepInclude(entered[0], { ...told, actor: "ann", outcome: "accepted" })
    assert.match(String(entered[0]?.address), /127\.0\.0\.1/)
    assert.lengthOf(refused, 1)
    assert.deepInclude(refused[0], {
      ...told,
      actor: null,
      outcome: 'refused: no user "ann" with this password'
    })
  }).pipe(Effect.provideService(Audit, audit))
})
