/**
 * Wrong logins are slowed down, by HTTP and MQTT alike: once many from one address, or as one user, were wrong, or may yet
 * turn out to be, a login waits before it is judged. The more wait, the longer the next one waits: so guesses that are
 * sent at once are no faster than others.
 *
 * Nobody is locked out. A login that is right waits once, whatever others do beside it or in its name, and never again
 * as long as it is right. What each process counts is its own.
 */
import { hash } from "node:crypto"
import { RateLimiterMemory } from "rate-limiter-flexible"
import { networkOf } from "../domain/access/ClientNetwork.js"

/** Wrong logins from one address, and as one user, in a minute; over it, the next ones wait. So many wait one time long. */
const WRONG_MAX = 10
const WRONG_SECONDS = 60
/** The longest wait, in times of the shortest: clients give up when nobody answers. */
const WAIT_TIMES_MAX = 5
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
  /** Call it with whether the login was right; null: nobody waits for the answer any more. The first call counts. */
  readonly judged: (isRight: boolean | null) => void
}

// Texts of others are of any length.
const digest = (...parts: ReadonlyArray<string>): string => hash("sha256", JSON.stringify(parts), "hex")

const groupOf = (groups: number, kind: "address" | "user", name: string): string =>
  `${kind} ${Number.parseInt(digest(name).slice(0, 8), 16) % groups}`

/** Logins that are not judged yet, by group: one that is sent several times at once is one. */
class Unjudged {
  private readonly groups = new Map<string, Map<string, number>>()

  /** How many others there are in a group. */
  beside(group: string, login: string): number {
    const logins = this.groups.get(group)
    return logins === undefined ? 0 : logins.size - (logins.has(login) ? 1 : 0)
  }

  add(group: string, login: string): void {
    const logins = this.groups.get(group) ?? new Map<string, number>()
    logins.set(login, (logins.get(login) ?? 0) + 1)
    this.groups.set(group, logins)
  }

  remove(group: string, login: string): void {
    const logins = this.groups.get(group)
    const left = (logins?.get(login) ?? 0) - 1
    if (left > 0) logins?.set(login, left)
    else logins?.delete(login)
    if (logins?.size === 0) this.groups.delete(group)
  }
}

export class LoginPace {
  private readonly wrong = new RateLimiterMemory({ points: WRONG_MAX, duration: WRONG_SECONDS })
  private readonly right = new Set<string>()
  private readonly unjudged = new Unjudged()

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
    const isKnown = this.right.has(login)
    // All of it at one moment: what is judged later is in one of the two figures.
    const beside = who.map((one) => this.unjudged.beside(one, login))
    const counting = Promise.all(who.map((one) => this.wrong.get(one)))
    if (!isKnown) for (const one of who) this.unjudged.add(one, login)
    const counts = await counting
    const ahead = counts.map(
      (count, index) => Math.min(count?.consumedPoints ?? 0, WRONG_MAX) + (beside[index] ?? 0)
    )
    const times = Math.min(Math.floor(Math.max(...ahead) / WRONG_MAX), WAIT_TIMES_MAX)
    let isOpen = true
    return {
      waitMillis: isKnown ? 0 : times * this.waitMillis,
      judged: (isRight) => {
        if (!isOpen) return
        isOpen = false
        if (!isKnown) for (const one of who) this.unjudged.remove(one, login)
        if (isRight !== null) this.learn(login, who, isRight, times > 0)
      }
    }
  }

  private learn(login: string, who: ReadonlyArray<string>, isRight: boolean, isSlow: boolean): void {
    if (!isRight) {
      this.right.delete(login)
      for (const one of who) void this.wrong.penalty(one)
    } else if (isSlow) {
      if (this.right.size >= RIGHT_MAX) this.right.clear()
      this.right.add(login)
    }
  }
}

/** Slows nobody down. */
export const NO_LOGIN_PACE = new LoginPace(0)
