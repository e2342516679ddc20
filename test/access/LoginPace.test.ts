/** Wrong logins are slowed down, by address and by user, and a login that is right waits no longer than once. */
import { assert, describe, it } from "@effect/vitest"
import { LoginPace } from "../../src/access/LoginPace.js"

const WAIT = 1_000

/** What becomes of one login after another: how long each waits, ms. */
const trying = (pace = new LoginPace(WAIT)) => {
  return async (address: string, user: string | undefined, secret: string, isRight: boolean) => {
    const { judged, waitMillis } = await pace.begin({ address, user, secret })
    judged(isRight)
    return waitMillis
  }
}

describe("wrong logins", () => {
  it("from one address wait from the eleventh on, whoever they say they are", async () => {
    const login = trying()
    for (let guess = 0; guess < 10; guess += 1)
      assert.strictEqual(await login("192.0.2.1", `user ${guess}`, "guess", false), 0)
    assert.strictEqual(await login("192.0.2.1", "press", "guess", false), WAIT)
    assert.strictEqual(await login("::ffff:192.0.2.1", undefined, "guess", false), WAIT)
    assert.strictEqual(await login("192.0.2.2", "press", "guess", false), 0)
  })

  it("as one user wait from the eleventh on, wherever they come from", async () => {
    const login = trying()
    for (let guess = 0; guess < 10; guess += 1)
      assert.strictEqual(await login(`192.0.2.${guess}`, "press", `guess ${guess}`, false), 0)
    assert.strictEqual(await login("192.0.2.99", "press", "guess", false), WAIT)
    assert.strictEqual(await login("192.0.2.99", "pump", "guess", false), 0)
  })

  it("lock nobody out: a right one waits once, and no longer as long as it is right", async () => {
    const login = trying()
    for (let guess = 0; guess < 10; guess += 1) await login("192.0.2.1", "press", `guess ${guess}`, false)
    for (const wait of [WAIT, 0, 0])
      assert.strictEqual(await login("192.0.2.1", "press", "right", true), wait)
    for (const wait of [WAIT, 0]) assert.strictEqual(await login("192.0.2.1", "pump", "its own", true), wait)
    assert.strictEqual(await login("192.0.2.1", "press", "right", false), 0)
    assert.strictEqual(await login("192.0.2.1", "press", "right", false), WAIT)
  })

  it("are counted in a bounded number of groups, whatever names are made up", async () => {
    const login = trying(new LoginPace(WAIT, 2))
    for (let guess = 0; guess < 100; guess += 1)
      await login(`198.51.100.${guess}`, `user ${guess}`, "guess", false)
    // Whoever comes now is in a group with others, and is let in all the same.
    for (const wait of [WAIT, 0])
      assert.strictEqual(await login("203.0.113.1", "somebody new", "right", true), wait)
  })
})
