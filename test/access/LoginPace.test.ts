/** Wrong logins are slowed down, by address and by user, and a login that is right waits no longer than once. */
import { assert, describe, it } from "@effect/vitest"
import { type LoginAttempt, LoginPace } from "../../src/access/LoginPace.js"

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

describe("logins that are sent at once", () => {
  /** How long each of them waits, ms; none is judged before all have begun. */
  const atOnce = async (pace: LoginPace, attempts: ReadonlyArray<LoginAttempt>) => {
    const paced = await Promise.all(attempts.map((attempt) => pace.begin(attempt)))
    return {
      waits: paced.map(({ waitMillis }) => waitMillis),
      judge: (isRight: boolean | null) => {
        for (const { judged } of paced) judged(isRight)
      }
    }
  }
  const guesses = (count: number, from = 0): ReadonlyArray<LoginAttempt> =>
    Array.from({ length: count }, (_, index) => ({
      ...{ address: "192.0.2.1", user: `user ${from + index}`, secret: "guess" }
    }))
  const times = (count: number, wait: number) => Array<number>(count).fill(wait * WAIT)

  it("wait ten at a time, and no longer than five times", async () => {
    const { waits } = await atOnce(new LoginPace(WAIT), guesses(70))
    const expected = [0, 1, 2, 3, 4, 5, 5].flatMap((wait) => times(10, wait))
    assert.deepStrictEqual(waits, expected)
  })

  it("wait as one user too, wherever they come from", async () => {
    const attempts = Array.from({ length: 11 }, (_, index) => ({
      ...{ address: `192.0.2.${index}`, user: "press", secret: `guess ${index}` }
    }))
    assert.deepStrictEqual((await atOnce(new LoginPace(WAIT), attempts)).waits, [...times(10, 0), WAIT])
  })

  it("are wrong, or may be: both count", async () => {
    const pace = new LoginPace(WAIT)
    const wrong = await atOnce(pace, guesses(6))
    wrong.judge(false)
    assert.deepStrictEqual((await atOnce(pace, guesses(5, 6))).waits, [...times(4, 0), WAIT])
  })

  it("count no more once they were right, or nobody waits for the answer", async () => {
    const pace = new LoginPace(WAIT)
    for (const outcome of [true, null, true]) {
      const { judge, waits } = await atOnce(pace, guesses(10))
      assert.deepStrictEqual(waits, times(10, 0))
      judge(outcome)
      judge(false)
    }
  })

  it("are one where they are the same, as of a program that asks in parallel", async () => {
    const [one] = guesses(1)
    assert.isDefined(one)
    const { waits } = await atOnce(new LoginPace(WAIT), Array(40).fill(one))
    assert.deepStrictEqual(waits, times(40, 0))
  })

  it("let in who was right before without a wait", async () => {
    const pace = new LoginPace(WAIT)
    const right = { address: "192.0.2.1", user: "press", secret: "right" }
    const first = await atOnce(pace, [...guesses(10), right])
    assert.strictEqual(first.waits.at(-1), WAIT)
    first.judge(true)
    assert.deepStrictEqual((await atOnce(pace, [...guesses(30, 10), right])).waits.at(-1), 0)
  })
})
