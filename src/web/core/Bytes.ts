/** Bytes for people: as text where they are text, and as a dump of hexadecimal digits. */

const PER_LINE = 16

// What HTML forbids, and what a text area does not give back as it was.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNWRITABLE = /[\u0000-\u0008\u000b-\u001f\u007f\ufffd]/

/** Whether a text area gives just these bytes back; else they are edited as hexadecimal digits. */
export const writableText = (bytes: Uint8Array): string | undefined => {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
    return UNWRITABLE.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

const pair = (byte: number): string => byte.toString(16).padStart(2, "0")

export const hexPairs = (bytes: Uint8Array): string => [...bytes].map(pair).join(" ")

/** The first `most` bytes, sixteen a line: offset, digits, and what of them can be read. */
export const hexDump = (bytes: Uint8Array, most: number): string => {
  const lines: Array<string> = []
  for (let at = 0; at < Math.min(most, bytes.length); at += PER_LINE) {
    const part = bytes.subarray(at, Math.min(at + PER_LINE, most))
    const readable = [...part].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."))
    lines.push(
      `${at.toString(16).padStart(6, "0")}  ${hexPairs(part).padEnd(PER_LINE * 3 - 1)}  ${readable.join("")}`
    )
  }
  return lines.join("\n")
}
