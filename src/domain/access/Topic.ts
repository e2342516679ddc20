/**
 * Rules of topics. What is wrong with a text makes the connection wrong (MQTT 3.1.1, 1.5.3): it is closed.
 */

/** The topic under which devices publish: `sensors`, or `sensors/{anything}`. */
export const SENSORS_TOPIC = "sensors"

/** A device's name as its topic gives it: the topic without the leading `sensors/`; empty when there is none. */
export const topicName = (topic: string): string =>
  topic === SENSORS_TOPIC
    ? ""
    : topic.startsWith(`${SENSORS_TOPIC}/`)
      ? topic.slice(SENSORS_TOPIC.length + 1)
      : topic

const SHARE = "$share/"

/** Nobody publishes there, and nobody is sent what the broker says to itself. Other topics with `$` are topics. */
export const isReserved = (topic: string): boolean =>
  topic === "$SYS" || topic.startsWith("$SYS/") || topic.startsWith(SHARE)

/**
 * Not a text that MQTT allows: NUL, or bytes that were no UTF-8. The parser has put U+FFFD where they were; one
 * that a client really sent is refused with them, as nothing tells them apart any more.
 */
export const isBadText = (text: string): boolean => text.includes("\0") || text.includes("\uFFFD")

/** Refused to everybody: the name by which clients' own test suites ask for a refusal. */
const REFUSED_FILTER = "test/nosubscribe"

/** Whether a text may be subscribed to: wildcards stand alone in their levels, and `#` at the end (MQTT 5, 4.7.1). */
export const isFilter = (text: string): boolean =>
  text !== "" &&
  text
    .split("/")
    .every(
      (level, at, levels) =>
        !/[+#]/.test(level) || level === "+" || (level === "#" && at === levels.length - 1)
    )

/** What is wrong with a filter that messages are looked for by; undefined: nothing. */
export const topicFilterFault = (text: string): string | undefined =>
  isFilter(text) && !isBadText(text)
    ? undefined
    : "must be a topic, or a topic filter with + for one level and # at the end"

/** What all topics under a filter begin with. */
export const filterPrefix = (filter: string): string => {
  const levels = filter.split("/")
  const wild = levels.findIndex((level) => level === "+" || level === "#")
  if (wild === -1) return filter
  const before = levels.slice(0, wild).join("/")
  // What is above `#` is under the filter too: it has no slash behind it.
  return wild === 0 || levels[wild] === "#" ? before : `${before}/`
}

/** A shared subscription (MQTT 5, 4.8.2) by its full name; null: it is none. Wrongly named it has no filter. */
export const shareOf = (name: string): { readonly filter: string | null } | null => {
  if (!name.startsWith(SHARE)) return null
  const [, group = "", ...levels] = name.split("/")
  const filter = levels.join("/")
  return { filter: group === "" || /[+#]/.test(group) || !isFilter(filter) ? null : filter }
}

/** Why a subscription is refused; null when it may be made. */
export const subscriptionFault = (filter: string): string | null => {
  if (isBadText(filter)) return "is not valid text"
  if (filter === REFUSED_FILTER) return "is refused to everybody"
  return shareOf(filter)?.filter === null ? "names no group and filter to share" : null
}

/** Whether a topic falls under a filter (MQTT 3.1.1, 4.7): `+` is one level, `#` all from there, its parent too. */
export const isUnder = (topic: string, filter: string): boolean => {
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false
  const levels = topic.split("/")
  const parts = filter.split("/")
  const fits = (part: string, at: number) => part === "+" || part === levels[at]
  return parts.at(-1) === "#"
    ? levels.length >= parts.length - 1 && parts.slice(0, -1).every(fits)
    : levels.length === parts.length && parts.every(fits)
}
