// Lets the pages of KEPT.pages start without network. The server writes KEPT before this text: its version, the static
// files, and for each address the page kept in its place.
"use strict";

const FILES = `refurb-files-${KEPT.version}`;
const PAGES = "refurb-pages";
const PATIENCE = 4000;

async function keepFiles() {
  const cache = await caches.open(FILES);
  await cache.addAll(KEPT.files.map((url) => new Request(url, { cache: "reload" })));
}

async function keepPage(url) {
  const answer = await fetch(url, { redirect: "error", cache: "no-store" });
  if (answer.ok) await (await caches.open(PAGES)).put(url, answer);
}

self.addEventListener("install", (event) => {
  event.waitUntil(keepFiles().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("refurb-files-") && name !== FILES) await caches.delete(name);
    }
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

// A page that works offline asks, at each visit, to be kept as it is for whoever is signed in now; signing out, to be
// forgotten.
self.addEventListener("message", (event) => {
  const page = KEPT.pages[event.data?.keep];
  if (page) event.waitUntil(keepPage(page).catch((error) => console.warn("keep", error)));
  if (event.data?.forget) event.waitUntil(caches.delete(PAGES));
});

// The network first, for what it says is of now; but a network that only pretends is given a few seconds.
async function ofNetwork(request, kept) {
  const asked = fetch(request);
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  try {
    const answer = await Promise.race([asked, patience]);
    if (answer) return answer;
  } catch (error) {
    return (await kept()) ?? Promise.reject(error);
  }
  return (await kept()) ?? asked;
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && url.pathname in KEPT.pages) {
    const kept = async () => (await caches.open(PAGES)).match(KEPT.pages[url.pathname]);
    event.respondWith(ofNetwork(event.request, kept));
  } else if (url.pathname.startsWith("/static/")) {
    const kept = async () => (await caches.open(FILES)).match(event.request, { ignoreSearch: true });
    event.respondWith(ofNetwork(event.request, kept));
  }
});
