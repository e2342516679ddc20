/** What a browser is shown in place of a problem: what happened, which field is to blame, and where to go on. */
import type { Problem } from "../../api/core/Problem.js"
import { type Html, html } from "./Html.js"
import { CATALOG_PATH, page } from "./Layout.js"
import { READER } from "./PageReader.js"

const FIELDS_SHOWN = 50
/** After that a browser asks again by itself, where waiting helps, s. */
const AGAIN_AFTER = 10

const ADVICE: Readonly<Record<number, string>> = {
  400: "Mend what is named, and send it again.",
  403: "Nothing was changed. A writer's key may change things; a reader's may look at them.",
  404: "Check the address, or go on from one of these pages.",
  405: "This address can't be used that way.",
  406: "Ask for one of the formats that are named.",
  412: "Load the page again to see what holds now.",
  413: "Send less at once.",
  415: "Send it in the form that is named.",
  500: "Nothing that was stored is lost. Try again, and tell whoever runs this server if it stays so.",
  503: "Nothing that was stored is lost. Try again in some seconds; what was sent may be sent again."
}

/** A page of another site is refused like a reader's key: the detail says which it was. */
const titleOf = ({ status, title }: Problem): string => (status === 403 ? "That is not allowed" : title)

const fields = ({ errors }: Problem): Html | false =>
  errors.length > 0 &&
  html`<ul class="words">${errors
    .slice(0, FIELDS_SHOWN)
    .map(
      ({ field, message }) =>
        html`<li>${field !== "" && html`<code><bdi>${field}</bdi></code> `}<bdi>${message}</bdi></li>`
    )}</ul>${errors.length > FIELDS_SHOWN && html`<p>And ${errors.length - FIELDS_SHOWN} more.</p>`}`

const body = (problem: Problem): Html => html`
<p class="crumbs">Error ${problem.status}</p>
<h1>${titleOf(problem)}</h1>
<p class="trouble" role="alert"><bdi>${problem.detail}</bdi></p>
${fields(problem)}
<p>${ADVICE[problem.status] ?? ""}</p>
<ul class="go">${
  problem.status === 503 &&
  html`<li><a href="/operations"><strong>Operations</strong><span>Which part is away, since when, and why</span></a></li>`
}<li><a href="/"><strong>Now</strong><span>What arrives, and how fresh it is</span></a></li>
<li><a href="${CATALOG_PATH}"><strong>Catalogue</strong><span>What there is, column by column</span></a></li>
<li><a href="/explore"><strong>Explore</strong><span>Readings as a plot</span></a></li>
<li><a href="/docs/"><strong>API</strong><span>Every address with its parameters</span></a></li></ul>`

/** Who has no key gets no file either: a page that asks for none, so that nobody is asked for a key three times. */
const plain = (problem: Problem): string =>
  html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${problem.title} · Tidemark</title></head>
<body><main><h1>${problem.title}</h1><p>${problem.detail}</p>
<p>In a browser: load the page again, and give the key as the password, with any name.</p>${READER}</main></body></html>
`.text

/** `reading`: it was asked for by GET, and may be asked for again. */
export const renderProblem = (problem: Problem, reading: boolean): string =>
  problem.status === 401
    ? plain(problem)
    : page({
        title: titleOf(problem),
        path: "",
        ...(problem.status === 503 && reading ? { refresh: AGAIN_AFTER } : {}),
        body: body(problem)
      })
