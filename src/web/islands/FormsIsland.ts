/** Forms and code that are quicker with scripts: lists that follow what is typed, and lines that are copied. */
import { fetchPage, replacePart } from "./RenewIsland.js"

/** After the last key, ms. */
const TYPED_WAIT = 180

const follow = (form: HTMLFormElement) => {
  const id = form.dataset.filter ?? ""
  let timer: ReturnType<typeof setTimeout> | undefined
  let request = new AbortController()
  const show = async () => {
    request.abort()
    request = new AbortController()
    const pairs = [...new FormData(form)].filter(([, value]) => value !== "")
    const query = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))
    const url = query.size === 0 ? form.action : `${form.action}?${query}`
    const fresh = await fetchPage(url, request.signal)
    if (fresh !== null && replacePart(id, fresh)) history.replaceState(null, "", url)
  }
  form.addEventListener("input", () => {
    clearTimeout(timer)
    timer = setTimeout(show, TYPED_WAIT)
  })
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    clearTimeout(timer)
    void show()
  })
}

const copy = (button: HTMLButtonElement) => {
  const [text] = button.childNodes
  const code = button.closest(".snippet")?.querySelector("code")
  if (text === undefined || code == null) return
  button.hidden = false
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.textContent ?? "")
    text.textContent = "Copied"
    setTimeout(() => {
      text.textContent = "Copy"
    }, 1_500)
  })
}

export const startForms = () => {
  document.querySelectorAll<HTMLFormElement>("form[data-filter]").forEach(follow)
  // Browsers give the clipboard to safe contexts alone: HTTPS, and this machine.
  if (isSecureContext) document.querySelectorAll<HTMLButtonElement>("[data-copy]").forEach(copy)
}
