/**
 * HTML as a value: whatever is put into the template is escaped, unless it is HTML itself. There is no way to put
 * in text as it is, so a sensor's description can't become a part of the page.
 */

/** A piece of HTML, made by `html` alone. */
export class Html {
  /** @internal */
  constructor(readonly text: string) {}
  toString(): string {
    return this.text
  }
}

/** Text and numbers are escaped; null, undefined and false are nothing; arrays are joined. */
export type HtmlPart = Html | string | number | null | undefined | false | ReadonlyArray<HtmlPart>

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

/** Text that is safe in an element and in a quoted attribute. Control characters that HTML forbids become U+FFFD. */
export const escapeHtml = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, "\ufffd")
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)

const render = (part: HtmlPart): string => {
  if (part === null || part === undefined || part === false) return ""
  if (part instanceof Html) return part.text
  if (typeof part === "string") return escapeHtml(part)
  if (typeof part === "number") return String(part)
  return part.map(render).join("")
}

/** `html\`<p class="${kind}">${text}</p>\``: attributes must be quoted. */
export const html = (texts: TemplateStringsArray, ...parts: ReadonlyArray<HtmlPart>): Html =>
  new Html(texts.map((text, index) => text + (index < parts.length ? render(parts[index]) : "")).join(""))

/** A query string of what is there: `?search=a&skip=10`, or nothing. */
export const query = (parameters: Readonly<Record<string, string | number | undefined>>): string => {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`]
  )
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`
}

/**
 * JSON for scripts and for machines, as data that no browser runs: `<` is written so that nothing in it can end the
 * element. `json` is JSON already.
 */
export const jsonScript = (
  { id, type = "application/json" }: { readonly id?: string; readonly type?: string },
  json: string
): Html =>
  new Html(
    `<script type="${escapeHtml(type)}"${id === undefined ? "" : ` id="${escapeHtml(id)}"`}>${json
      .replace(/</g, "\\u003c")
      .replace(/\u2028/g, "\\u2028")
      .replace(/\u2029/g, "\\u2029")}</script>`
  )
