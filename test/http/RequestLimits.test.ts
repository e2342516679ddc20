/** What requests are logins, and which of their answers say that a key was wrong. */
import { IncomingMessage, ServerResponse } from "node:http"
import { Socket } from "node:net"
import { setImmediate as nextTurn } from "node:timers/promises"
import { assert, describe, it } from "@effect/vitest"
import { LoginPace, WRONG_LOGIN_WAIT_MILLIS } from "../../src/access/LoginPace.js"
import { NO_REQUEST_BOUNDS, type RequestBounds } from "../../src/http/core/Limits.js"
import { RequestLimits } from "../../src/http/RequestLimits.js"

const socketOf = (address: string): Socket =>
  Object.defineProperty(new Socket(), "remoteAddress", { value: address })

/** What becomes of one request after another: for how long each waits, ms; null: it is refused. */
const asking = (bounds: () => RequestBounds = () => NO_REQUEST_BOUNDS) => {
  let waited = 0
  const limits = new RequestLimits(bounds, new LoginPace(WRONG_LOGIN_WAIT_MILLIS), (millis, act) => {
    waited += millis
    act()
  })
  return async (address: string, key: string | undefined, status: number): Promise<number | null> => {
    waited = 0
    const request = new IncomingMessage(socketOf(address))
    if (key !== undefined) request.headers.authorization = `Bearer ${key}`
    const response = new ServerResponse(request)
    let passed = false
    limits.take(request, response, () => {
      passed = true
    })
    await nextTurn()
    if (passed) response.writeHead(status)
    response.emit("finish")
    response.emit("close")
    return passed ? waited : null
  }
}

describe("wrong keys", () => {
  it("wait from the eleventh of an address on; a right one waits once; who sends none never", async () => {
    const ask = asking()
    for (let guess = 0; guess < 10; guess += 1) {
      assert.strictEqual(await ask("192.0.2.1", `guess-${guess}`, 401), 0)
    }
    assert.strictEqual(await ask("192.0.2.1", "guess-10", 401), 1_000)
    assert.strictEqual(await ask("192.0.2.1", "guess-10", 401), 1_000)
    assert.strictEqual(await ask("192.0.2.1", "right", 200), 1_000)
    assert.strictEqual(await ask("192.0.2.1", "right", 200), 0)
    assert.strictEqual(await ask("192.0.2.1", undefined, 401), 0)
    assert.strictEqual(await ask("192.0.2.2", "guess-11", 401), 0)
  })

  it("of one id wait, wherever they come from", async () => {
    const ask = asking()
    const key = (id: string, guess: number) => `tm_${id.repeat(12)}_${String(guess).padEnd(43, "x")}`
    for (let guess = 0; guess < 10; guess += 1)
      assert.strictEqual(await ask(`192.0.2.${guess}`, key("a", guess), 401), 0)
    assert.strictEqual(await ask("192.0.2.99", key("a", 10), 401), 1_000)
    assert.strictEqual(await ask("192.0.2.99", key("b", 10), 401), 0)
  })
})

describe("keys that are sent at once", () => {
  /** Sends a key, and gives its answer, which is not written yet, and how long it waits for it, ms. */
  const sending = () => {
    let waited = 0
    const limits = new RequestLimits(
      () => NO_REQUEST_BOUNDS,
      new LoginPace(WRONG_LOGIN_WAIT_MILLIS),
      (millis, act) => {
        waited += millis
        act()
      }
    )
    return async (key: string) => {
      waited = 0
      const request = new IncomingMessage(socketOf("192.0.2.1"))
      request.headers.authorization = `Bearer ${key}`
      const response = new ServerResponse(request)
      limits.take(request, response, () => {})
      await nextTurn()
      return { response, waited }
    }
  }

  it("wait from the eleventh on, and no more once the answers of others have begun", async () => {
    const send = sending()
    const sent = []
    for (let guess = 0; guess < 10; guess += 1) sent.push(await send(`key-${guess}`))
    assert.deepStrictEqual(
      sent.map(({ waited }) => waited),
      Array(10).fill(0)
    )
    assert.strictEqual((await send("another")).waited, 1_000)
    // Streams, which go on for hours.
    for (const { response } of sent) response.writeHead(200)
    assert.strictEqual((await send("one more")).waited, 0)
  })

  it("count no more when their client goes away", async () => {
    const send = sending()
    for (let time = 0; time < 3; time += 1) {
      const sent = []
      for (let guess = 0; guess < 10; guess += 1) sent.push(await send(`key-${guess}`))
      assert.isTrue(sent.every(({ waited }) => waited === 0))
      for (const { response } of sent) response.emit("close")
    }
  })
})

describe("the rate of one client", () => {
  it("is asked for at each request: it begins to hold while the server runs", async () => {
    let bounds: RequestBounds = NO_REQUEST_BOUNDS
    const ask = asking(() => bounds)
    for (let time = 0; time < 20; time += 1) assert.strictEqual(await ask("192.0.2.1", undefined, 200), 0)
    bounds = { ...NO_REQUEST_BOUNDS, perSecondMax: 1 }
    for (let time = 0; time < 10; time += 1) assert.strictEqual(await ask("192.0.2.1", "right", 200), 0)
    assert.isNull(await ask("192.0.2.1", "right", 200))
    // By key as by address.
    assert.isNull(await ask("192.0.2.2", "right", 200))
    assert.strictEqual(await ask("192.0.2.2", "other", 200), 0)
  })
})
