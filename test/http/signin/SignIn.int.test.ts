/** Signing in on the pages, with a real provider: the way there and back, the session, and its end. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { HttpServerLive } from "../../../src/app/HttpApp.js"
import { Sealed } from "../../../src/http/signin/Sealed.js"
import * as SignIn from "../../../src/http/signin/SignIn.js"
import { freePort } from "../../support/mysql.global.js"
import { keyedAuth, parts } from "../server.js"
import { startProvider } from "./provider.js"
import { settingsFor } from "./settings.js"

/** A browser: it keeps cookies by host and port, follows what it is told to, and prefers pages. */
class Browser {
  readonly jar = new Map<string, string>()
  readonly flags = new Map<string, string>()

  constructor(private readonly headers: Record<string, string> = { accept: "text/html" }) {}

  async ask(url: string, init: RequestInit = {}): Promise<Response> {
    const { host } = new URL(url)
    const cookies = [...this.jar].flatMap(([name, value]) =>
      name.startsWith(`${host} `) && value !== "" ? [`${name.slice(host.length + 1)}=${value}`] : []
    )
    const headers = { ...this.headers, cookie: cookies.join("; "), ...(init.headers as object) }
    const response = await fetch(url, { ...init, headers, redirect: "manual" })
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = "", flags = ""] = /^([^=]+)=([^;]*)(.*)$/.exec(line) ?? []
      this.jar.set(`${host} ${name}`, value)
      this.flags.set(name, flags)
    }
    return response
  }

  /** Goes where it is sent until it is sent nowhere, or to where `until` is. */
  async follow(url: string, until = "never"): Promise<{ readonly response: Response; readonly url: string }> {
    let at = url
    for (let steps = 0; steps < 12; steps += 1) {
      if (at.includes(until)) return { response: new Response(), url: at }
      const response = await this.ask(at)
      const location = response.headers.get("location")
      if (location === null) return { response, url: at }
      at = new URL(location, at).href
    }
    throw new Error(`it goes round in circles: ${at}`)
  }
}

/** What a process answers, with these settings of sign-in. */
const serving = (port: number, settings: ReturnType<typeof settingsFor>) =>
  Layer.build(
    HttpServerLive({ host: "127.0.0.1", port, limits: undefined }).pipe(
      Layer.provide(SignIn.layer(settings)),
      Layer.provide(parts({ auth: keyedAuth }))
    )
  )

const start = Effect.gen(function* () {
  const port = yield* Effect.promise(freePort)
  const here = `http://127.0.0.1:${port}`
  const provider = yield* startProvider([here + SignIn.CALLBACK_PATH])
  const settings = settingsFor(provider.issuer)
  yield* serving(port, settings)
  return { ...provider, here, settings }
})

const json = { accept: "application/json", "content-type": "application/json" }

describe("somebody without a session who looks at a page", () => {
  it.scopedLive("is sent to the provider, comes back to the page signed in, and out again", () =>
    Effect.gen(function* () {
      const { here, state } = yield* start
      yield* Effect.promise(async () => {
        const browser = new Browser()
        const asked = await browser.ask(`${here}/explore?sensor=3`)
        assert.strictEqual(asked.status, 303)
        assert.strictEqual(asked.headers.get("location"), "/sign-in?to=%2Fexplore%3Fsensor%3D3")
        const { response, url } = await browser.follow(`${here}/explore?sensor=3`)
        assert.strictEqual(response.status, 200)
        assert.strictEqual(url, `${here}/explore?sensor=3`)
        const flags = browser.flags.get(SignIn.SESSION_COOKIE) ?? ""
        assert.match(flags, /HttpOnly/)
        assert.match(flags, /SameSite=Lax/)
        assert.notMatch(flags, /Secure/)
        assert.match(await (await browser.ask(`${here}/sign-in`)).text(), /<bdi>ann<\/bdi>.*a reader/s)
        // Each page says so, and has the way out.
        const signOut = /<form class="reader" method="post" action="\/sign-out"><bdi>ann<\/bdi>/
        assert.match(await (await browser.ask(`${here}/explore`)).text(), signOut)
        // A reader may look and not change.
        const post = (more: object = {}) =>
          browser.ask(`${here}/data/`, {
            method: "POST",
            headers: { ...json, ...more },
            body: '{"sensor_id": 1, "timestamp": "2024-06-14T18:00:00Z", "value": 1}'
          })
        assert.strictEqual((await post()).status, 403)

        const out = await browser.ask(`${here}/sign-out`, { method: "POST", headers: { origin: here } })
        assert.strictEqual(out.headers.get("location"), "/sign-out")
        const away = await (await browser.ask(`${here}/sign-out`)).text()
        assert.match(away, /signed out/)
        assert.include(away, '<div class="reader"><a href="/sign-in?to=%2F">Sign in</a></div>')
        assert.strictEqual((await browser.ask(`${here}/explore`)).status, 303)

        state.person = "root"
        const other = new Browser()
        await other.follow(`${here}/sign-in`)
        const change = (more: object = {}) =>
          other.ask(`${here}/data/`, {
            method: "POST",
            headers: { ...json, ...more },
            body: '{"sensor_id": 1, "timestamp": "2024-06-14T18:00:00Z", "value": 1}'
          })
        assert.strictEqual((await change({ origin: here })).status, 201)
        assert.strictEqual((await change({ origin: "https://evil.test" })).status, 403)
        assert.strictEqual((await change({ origin: "null" })).status, 403)
      })
    })
  )

  it.scopedLive("finds the way in, or out, on a page that says what is wrong", () =>
    Effect.gen(function* () {
      const { here, state } = yield* start
      yield* Effect.promise(async () => {
        const browser = new Browser()
        const wayIn = (to: string) => `<div class="reader"><a href="/sign-in?to=${to}">Sign in</a></div>`
        const basic = { authorization: `Basic ${Buffer.from("x:unknown").toString("base64")}` }
        const unknown = await browser.ask(`${here}/explore?sensor=3`, { headers: basic })
        assert.strictEqual(unknown.status, 401)
        assert.include(await unknown.text(), wayIn("%2Fexplore%3Fsensor%3D3"))
        // What was sent can't be sent again by a link.
        const sent = await browser.ask(`${here}/no/such`, { method: "POST", body: "x" })
        assert.strictEqual(sent.status, 401)
        assert.include(await sent.text(), wayIn("%2F"))

        state.person = "eve"
        const { response } = await browser.follow(`${here}/sign-in`)
        assert.strictEqual(response.status, 403)
        assert.include(await response.text(), wayIn("%2F"))

        state.person = "ann"
        const other = new Browser()
        await other.follow(`${here}/sign-in`)
        const out = /action="\/sign-out"><bdi>ann<\/bdi>/
        const absent = await other.ask(`${here}/no/such`)
        assert.strictEqual(absent.status, 404)
        assert.match(await absent.text(), out)
        const refused = await other.ask(`${here}/data/1`, { method: "DELETE", headers: { origin: here } })
        assert.strictEqual(refused.status, 403)
        assert.match(await refused.text(), out)
      })
    })
  )

  it.scopedLive("gets 401 where a program asks, and where a key was given that is not known", () =>
    Effect.gen(function* () {
      const { here } = yield* start
      yield* Effect.promise(async () => {
        const program = new Browser({ accept: "application/json" })
        assert.strictEqual((await program.ask(`${here}/sensors/`)).status, 401)
        const browser = new Browser()
        const basic = { authorization: `Basic ${Buffer.from("x:unknown").toString("base64")}` }
        assert.strictEqual((await browser.ask(`${here}/explore`, { headers: basic })).status, 401)
      })
    })
  )

  it.scopedLive("is signed in at every process, having signed in at one", () =>
    Effect.gen(function* () {
      const { here, settings } = yield* start
      const port = yield* Effect.promise(freePort)
      yield* serving(port, settings)
      yield* Effect.promise(async () => {
        const browser = new Browser()
        await browser.follow(`${here}/explore`)
        const session = browser.jar.get(`${new URL(here).host} ${SignIn.SESSION_COOKIE}`) ?? ""
        const asked = (cookie: string) =>
          fetch(`http://127.0.0.1:${port}/explore`, {
            headers: { accept: "text/html", cookie },
            redirect: "manual"
          })
        assert.strictEqual((await asked("")).status, 303)
        assert.strictEqual((await asked(`${SignIn.SESSION_COOKIE}=${session}`)).status, 200)
      })
    })
  )

  it.scopedLive("without a role here is told so, and has no session", () =>
    Effect.gen(function* () {
      const { here, state } = yield* start
      state.person = "eve"
      yield* Effect.promise(async () => {
        const browser = new Browser()
        const { response } = await browser.follow(`${here}/explore`)
        assert.strictEqual(response.status, 403)
        assert.isUndefined(browser.flags.get(SignIn.SESSION_COOKIE))
      })
    })
  )
})

describe("a bearer token", () => {
  it.scopedLive("does what its role may, beside keys, and none that is wrong does", () =>
    Effect.gen(function* () {
      const { here, sign, tokenOfRobot } = yield* start
      const robot = yield* tokenOfRobot
      const old = yield* sign({ exp: 1_000_000_000 })
      yield* Effect.promise(async () => {
        const ask = (token: string, method = "GET", path = "/sensors/") =>
          fetch(here + path, {
            method,
            headers: { ...json, authorization: `Bearer ${token}` },
            ...(method === "POST"
              ? { body: '{"sensor_id": 1, "timestamp": "2024-06-14T18:00:00Z", "value": 1}' }
              : {})
          })
        assert.strictEqual((await ask(robot)).status, 200)
        assert.strictEqual((await ask(robot, "POST", "/data/")).status, 201)
        const refused = await ask(old)
        assert.strictEqual(refused.status, 401)
        assert.match(refused.headers.get("www-authenticate") ?? "", /error="invalid_token"/)
        assert.strictEqual((await ask(`${robot}x`)).status, 401)
      })
    })
  )
})

describe("coming back from the provider", () => {
  it.scopedLive("counts only in the browser that went there, once, and by what it was given there", () =>
    Effect.gen(function* () {
      const { here, issuer } = yield* start
      yield* Effect.promise(async () => {
        const victim = new Browser()
        const attacker = new Browser()
        const { url } = await attacker.follow(`${here}/sign-in`, "/sign-in/callback")
        // Another's way back, with or without a way of one's own begun.
        assert.strictEqual((await victim.ask(url)).status, 400)
        await victim.ask(`${here}/sign-in`)
        assert.strictEqual((await victim.ask(url)).status, 400)
        assert.strictEqual((await attacker.ask(`${url}x`)).status, 400)
        const wrong = url.replace(/code=[^&]+/, "code=wrong")
        assert.strictEqual((await attacker.ask(wrong)).status, 400)
        const error = `${here}/sign-in/callback?error=access_denied&iss=${encodeURIComponent(issuer)}`
        assert.strictEqual((await attacker.ask(error)).status, 400)
        assert.isUndefined(victim.flags.get(SignIn.SESSION_COOKIE))
        assert.strictEqual((await attacker.ask(url)).status, 303)
        assert.strictEqual((await attacker.ask(url)).status, 400)
      })
    })
  )

  it("leads to a place on this server, never to another", () => {
    for (const place of ["/", "/explore?sensor=3", "/a%2f%2fb"])
      assert.strictEqual(SignIn.placeOf(place), place)
    const wrong = [null, "", "explore", "//evil.test", "/\\evil.test", "https://evil.test", "/\nx", "/a\\b"]
    for (const place of wrong) assert.strictEqual(SignIn.placeOf(place), "/", String(place))
  })
})

describe("a session", () => {
  it.scopedLive("is none where it was sealed for something else, by another, or has ended", () =>
    Effect.gen(function* () {
      const { here, issuer, settings } = yield* start
      const secret = Redacted.value(settings.client?.secret ?? Redacted.make(""))
      const ours = new Sealed(secret, new URL(issuer))
      const who = { sub: "root", groups: ["ops"] }
      const status = (cookie: string) =>
        Effect.promise(async () => {
          const headers = { accept: "application/json", cookie: `${SignIn.SESSION_COOKIE}=${cookie}` }
          return (await fetch(`${here}/sensors/`, { headers })).status
        })
      assert.strictEqual(yield* status(yield* ours.seal("session", { who }, 60)), 200)
      const sealed = [
        yield* ours.seal("sign-in", { who }, 60),
        yield* ours.seal("session", { who }, -60),
        yield* ours.seal("session", { who: { ...who, groups: [] } }, 60),
        yield* ours.seal("session", {}, 60),
        yield* new Sealed("another", new URL(issuer)).seal("session", { who }, 60),
        yield* new Sealed(secret, new URL("https://other.test")).seal("session", { who }, 60),
        "x"
      ]
      for (const cookie of sealed) assert.strictEqual(yield* status(cookie), 401, cookie)
    })
  )
})
