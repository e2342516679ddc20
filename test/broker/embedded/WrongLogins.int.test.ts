/** Wrong passwords by MQTT are slowed down, and nobody who has the right one is locked out by them. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { generate } from "mqtt-packet"
import { type LoginAttempt, LoginPace } from "../../../src/access/LoginPace.js"
import { loginsOf } from "../../../src/broker/embedded/MqttLogins.js"
import { hashSecret, parseCredentials } from "../../../src/config/Credentials.js"
import { connectClient, rawClient, startBroker, until } from "../support.js"

const WAIT_MILLIS = 300

/** Tells how long each login was made to wait, ms, and how many were judged. */
class WatchedPace extends LoginPace {
  readonly waits: Array<number> = []
  judged = 0

  override async begin(attempt: LoginAttempt) {
    const paced = await super.begin(attempt)
    this.waits.push(paced.waitMillis)
    const judged = (isRight: boolean | null) => {
      this.judged += 1
      paced.judged(isRight)
    }
    return { ...paced, judged }
  }
}

const user = (name: string) => `${name}:device:${hashSecret(`of ${name}`)}`
const logins = loginsOf(Either.getOrThrow(parseCredentials([user("press"), user("pump")].join())))

const start = Effect.gen(function* () {
  const pace = new WatchedPace(WAIT_MILLIS)
  const { port } = yield* startBroker({ logins, pace })
  const login = (username: string, password = `of ${username}`) =>
    Effect.either(connectClient(port, { clientId: username, username, password }))
  for (let guess = 0; guess < 10; guess += 1)
    assert.isTrue(Either.isLeft(yield* login("press", `guess ${guess}`)))
  assert.deepStrictEqual(pace.waits.splice(0), Array(10).fill(0))
  return { login, pace, port, waits: pace.waits }
})

describe("after ten wrong passwords of one address", () => {
  it.scopedLive("a wrong one waits, and a right one waits once, of the same user as of another", () =>
    Effect.gen(function* () {
      const { login, waits } = yield* start
      const since = performance.now()
      assert.isTrue(Either.isLeft(yield* login("press", "guess")))
      assert.isAtLeast(performance.now() - since, WAIT_MILLIS - 5)
      for (const name of ["press", "pump", "press", "pump"])
        assert.isTrue(Either.isRight(yield* login(name)), name)
      const once = [WAIT_MILLIS, WAIT_MILLIS, 0, 0]
      assert.deepStrictEqual(waits, [WAIT_MILLIS, ...once])
    })
  )

  it.scopedLive("who gives no password is refused at once, and counts for nothing", () =>
    Effect.gen(function* () {
      const { port, waits } = yield* start
      for (let time = 0; time < 12; time += 1)
        assert.isTrue(Either.isLeft(yield* Effect.either(connectClient(port))))
      assert.lengthOf(waits, 0)
    })
  )

  it.scopedLive("who leaves while it waits holds no client id", () =>
    Effect.gen(function* () {
      const { login, pace, port, waits } = yield* start
      const before = pace.judged
      const gone = yield* rawClient(port)
      gone.socket.write(
        generate({
          ...{ cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clean: true, keepalive: 60 },
          ...{ clientId: "pump", username: "press", password: Buffer.from("of press") }
        })
      )
      yield* until("it waits", () => waits.length === 1)
      gone.socket.destroy()
      yield* until("it is judged", () => pace.judged > before)
      assert.isTrue(Either.isRight(yield* login("pump")))
    })
  )
})
