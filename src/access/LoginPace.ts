/**
 * Wrong logins are slowed down, by HTTP and MQTT alike: once many from one address, or as one user, were wrong, a login
 * waits before it is judged.
 *
 * Nobody is locked out. A login that is right waits once, whatever others do beside it or in its name, and never again
 * as long as it is right. What each process counts is its own.
 */
import { hash } from "node:crypto"
import { RateLimiterMemory } from "rate-limiter-flexible"
import { networkOf } from "../domain/access/ClientNetwork.js"

/** Wrong logins from one address, and as one user, in a minute; over it, the next ones wait. */
const WRONG_MAX = 10
const WRONG_SECONDS = 60
/** Addresses, and users, are counted in so many groups: who makes names up fills no memory. */
const GROUPS = 4_096
/** Logins that were right though many beside them were wrong: they do not wait. */
const RIGHT_MAX = 1_000

/** Slow enough for a guess, and short enough for somebody who mistyped. */
export const WRONG_LOGIN_WAIT_MILLIS = 1_000

export interface LoginAttempt {
  readonly address: string
  /** Who it says it is; undefined: its secret alone tells. */
  readonly user: string | undefined
  readonly secret: string
}

export interface PacedLogin {
  /** How long it waits before it is judged, in ms. */
  readonly waitMillis: number
  /** Call it with whether the login was right. */
  readonly judged: (isRight: boolean) => void
}

// Texts of others are of any length.
const digest = (...parts: ReadonlyArray<string>): string => hash("sha256", JSON.stringify(parts), "hex")

const groupOf = (groups: number, kind: "address" | "user", name: string): string =>
  `${kind} ${Number.parseInt(digest(name).slice(0, 8), 16) % groups}`

export class LoginPace {
  private readonly wrong = new RateLimiterMemory({ points: WRONG_MAX, duration: WRONG_SECONDS })
  private readonly right = new Set<string>()

  /** `waitMillis`: 0 slows nobody down. */
  constructor(
    private readonly waitMillis: number,
    private readonly groups = GROUPS
  ) {}

  get isSlowing(): boolean {
    return this.waitMillis > 0
  }

  async begin({ address, secret, user }: LoginAttempt): Promise<PacedLogin> {
    const from = groupOf(this.groups, "address", networkOf(address))
    const who = user === undefined ? [from] : [from, groupOf(this.groups, "user", user)]
    const login = digest(user ?? "", secret)
    const counts = await Promise.all(who.map((one) => this.wrong.get(one)))
    const isSlow = counts.some((count) => (count?.consumedPoints ?? 0) >= WRONG_MAX)
    return {
      waitMillis: isSlow && !this.right.has(login) ? this.waitMillis : 0,
      judged: (isRight) => {
        if (!isRight) {
          this.right.delete(login)
          for (const one of who) void this.wrong.penalty(one)
        } else if (isSlow) {
          if (this.right.size >= RIGHT_MAX) this.right.clear()
          this.right.add(login)
        }
      }
    }
  }
}

/** Slows nobody down. */
export const NO_LOGIN_PACE = new LoginPace(0)
