/**
 * Who may do what on which topic of MQTT.
 *
 * A topic belongs to the sensors whose name it gives: `sensors/boiler` to `boiler`, and to what is one level below it,
 * such as `boiler/temperature`. `sensors/42` belongs to sensor 42 too. What a message says may still be another's:
 * that is held to the scope when it is read.
 */
import { READINGS } from "../dataset/ReadingsDataset.js"
import type { Principal } from "./Principal.js"
import { mayReach, mayReachDataset, type Scope } from "./Scope.js"
import { isReserved, SENSORS_TOPIC, shareOf, topicName } from "./Topic.js"

/** "retain": to publish what the broker keeps. "will": to leave what is published when the client is gone. */
export type MqttAction = "publish" | "retain" | "will" | "subscribe"

const NUMBER = /^[1-9]\d{0,9}$/

/** Whether a pattern is for sensors one level below a name. */
const isBelow = (pattern: string, name: string): boolean =>
  name !== "" && pattern.startsWith(`${name}/`) && !pattern.includes("/", name.length + 1)

const reaches = (scope: Scope, topic: string): boolean => {
  if (scope.sensors === null) return true
  const name = topicName(topic)
  return (
    mayReach(scope, { id: NUMBER.test(name) ? Number(name) : null, name }) ||
    scope.sensors.names.some((pattern) => isBelow(pattern, name))
  )
}

/** Stands for any text: no topic and no pattern has it. */
const ANY = "\0"

/**
 * Topics that stand for all that a filter matches: a scope that reaches these reaches every one. Only the first level
 * is more than a text: `sensors` before a name is no part of it.
 */
const topicsOf = (filter: string): ReadonlyArray<string> => {
  const levels = filter.split("/")
  const isDeep = levels.pop() === "#"
  const before = isDeep ? levels : filter.split("/")
  const all = !isDeep ? [before] : [before.length === 0 ? ["+", "+"] : before, [...before, "+"]]
  return all.flatMap(([first = "", ...others]) => {
    const rest = others.map((level) => `/${level === "+" ? ANY : level}`).join("")
    return (first === "+" ? [ANY, SENSORS_TOPIC] : [first]).map((level) => level + rest)
  })
}

/** Whether all topics that a filter matches are within reach. A filter that begins with a wildcard matches no `$`. */
export const coversFilter = (scope: Scope, filter: string): boolean =>
  topicsOf(filter).every((topic) => reaches(scope, topic))

/** Who reads sees the readings that they reach; a device, which reads nothing, what is said of its own sensors. */
const maySee = ({ permissions, scope }: Principal): boolean =>
  permissions.has("read")
    ? mayReachDataset(scope, READINGS.name)
    : permissions.has("publish") && scope.sensors !== null

const maySubscribe = (principal: Principal, name: string): boolean => {
  const share = shareOf(name)
  const filter = share === null ? name : share.filter
  if (filter === null) return false
  if (isReserved(filter)) return principal.permissions.has("administer")
  return maySee(principal) && coversFilter(principal.scope, filter)
}

/** Whether they may do this on a topic; to subscribe, on a filter. What the broker says to itself only admins hear. */
export const mayOnTopic = (principal: Principal, action: MqttAction, topic: string): boolean =>
  action === "subscribe"
    ? maySubscribe(principal, topic)
    : principal.permissions.has("publish") && !isReserved(topic) && reaches(principal.scope, topic)
