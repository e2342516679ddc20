/** Signing in and out in a browser: the way to the provider and back, and the pages at both ends. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { openToAll } from "../../api/core/Access.js"
import type { Principal } from "../../domain/access/Principal.js"
import { originOf } from "../../http/core/Origin.js"
import { pageAnswer } from "../../http/core/PageAnswer.js"
import { Pages } from "../../http/core/Ports.js"
import { notFound } from "../../http/core/Problems.js"
import { type Route, routeBeside } from "../../http/core/Routes.js"
import { answeredBy } from "../../http/core/Serving.js"
import {
  CALLBACK_PATH,
  cookieOf,
  PENDING_COOKIE,
  PENDING_SECONDS,
  placeOf,
  SESSION_COOKIE,
  SESSION_SECONDS,
  SIGN_IN_PATH,
  SignIn,
  type SignInService
} from "../../http/signin/SignIn.js"
import { type Html, html } from "../../web/core/Html.js"
import { page } from "../../web/core/Layout.js"

const SIGN_IN = routeBeside("GET", SIGN_IN_PATH, openToAll())
const CALLBACK = routeBeside("GET", CALLBACK_PATH, openToAll())
const SIGN_OUT = routeBeside("POST", "/sign-out", openToAll())
const SIGNED_OUT = routeBeside("GET", "/sign-out", openToAll())

export const SIGN_IN_ROUTES: ReadonlyArray<Route> = [SIGN_IN, CALLBACK, SIGN_OUT, SIGNED_OUT]

const signedIn = ({ name, role }: Principal): Html => html`<h1>You are signed in</h1>
<p>As <strong><bdi>${name}</bdi></strong>, who is ${role === "admin" ? "an" : "a"} ${role}.</p>
<form method="post" action="/sign-out"><button type="submit">Sign out</button></form>`

const SIGNED_OUT_PAGE = html`<h1>You are signed out</h1>
<p>Your session with the provider may go on: sign out there too on a computer that others use.</p>
<p><a href="${SIGN_IN_PATH}">Sign in</a></p>`

type Response = HttpServerResponse.HttpServerResponse

const kept = (
  response: Response,
  origin: string,
  name: string,
  value: string,
  path: string,
  seconds: number
) =>
  HttpServerResponse.unsafeSetCookie(response, name, value, {
    ...{ httpOnly: true, sameSite: "lax", path, maxAge: `${seconds} seconds` },
    secure: origin.startsWith("https:")
  })

const to = (location: string): Response => HttpServerResponse.empty({ status: 303, headers: { location } })

const whenSet = <A, E, R>(
  signIn: SignInService | null,
  act: (signIn: SignInService) => Effect.Effect<A, E, R>
) =>
  signIn === null
    ? Effect.fail(notFound("Nobody is signed in here: OIDC_CLIENT_ID is not set."))
    : act(signIn)

export const signInAnswers = Effect.gen(function* () {
  const pages = yield* Pages
  const signIn = yield* SignIn
  const request = HttpServerRequest.HttpServerRequest
  const shown = (title: string, body: Html) => pageAnswer(pages, page({ title, path: SIGN_IN_PATH, body }))
  return [
    answeredBy(SIGN_IN, () =>
      whenSet(signIn, ({ begin, sessionOf }) =>
        Effect.gen(function* () {
          const { headers, url } = yield* request
          const origin = originOf(yield* request)
          const principal = yield* sessionOf(cookieOf(headers.cookie, SESSION_COOKIE))
          if (principal !== null) return yield* shown("Signed in", signedIn(principal))
          const place = placeOf(new URL(url, "http://x").searchParams.get("to"))
          const { cookie, location } = yield* begin(origin, place)
          return kept(to(location), origin, PENDING_COOKIE, cookie, SIGN_IN_PATH, PENDING_SECONDS)
        })
      )
    ),
    answeredBy(CALLBACK, () =>
      whenSet(signIn, ({ finish }) =>
        Effect.gen(function* () {
          const { headers, url } = yield* request
          const origin = originOf(yield* request)
          const step = yield* finish(new URL(url, origin), cookieOf(headers.cookie, PENDING_COOKIE))
          const back = kept(to(step.location), origin, SESSION_COOKIE, step.cookie, "/", SESSION_SECONDS)
          return kept(back, origin, PENDING_COOKIE, "", SIGN_IN_PATH, 0)
        })
      )
    ),
    answeredBy(SIGN_OUT, () =>
      Effect.map(request, (one) => kept(to("/sign-out"), originOf(one), SESSION_COOKIE, "", "/", 0))
    ),
    answeredBy(SIGNED_OUT, () => shown("Signed out", SIGNED_OUT_PAGE))
  ]
})
