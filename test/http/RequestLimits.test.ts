/** Wrong keys are slowed down, by address, and keys that are right wait no longer than once. */
import { IncomingMessage, ServerResponse } from "node:http"
import { Socket } from "node:net"
import { setImmediate as nextTurn } from "node:timers/promises"
import { assert, describe, it } from "@effect/vitest"
import { NO_REQUEST_BOUNDS, WRONG_KEY_WAIT_MILLIS } from "../../src/http/core/Limits.js"
import { RequestLimits } from "../../src/http/RequestLimits.js"

const socketOf = (address: string): Socket =>
  Object.defineProperty(new Socket(), "remoteAddress", { value: address })

/** What becomes of one request after another: for how long each waits, ms. */
const asking = () => {
  let waited = 0
  const limits = new RequestLimits(
    { ...NO_REQUEST_BOUNDS, wrongKeyWaitMillis: WRONG_KEY_WAIT_MILLIS },
    (millis, act) => {
      waited += millis
      act()
    }
  )
  return async (address: string, key: string | undefined, status: number): Promise<number> => {
    waited = 0
    const request = new IncomingMessage(socketOf(address))
    if (key !== undefined) request.headers.authorization = `Bearer ${key}`
    const response = new ServerResponse(request)
    let passed = false
    limits.take(request, response, () => {
      passed = true
    })
    await nextTurn()
    assert.isTrue(passed)
    response.statusCode = status
    response.emit("finish")
    return waited
  }
}

describe("wrong keys", () => {
  it("wait from the eleventh of an address on; a right one waits once; who sends none never", async () => {
    const ask = asking()
    for (let guess = 0; guess < 10; guess += 1) {
      assert.strictEqual(await ask("192.0.2.1", `guess ${guess}`, 401), 0)
    }
    assert.strictEqual(await ask("192.0.2.1", "guess 10", 401), 1_000)
    assert.strictEqual(await ask("192.0.2.1", "guess 10", 401), 1_000)
    assert.strictEqual(await ask("192.0.2.1", "right", 200), 1_000)
    assert.strictEqual(await ask("192.0.2.1", "right", 200), 0)
    assert.strictEqual(await ask("192.0.2.1", undefined, 401), 0)
    assert.strictEqual(await ask("192.0.2.2", "guess 11", 401), 0)
  })

  it("that was right and is revoked waits again", async () => {
    const ask = asking()
    for (let guess = 0; guess < 10; guess += 1) await ask("192.0.2.1", `guess ${guess}`, 401)
    await ask("192.0.2.1", "right", 200)
    assert.strictEqual(await ask("192.0.2.1", "right", 401), 0)
    assert.strictEqual(await ask("192.0.2.1", "right", 401), 1_000)
  })
})
