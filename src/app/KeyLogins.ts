/** Keys of the database as users of the embedded broker, beside those of `MQTT_USERS`. */
import * as Option from "effect/Option"
import type { KeyBookService } from "../access/KeyBook.js"
import { keyIdOf } from "../access/KeySecret.js"
import { loginsOf, type MqttLogins } from "../broker/embedded/MqttLogins.js"
import type { AppConfig } from "../config/AppConfig.js"

/** The user is the name or the id of a key, and the password is the key. It holds for as long as the key is in force. */
export const mqttLogins = (
  { keysNeeded, mqttUsers }: Pick<AppConfig, "keysNeeded" | "mqttUsers">,
  keys: Pick<KeyBookService, "hasKeys" | "inForce" | "verify">
): MqttLogins => {
  const users = loginsOf(mqttUsers)
  const byKey: MqttLogins["verify"] = (user, password) => {
    const id = keyIdOf(password)
    const principal = Option.getOrUndefined(keys.verify(password))
    return id !== undefined && principal !== undefined && (user === id || user === principal.name)
      ? { principal, holds: () => keys.inForce(id) }
      : null
  }
  return {
    // Until the database has said whether there are keys, it is closed.
    isOpen: () => users.isOpen() && !keysNeeded.has("MQTT") && keys.hasKeys() === false,
    verify: (user, password) => users.verify(user, password) ?? byKey(user, password)
  }
}
