"""What the browser keeps to start without network. An area that works offline adds its page and its files here."""

#: Address asked -> endpoint of the page kept for it. The page must show nothing that another reader may not see, and
#: say by itself that it was kept; the browser fetches it again at each visit of the address.
PAGES: dict[str, str] = {
    "/scan": "desk.offline",
    "/needs/new": "needs.offline",
}

#: Files under static/ that those pages use; the style sheets and scripts of the frame come first.
FILES: tuple[str, ...] = (
    "vendor/bootstrap/bootstrap.min.css",
    "css/theme.css",
    "css/refurb.css",
    "css/parts.css",
    "css/print.css",
    "css/desk.css",
    "icons/favicon.svg",
    "icons/sprite.svg",
    "vendor/htmx/htmx.min.js",
    "vendor/atkinson-hyperlegible-next/atkinson-hyperlegible-next-latin-wght-normal.woff2",
    "vendor/atkinson-hyperlegible-mono/atkinson-hyperlegible-mono-latin-wght-normal.woff2",
    "vendor/zxing-wasm/reader/index.js",
    "vendor/zxing-wasm/share.js",
    "vendor/zxing-wasm/reader/zxing_reader.wasm",
    "js/app.mjs",
    "js/menu.mjs",
    "js/no-network.mjs",
    "js/theme.mjs",
    "js/confirm.mjs",
    "js/sign-out.mjs",
    "js/error-summary.mjs",
    "js/need-draft.mjs",
    "js/need-store.mjs",
    "js/scan.mjs",
    "js/scan-queue.mjs",
    "js/scan-read.mjs",
    "js/scan-send.mjs",
    "js/scan-setting.mjs",
    "js/scan-show.mjs",
    "js/scan-sound.mjs",
    "js/scan-camera.mjs",
)
