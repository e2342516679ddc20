/** The proxies whose word on a request's client is taken: their addresses, and networks of them. */
import { BlockList, isIP } from "node:net"
import * as Either from "effect/Either"

const FAMILIES = { 4: "ipv4", 6: "ipv6" } as const
const BITS = { 4: 32, 6: 128 } as const

/** Adds an address, or a network (CIDR); false: it is neither. */
const add = (list: BlockList, text: string): boolean => {
  const [address = "", prefix, ...rest] = text.split("/")
  const version = isIP(address)
  if ((version !== 4 && version !== 6) || rest.length > 0) return false
  if (prefix === undefined) {
    list.addAddress(address, FAMILIES[version])
    return true
  }
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.POSITIVE_INFINITY
  if (bits > BITS[version]) return false
  list.addSubnet(address, bits, FAMILIES[version])
  return true
}

/** Addresses and networks, comma-separated: `10.0.0.7, 172.16.0.0/12, ::1`. */
export const parseTrustedProxies = (text: string): Either.Either<BlockList, string> => {
  const list = new BlockList()
  const entries = text.split(",").flatMap((entry) => entry.trim() || [])
  const faults = entries.filter((entry) => !add(list, entry))
  return faults.length === 0
    ? Either.right(list)
    : Either.left(
        `${faults.map((fault) => JSON.stringify(fault)).join(", ")}: must be addresses or networks, such as 10.0.0.7 or 172.16.0.0/12`
      )
}
