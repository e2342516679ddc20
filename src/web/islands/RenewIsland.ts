/**
 * Parts of a page that are renewed as the log goes on: the server writes them again, and the new take the place of
 * the old. So there is one who draws, with scripts and without.
 */

/** This page again, as the server writes it now; null: it does not answer. */
export const fetchPage = async (url: string, signal?: AbortSignal): Promise<Document | null> => {
  const init: RequestInit = { headers: { accept: "text/html" }, ...(signal === undefined ? {} : { signal }) }
  try {
    const response = await fetch(url, init)
    // A page of ours says itself which parameter it can't follow.
    const isPage = response.ok || response.status === 400
    return isPage ? new DOMParser().parseFromString(await response.text(), "text/html") : null
  } catch {
    return null
  }
}

/** Whoever reads or types there is not disturbed. */
const isBusy = (part: Element): boolean => {
  const { activeElement } = document
  const selection = getSelection()
  return (
    document.hidden ||
    (activeElement !== null && activeElement !== document.body && part.contains(activeElement)) ||
    (selection !== null && !selection.isCollapsed && part.contains(selection.anchorNode))
  )
}

/** What was opened or scrolled stays so. */
const carryOver = (from: Element, to: Element) => {
  const open = [...from.querySelectorAll("details")].map((details) => details.open)
  to.querySelectorAll("details").forEach((details, index) => {
    details.open = open[index] ?? false
  })
  const scrolls = [...from.querySelectorAll(".scroll")].map((one) => one.scrollLeft)
  return () =>
    to.querySelectorAll(".scroll").forEach((one, index) => {
      one.scrollLeft = scrolls[index] ?? 0
    })
}

/** Puts the parts of `fresh` in place of those with the same id. */
export const replacePart = (id: string, fresh: Document): boolean => {
  const old = document.getElementById(id)
  const next = fresh.getElementById(id)
  if (old === null || next === null) return false
  const scroll = carryOver(old, next)
  old.replaceWith(document.adoptNode(next))
  scroll()
  return true
}

/**
 * Renews each part with `data-renew="seconds"` about that often, after something has happened, or while the server
 * has said that there is more to come. `watch` gives whether something has, since it was last asked.
 */
export const startRenewing = (watch: () => () => boolean) => {
  for (const { dataset, id } of document.querySelectorAll<HTMLElement>("[data-renew]")) {
    const happened = watch()
    const millis = Number(dataset.renew) * 1_000
    setInterval(async () => {
      const part = document.getElementById(id)
      if (part === null || isBusy(part)) return
      if (!happened() && part.querySelector("[data-pending]") === null) return
      const fresh = await fetchPage(location.href)
      const now = document.getElementById(id)
      if (fresh !== null && now !== null && !isBusy(now)) replacePart(id, fresh)
    }, millis)
  }
}
