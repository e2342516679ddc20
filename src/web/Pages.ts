/** All pages: pure functions from data to a whole HTML document, and the style sheet that they share. */
export { type CatalogView, type DatasetView, renderCatalog, renderDataset } from "./CatalogPage.js"
export { STYLES_PATH } from "./Layout.js"
export { type NowSensor, type NowView, renderNow } from "./NowPage.js"
export { styles } from "./styles.js"
