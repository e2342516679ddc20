/** Whoever asks or publishes, however they proved who they are. */
import { type Permission, ROLES, type Role } from "./Roles.js"
import { EVERYTHING, mayReach, type Scope, type SensorKey } from "./Scope.js"

export interface Principal {
  /** Undefined: no key was needed, or none was given. */
  readonly name: string | undefined
  /** Null: nobody's. */
  readonly role: Role | null
  readonly permissions: ReadonlySet<Permission>
  readonly scope: Scope
  /** What vouches for them. "open": no keys are set; "none": nothing does. */
  readonly source: "open" | "none" | "settings" | "database" | "certificate" | "oidc"
}

/** No keys are set: everybody may do everything. */
export const EVERYBODY: Principal = {
  name: undefined,
  role: "admin",
  permissions: ROLES.admin,
  scope: EVERYTHING,
  source: "open"
}

/** Without a key, where keys are set. */
export const NOBODY: Principal = {
  name: undefined,
  role: null,
  permissions: new Set(),
  scope: EVERYTHING,
  source: "none"
}

export const principalOf = (
  name: string,
  role: Role,
  source: Principal["source"],
  scope: Scope = EVERYTHING
): Principal => ({ name, role, permissions: ROLES[role], scope, source })

/** What is a device's own when its key names no sensors: what bears its name, and each of its metrics. */
export const scopeOfDevice = (name: string): Scope => ({
  ...EVERYTHING,
  sensors: { ranges: [], names: [name, `${name}/*`] }
})

/** Whether they may say readings of this sensor. */
export const mayPublish = ({ permissions, scope }: Principal, sensor: SensorKey): boolean =>
  permissions.has("publish") && mayReach(scope, sensor)
