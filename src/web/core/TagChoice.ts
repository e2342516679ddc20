/** The choice of a tag, by which a page shows some of the sensors. */
import { type Html, html } from "./Html.js"

export interface TagChoice {
  /** `key:value`; empty: none is chosen. */
  readonly tag: string
  readonly offered: ReadonlyArray<string>
}

/** Nothing where no sensor has a tag. */
export const tagSelect = ({ offered, tag }: TagChoice): Html | false =>
  offered.length > 0 &&
  html`<select name="tag" aria-label="Sensors with the tag"><option value="">All tags</option>${offered.map(
    (one) => html`<option value="${one}"${one === tag && html` selected`}>${one.replace(":", "=")}</option>`
  )}</select>`
