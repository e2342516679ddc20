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

/** Topics that begin with `$` are the broker's own: nobody publishes there, and nobody needs to read them. */
export const isReserved = (topic: string): boolean => topic.startsWith("$")

/**
 * Not a text that MQTT allows: NUL, or bytes that were no UTF-8. The parser has put U+FFFD where they were; one
 * that a client really sent is refused with them, as nothing tells them apart any more.
 */
export const isBadText = (text: string): boolean => text.includes("\0") || text.includes("\uFFFD")

/** Why a subscription is refused; null when it may be made. A filter of wildcards alone does not match `$`. */
export const subscriptionFault = (filter: string): string | null => {
  if (isBadText(filter)) return "is not valid text"
  if (filter.startsWith("$share/")) return "shared subscriptions are not supported"
  return isReserved(filter) ? "is the broker's own" : null
}
