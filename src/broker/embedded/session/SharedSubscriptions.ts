/**
 * Shared subscriptions (MQTT 5, 4.8.2): of a group that subscribed to `$share/GROUP/FILTER` one member is sent each
 * message, in turn. Aedes has none: to it each is a subscription to a name that nobody can publish to, which it keeps
 * with the session.
 */
import { isUnder, shareOf } from "../../../domain/access/Topic.js"

/** No text of a client begins so. */
const MARK = "\0"
/** Groups of all clients together: each message is held against each. */
const GROUPS_MAX = 1_000

/** What Aedes knows a shared subscription by; null: it is none. */
export const sharedMark = (name: string): string | null => {
  const filter = shareOf(name)?.filter
  return filter === undefined || filter === null ? null : MARK + name
}

/** The name of what Aedes knows; null: it is no shared subscription. */
export const sharedName = (marked: string): string | null =>
  marked.startsWith(MARK) && sharedMark(marked.slice(MARK.length)) !== null ? marked.slice(MARK.length) : null

export interface SharedOptions {
  readonly qos: 0 | 1 | 2
  readonly subscriptionIdentifier?: number
}

export interface Member {
  readonly id: string
  readonly options: SharedOptions
}

interface Group {
  readonly filter: string
  /** Whose turn is next stands first. */
  readonly members: Map<string, SharedOptions>
}

export class SharedSubscriptions {
  private readonly groups = new Map<string, Group>()

  get isEmpty(): boolean {
    return this.groups.size === 0
  }

  /** False: there are too many groups. */
  join(name: string, id: string, options: SharedOptions): boolean {
    const group = this.groups.get(name) ?? { filter: shareOf(name)?.filter ?? "", members: new Map() }
    if (!this.groups.has(name) && this.groups.size >= GROUPS_MAX) return false
    group.members.set(id, options)
    this.groups.set(name, group)
    return true
  }

  leave(name: string, id: string): void {
    const group = this.groups.get(name)
    group?.members.delete(id)
    if (group?.members.size === 0) this.groups.delete(name)
  }

  forget(id: string): void {
    for (const name of [...this.groups.keys()]) this.leave(name, id)
  }

  /** Who is sent a message: of each group the next that is there; when none is, the next for whom it may wait. */
  next(topic: string, qos: number, isThere: (id: string) => boolean): ReadonlyArray<Member> {
    const chosen: Array<Member> = []
    for (const { filter, members } of this.groups.values()) {
      if (!isUnder(topic, filter)) continue
      const ids = [...members.keys()]
      const id = ids.find(isThere) ?? ids.find((away) => qos > 0 && (members.get(away)?.qos ?? 0) > 0)
      const options = id === undefined ? undefined : members.get(id)
      if (id === undefined || options === undefined) continue
      members.delete(id)
      members.set(id, options)
      chosen.push({ id, options })
    }
    return chosen
  }
}
