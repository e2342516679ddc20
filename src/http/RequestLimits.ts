/**
 * How many requests one client may make, and have answered at once: one key, and one address. Who is over is told 429
 * and when to come again, ahead of everything else. Wrong keys are answered slowly once there were some.
 *
 * A key is counted by its hash, known or not: who has which is the gate's to find out. What each process counts is its
 * own.
 */
import { hash } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible"
import { PROBLEM_TYPE } from "../api/core/Problem.js"
import { SAFE_HEADERS } from "./core/Headers.js"
import type { RequestBounds } from "./core/Limits.js"
import { clientAddress } from "./core/Origin.js"
import { problemBody, Refusal } from "./core/Problems.js"

/** Requests are counted over so many seconds, so that a burst may be larger than the rate. */
const WINDOW_SECONDS = 10
/** Wrong keys from one address in a minute; over it, the next requests with a key wait. */
const WRONG_KEYS_MAX = 10
const WRONG_KEYS_SECONDS = 60
/** Keys that were right from an address whose others were wrong: they do not wait. */
const RIGHT_KEYS_MAX = 1_000
const UNAUTHORIZED = 401

const credentialsOf = ({ headers }: IncomingMessage): string | undefined => {
  const key = headers["x-api-key"] ?? headers.authorization
  return key === undefined ? undefined : hash("sha256", String(key), "base64")
}

const refuse = (request: IncomingMessage, response: ServerResponse, seconds: number): void => {
  const detail = `More requests come from here than are taken; come again in ${seconds} s.`
  const body = problemBody(new Refusal({ kind: "too-many-requests", detail }))
  response.writeHead(body.status, {
    ...SAFE_HEADERS,
    "content-type": PROBLEM_TYPE,
    "cache-control": "no-store",
    "retry-after": String(seconds)
  })
  response.end(request.method === "HEAD" ? undefined : JSON.stringify(body))
}

export class RequestLimits {
  private readonly rate: RateLimiterMemory | null
  private readonly wrong = new RateLimiterMemory({ points: WRONG_KEYS_MAX, duration: WRONG_KEYS_SECONDS })
  private readonly right = new Set<string>()
  private readonly atWork = new Map<string, number>()

  constructor(
    private readonly bounds: RequestBounds,
    private readonly after: (millis: number, act: () => void) => void
  ) {
    const points = bounds.perSecondMax * WINDOW_SECONDS
    this.rate = points === 0 ? null : new RateLimiterMemory({ points, duration: WINDOW_SECONDS })
  }

  /** Gives a request on, now or later, or refuses it. */
  take(request: IncomingMessage, response: ServerResponse, pass: () => void): void {
    const key = credentialsOf(request)
    const isWatched = key !== undefined && this.bounds.wrongKeyWaitMillis > 0
    if (this.rate === null && this.bounds.atOnceMax === 0 && !isWatched) {
      pass()
      return
    }
    const address = clientAddress(request) ?? ""
    const who = key === undefined ? [address] : [address, key]
    const counted = this.rate === null ? null : Promise.all(who.map((one) => this.rate?.consume(one)))
    Promise.resolve(counted).then(
      () => {
        if (!this.begin(who, response)) refuse(request, response, 1)
        else if (isWatched) void this.passKey(address, key, response, pass)
        else pass()
      },
      (over: unknown) => {
        const millis = over instanceof RateLimiterRes ? over.msBeforeNext : 0
        refuse(request, response, Math.max(1, Math.ceil(millis / 1_000)))
      }
    )
  }

  /** Counts a request that is answered now; false: there are too many. */
  private begin(who: ReadonlyArray<string>, response: ServerResponse): boolean {
    const max = this.bounds.atOnceMax
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

  /** A request with a key: it waits where many keys from there were wrong, and it was not right before. */
  private async passKey(address: string, key: string, response: ServerResponse, pass: () => void) {
    const wrong = await this.wrong.get(address)
    const isSlow = wrong !== null && wrong.consumedPoints >= WRONG_KEYS_MAX && !this.right.has(key)
    response.once("finish", () => {
      if (response.statusCode === UNAUTHORIZED) {
        this.right.delete(key)
        void this.wrong.penalty(address)
      } else if (isSlow) {
        if (this.right.size >= RIGHT_KEYS_MAX) this.right.clear()
        this.right.add(key)
      }
    })
    if (isSlow) this.after(this.bounds.wrongKeyWaitMillis, pass)
    else pass()
  }
}
