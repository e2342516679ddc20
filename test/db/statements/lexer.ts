/** Cuts SQL into words, calls and signs, as far as it takes to say which words and functions a statement has. */

export interface Token {
  /** `call`: a word with a bracket right behind it; `name`: a word in lower case, or in quotes. */
  readonly kind: "word" | "call" | "name" | "value" | "hint" | "sign"
  readonly text: string
}

const RULES: ReadonlyArray<readonly [Token["kind"] | "nothing", RegExp]> = [
  ["nothing", /^(?:\s+|--[^\n]*)/],
  // What only one server reads: `/*!80000 … */`, `/*M!100100 … */`.
  ["hint", /^\/\*M?!\d*[\s\S]*?\*\//],
  ["nothing", /^\/\*[\s\S]*?\*\//],
  ["value", /^(?:[xX]?'(?:[^'\\]|''|\\.)*'|\?|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)/],
  ["name", /^(?:`[^`]*`|"[^"]*")/],
  ["call", /^[A-Za-z_][A-Za-z0-9_]*(?=\()/],
  ["word", /^[A-Z_][A-Z0-9_]*(?![A-Za-z0-9_])/],
  ["name", /^[A-Za-z_@$][A-Za-z0-9_@$]*/],
  ["sign", /^(?:<=>|<=|>=|<>|!=|:=|\|\||&&|[^A-Za-z0-9_\s])/]
]

export const lex = (text: string): ReadonlyArray<Token> => {
  const tokens: Array<Token> = []
  let rest = text
  while (rest !== "") {
    const match = RULES.map(([kind, rule]) => ({ kind, text: rule.exec(rest)?.[0] ?? "" })).find(
      (one) => one.text !== ""
    )
    if (match === undefined) throw new Error(`no token: ${rest.slice(0, 40)}`)
    if (match.kind !== "nothing") tokens.push({ kind: match.kind, text: match.text })
    rest = rest.slice(match.text.length)
  }
  return tokens
}

export interface Vocabulary {
  readonly words: ReadonlySet<string>
  readonly calls: ReadonlySet<string>
}

/** What of a statement is not in the vocabulary; and that it is more than one statement. */
export const strangers = (text: string, { calls, words }: Vocabulary): ReadonlyArray<string> => {
  const tokens = lex(text)
  return tokens.flatMap(({ kind, text: token }, at) => {
    const upper = token.toUpperCase()
    if (kind === "call") return calls.has(upper) ? [] : [`${upper}()`]
    if (kind === "word") return words.has(upper) ? [] : [upper]
    // A hint is a comment to whoever is not meant; the statement has to be one without it.
    if (kind === "sign" && token === ";" && at < tokens.length - 1) return ["several statements"]
    return kind === "sign" && [":=", "||", "&&"].includes(token) ? [token] : []
  })
}
