/** What each role may do: here alone. */
import * as Schema from "effect/Schema"

/** publish: say readings; read: see what is stored; write: change it; administer: what can't be undone, and keys. */
export type Permission = "publish" | "read" | "write" | "administer"

export const Role = Schema.Literal("device", "reader", "writer", "admin")
export type Role = typeof Role.Type

export const ROLES: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  device: new Set<Permission>(["publish"]),
  reader: new Set<Permission>(["read"]),
  writer: new Set<Permission>(["publish", "read", "write"]),
  admin: new Set<Permission>(["publish", "read", "write", "administer"])
}
