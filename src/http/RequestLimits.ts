/**
 * How many requests one client may make, and have answered at once: one key, and one address. Who is over is told 429
 * and when to come again, ahead of everything else. Wrong keys are slowed down, as `LoginPace` says.
 *
 * A key is counted by its hash, known or not: who has which is the gate's to find out. What each process counts is its
 * own.
 */
import { hash } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Headers } from "@effect/platform/Headers"
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible"
import { keyIdOf } from "../access/KeySecret.js"
import type { LoginAttempt, LoginPace } from "../access/LoginPace.js"
import { networkOf } from "../domain/access/ClientNetwork.js"
import { secretOf } from "./core/Auth.js"
import type { RequestBounds } from "./core/Limits.js"
import { clientAddress } from "./core/Origin.js"
import { Refusal } from "./core/Problems.js"
import { refuseEarly } from "./HostGuard.js"

/** Requests are counted over so many seconds, so that a burst may be larger than the rate. */
const WINDOW_SECONDS = 10
const UNAUTHORIZED = 401

/** By what a request says whose it is, right or wrong. */
const credentialsOf = ({ headers }: IncomingMessage): string | undefined => {
  const key = headers["x-api-key"] ?? headers.authorization
  return key === undefined ? undefined : hash("sha256", String(key), "base64")
}

/** The login that a request is; undefined: it brings nothing to be known by. */
const loginOf = ({ headers }: IncomingMessage, address: string): LoginAttempt | undefined => {
  // As the platform takes them: node joins what comes twice.
  const secret = secretOf(headers as Headers)
  return secret === undefined || secret === "" ? undefined : { address, user: keyIdOf(secret), secret }
}

const refuse = (request: IncomingMessage, response: ServerResponse, seconds: number): void => {
  const detail = `More requests come from here than this process takes; come again in ${seconds} s.`
  const headers = { "retry-after": String(seconds) }
  refuseEarly(request, response, new Refusal({ kind: "too-many-requests", detail, headers }))
}

/** Tells the status of an answer as soon as it begins: a stream may go on for hours. Null: its client has gone. */
const onStatus = (response: ServerResponse, tell: (status: number | null) => void): void => {
  const writeHead = response.writeHead
  const telling = (status: number, ...rest: ReadonlyArray<unknown>): ServerResponse => {
    tell(status)
    return Reflect.apply(writeHead, response, [status, ...rest])
  }
  response.writeHead = telling
  response.once("close", () => tell(null))
}

const limiterOf = (perSecondMax: number): RateLimiterMemory | null =>
  perSecondMax === 0
    ? null
    : new RateLimiterMemory({ points: perSecondMax * WINDOW_SECONDS, duration: WINDOW_SECONDS })

export class RequestLimits {
  private perSecondMax = 0
  private rate: RateLimiterMemory | null = null
  private readonly atWork = new Map<string, number>()

  constructor(
    /** Asked at each request: with the first key there are others. */
    private readonly bounds: () => RequestBounds,
    private readonly pace: LoginPace,
    private readonly after: (millis: number, act: () => void) => void
  ) {}

  /** Gives a request on, now or later, or refuses it. */
  take(request: IncomingMessage, response: ServerResponse, pass: () => void): void {
    const { atOnceMax, perSecondMax } = this.bounds()
    if (perSecondMax !== this.perSecondMax) {
      this.perSecondMax = perSecondMax
      this.rate = limiterOf(perSecondMax)
    }
    const address = clientAddress(request) ?? ""
    const login = this.pace.isSlowing ? loginOf(request, address) : undefined
    if (this.rate === null && atOnceMax === 0 && login === undefined) {
      pass()
      return
    }
    const key = credentialsOf(request)
    const network = networkOf(address)
    const who = key === undefined ? [network] : [network, key]
    const counted = this.rate === null ? null : Promise.all(who.map((one) => this.rate?.consume(one)))
    Promise.resolve(counted).then(
      () => {
        if (!this.begin(who, atOnceMax, response)) refuse(request, response, 1)
        else if (login !== undefined) void this.passLogin(login, response, pass)
        else pass()
      },
      (over: unknown) => {
        const millis = over instanceof RateLimiterRes ? over.msBeforeNext : 0
        refuse(request, response, Math.max(1, Math.ceil(millis / 1_000)))
      }
    )
  }

  /** Counts a request that is answered now; false: there are too many. */
  private begin(who: ReadonlyArray<string>, max: number, response: ServerResponse): boolean {
    if (max === 0) return true
    if (who.some((one) => (this.atWork.get(one) ?? 0) >= max)) return false
    for (const one of who) this.atWork.set(one, (this.atWork.get(one) ?? 0) + 1)
    response.once("close", () => {
      for (const one of who) {
        const left = (this.atWork.get(one) ?? 0) - 1
        if (left > 0) this.atWork.set(one, left)
        else this.atWork.delete(one)
      }
    })
    return true
  }

  private async passLogin(login: LoginAttempt, response: ServerResponse, pass: () => void) {
    const { judged, waitMillis } = await this.pace.begin(login)
    if (response.destroyed) {
      judged(null)
      return
    }
    onStatus(response, (status) => judged(status === null ? null : status !== UNAUTHORIZED))
    if (waitMillis > 0) this.after(waitMillis, pass)
    else pass()
  }
}
