/** Who reads a page, where people sign in: their name and the way out, or the way in. */
import type { PageReader } from "../../api/core/PageProblem.js"
import { type Html, html, query } from "./Html.js"

/** Where it comes. */
export const READER = html`<div class="reader" hidden></div>`

const shown = ({ isSession, name, place }: PageReader): Html =>
  name === undefined
    ? html`<div class="reader"><a href="/sign-in${query({ to: place })}">Sign in</a></div>`
    : isSession
      ? html`<form class="reader" method="post" action="/sign-out"><bdi>${name}</bdi> <button type="submit">Sign out</button></form>`
      : html`<div class="reader"><bdi>${name}</bdi></div>`

/** A page, which is written for nobody, as it is for who reads it; null: nobody signs in here. */
export const forReader = (page: string, reader: PageReader | null): string =>
  reader === null ? page : page.replace(READER.text, () => shown(reader).text)
