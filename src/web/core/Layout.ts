/**
 * The frame of every page, and the way times are written on all of them. Pages are whole without
 * scripts; style sheets and scripts are files of ours, so `default-src 'self'` is enough.
 */
import { formatTime } from "../../domain/Time.js"
import { type Html, type HtmlPart, html, jsonScript } from "./Html.js"
import { READER } from "./PageReader.js"
import { ZONE_CHOICE, ZONE_NAME } from "./PageZone.js"

/** Where the style sheet (`styles`) must be served. */
export const STYLES_PATH = "/assets/tidemark.css"

/** What quickens the pages, bundled from `islands/`: served where `pages/core/Assets.ts` finds it. */
export const SCRIPT_PATH = "/assets/tidemark.js"

export const CATALOG_PATH = "/catalog"
const NAVIGATION = [
  { href: "/", label: "Now" },
  { href: "/explore", label: "Explore" },
  { href: CATALOG_PATH, label: "Catalogue" },
  { href: "/quality", label: "Quality" },
  { href: "/alerts/", label: "Alerts" },
  { href: "/operations", label: "Operations" },
  { href: "/explain", label: "Explain" },
  { href: "/docs/", label: "API" }
] as const

const LOGO = html`<svg class="logo" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
  <path d="M2 12c4 0 4-4 8-4s4 4 8 4 4-4 8-4 4 2 4 2" /><path d="M2 19c4 0 4-4 8-4s4 4 8 4 4-4 8-4 4 2 4 2" />
  <path d="M2 26c4 0 4-4 8-4s4 4 8 4 4-4 8-4 4 2 4 2" /></svg>`

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32' fill='none' stroke='%2300869f' " +
  "stroke-width='4' stroke-linecap='round'%3E%3Cpath d='M2 12c4 0 5-4 9-4s5 4 9 4 5-4 10-4M2 24c4 0 5-4 9-4s5 4 9 4 " +
  "5-4 10-4'/%3E%3C/svg%3E"

export interface PageParts {
  readonly title: string
  /** The path of the navigation that this page is at. */
  readonly path: string
  /** Seconds after which a browser without scripts loads the page again; absent: never. */
  readonly refresh?: number
  /** Further files of ours, by their names below `/assets/`. */
  readonly scripts?: ReadonlyArray<string>
  readonly sheets?: ReadonlyArray<string>
  /** What the page is about, for machines: JSON-LD, as text. */
  readonly jsonLd?: string | undefined
  readonly body: HtmlPart
}

export const page = ({ body, jsonLd, path, refresh, scripts = [], sheets = [], title }: PageParts): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${refresh !== undefined && html`<noscript><meta http-equiv="refresh" content="${refresh}"></noscript>`}
<title>${title} · Tidemark</title>
<link rel="stylesheet" href="${STYLES_PATH}">${sheets.map((name) => html`<link rel="stylesheet" href="/assets/${name}">`)}
<link rel="icon" href="${ICON}">
${[SCRIPT_PATH, ...scripts.map((name) => `/assets/${name}`)].map((src) => html`<script type="module" src="${src}"></script>`)}
${jsonLd !== undefined && jsonScript({ type: "application/ld+json" }, jsonLd)}
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top"><div class="wrap">
<a class="brand" href="/">${LOGO}<span>Tidemark</span></a>
<nav aria-label="Main">${NAVIGATION.map(
    ({ href, label }) => html`<a href="${href}"${href === path && html` aria-current="page"`}>${label}</a>`
  )}</nav>
${ZONE_CHOICE}<button type="button" class="theme" data-theme-toggle hidden>Dark</button>${READER}
</div></header>
<main id="main" class="wrap">${body}</main>
<footer class="wrap">Times: ${ZONE_NAME}<span> · <a href="/openapi.json">OpenAPI</a> · <a href="/health">Health</a></span></footer>
</body>
</html>
`.text

/** 2026-11-22 10:00:00 of UTC, with the exact time for machines: `inZone` makes it local. */
export const time = (text: string): Html =>
  html`<time datetime="${text}">${text.slice(0, 19).replace("T", " ")}</time>`

export const timeOf = (micros: number): Html => time(formatTime(micros))

/** Its date, on the clocks that the page is read by. */
export const dateAt = (micros: number): Html =>
  html`<time datetime="${formatTime(micros)}">${formatTime(micros).slice(0, 10)}</time>`

/** Our own prose, in which `a name` stands between backticks. */
export const prose = (text: string): Html =>
  html`${text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`

/** A table that scrolls sideways by itself, also by keyboard. */
export const scrolling = (label: string, table: Html): Html =>
  html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${table}</div>`
