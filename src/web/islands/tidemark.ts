/** What quickens every page: theme, live values, parts that are renewed, forms. */
import { startForms } from "./forms.js"
import { makeHappened, startLive } from "./live.js"
import { startRenewing } from "./renew.js"
import { startTheme } from "./theme.js"

startTheme()
startForms()
startLive()
startRenewing(makeHappened)
