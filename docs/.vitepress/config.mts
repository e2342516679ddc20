/** The site of the documents: README.md is its home, docs/ the rest. Search is local; a dead link ends the build. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { defineConfig } from "vitepress"

const ROOT = resolve(import.meta.dirname, "../..")
const PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"]

/** The title of a page is its first line. */
const page = (path: string) => ({
  text: readFileSync(join(ROOT, path), "utf8").split("\n", 1)[0]?.replace(/^# /, "") ?? path,
  link: `/${path.replace(/^docs\//, "").replace(/\.md$/, "")}`
})

const documents = (...names: ReadonlyArray<string>) => names.map((name) => page(`docs/${name}.md`))

const folder = (name: string) =>
  readdirSync(join(ROOT, "docs", name))
    .filter((file) => file.endsWith(".md") && file !== "README.md")
    .map((file) => page(`docs/${name}/${file}`))

/** Where a page of the repository stands on the site. */
const onSite = (path: string) => path.replace(/^docs\//, "").replace(/(^|\/)README\.md$/, "$1index.md")

/**
 * A relative link of a page, as the site has it: what leads to another page leads to where it stands there. Undefined where
 * it leads to a file that is no page, such as a test: the site has none of these.
 */
const linkOnSite = (href: string, from: string): string | undefined => {
  if (/^(\w+:|#|\/)/.test(href)) return href
  const path = resolve(dirname(from), decodeURI(href.replace(/[#?].*$/, "")))
  const inside = relative(ROOT, path)
  const isPage = inside.endsWith(".md") && (inside.startsWith("docs/") || PAGES.includes(inside))
  if (!isPage) return existsSync(path) ? undefined : href
  return `/${onSite(inside)}${/[#?].*$/.exec(href)?.[0] ?? ""}`
}

export default defineConfig({
  title: "Tidemark",
  description: "Keeps every reading that sensors send, and gives each tool the same exact numbers",
  srcDir: "..",
  srcExclude: ["{src,test,bench,packaging,migrations,dist,data}/**", ".github/**"],
  rewrites: onSite,
  cleanUrls: true,
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    sidebar: [
      {
        text: "Report and analyse",
        items: [
          { text: "Recipes", link: "/recipes/" },
          ...documents(
            "formats",
            "files",
            "shaping",
            "sql",
            "quality",
            "annotations",
            "standards",
            "clients",
            "mcp"
          )
        ]
      },
      {
        text: "Connect devices",
        items: documents("mqtt", "mqtt-access", "sign-in", "mappings", "sensors", "conformance")
      },
      {
        text: "Run",
        items: documents(
          "install",
          "commands",
          "settings",
          "databases",
          "access",
          "tls",
          "limits",
          "operating",
          "processes",
          "alerts",
          "tracing",
          "audit",
          "backup",
          "archive",
          "durability",
          "performance",
          "scaling"
        )
      },
      { text: "Recipes", collapsed: true, items: folder("recipes") },
      { text: "Change", items: [...documents("faults", "mutants"), ...PAGES.slice(1).map(page)] },
      { text: "Decisions", collapsed: true, items: folder("decisions") }
    ]
  },
  markdown: {
    languageAlias: { url: "log" },
    config: (md) => {
      const plain = md.renderer.rules.link_open
      md.renderer.rules.link_open = (tokens, at, options, env, self) => {
        const token = tokens[at]
        const href = linkOnSite(token?.attrGet("href") ?? "", env.realPath ?? env.path)
        if (token !== undefined && href === undefined) {
          const end = tokens.slice(at).find(({ type }) => type === "link_close")
          for (const part of [token, end]) if (part !== undefined) part.tag = "span"
          token.attrs = [["title", token.attrGet("href") ?? ""]]
          return self.renderToken(tokens, at, options)
        }
        token?.attrSet("href", href ?? "")
        return plain ? plain(tokens, at, options, env, self) : self.renderToken(tokens, at, options)
      }
    }
  }
})
