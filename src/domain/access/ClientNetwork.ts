/**
 * By what the address of a client is counted. Whoever has one address of IPv6 has 2^64 of them: a provider gives each
 * customer a whole network (RFC 6177), so that a limit of one address would be none.
 */

/** How a socket that takes both kinds has an address of IPv4. */
const MAPPED = /^::ffff:(?=\d+\.)/i
const GROUPS = 8
/** Groups of 16 bits that name a network of 64. */
const NETWORK_GROUPS = 4

const groupsOf = (text: string | undefined): ReadonlyArray<string> =>
  text === undefined || text === "" ? [] : text.split(":")

/** The address of IPv4 as it is; of IPv6 its network of 64 bits, however the address is written. */
export const networkOf = (address: string): string => {
  const plain = address.replace(MAPPED, "")
  if (!plain.includes(":")) return plain
  const [head, tail] = plain.split("%", 1).join("").split("::", 2)
  const [first, last] = [groupsOf(head), groupsOf(tail)]
  // What is left out between the two stands for zeros.
  const zeros = tail === undefined ? 0 : Math.max(0, GROUPS - first.length - last.length)
  const groups = [...first, ...Array<string>(zeros).fill("0"), ...last].slice(0, NETWORK_GROUPS)
  return `${groups.map((group) => group.toLowerCase().replace(/^0+(?=.)/, "")).join(":")}::/64`
}
