// Lets the pages of KEPT.pages start without network. The server writes KEPT before this text: its version, the static
// files, for each address the page kept in its place, and the page that stands in for all others.
"use strict";

const FILES = `refurb-files-${KEPT.version}`;
const PAGES = `refurb-pages-${KEPT.version}`;
// Where the pages say whose they are; no address of the server.
const WHO = "/sw.js?who";
const PATIENCE = 4000;
const LONGEST = 30000;
const SLOW_FOR = 30000;
let slowAt = -SLOW_FOR;

async function keepFiles() {
  const cache = await caches.open(FILES);
  await cache.addAll(KEPT.files.map((url) => new Request(url, { cache: "reload" })));
  // Of nobody in particular: it outlives whoever is signed in.
  await cache.add(new Request(KEPT.nowhere, { cache: "reload", credentials: "omit" }));
}

const nowhere = async () => (await (await caches.open(FILES)).match(KEPT.nowhere)) ?? Response.error();

// Keeps a page, drops one that is not for who is signed in now; raises when it cannot tell. A page of another release
// than these files is not kept: the worker of that release will.
async function keepPage(url) {
  const answer = await fetch(url, { redirect: "error", cache: "no-store", signal: AbortSignal.timeout?.(LONGEST) });
  const pages = await caches.open(PAGES);
  if (answer.status === 403) return pages.delete(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  if (answer.headers.get("Refurb-Release") === KEPT.version) return pages.put(url, answer);
  throw new Error(`${url}: of another release`);
}

// A new release comes with its pages or not at all: files of one and a page of another would not start without
// network. While the session is over the old ones stay, whole, and the browser tries again at a later visit.
async function takeOver() {
  await keepFiles();
  const who = await caches.match(WHO);
  if (who) await (await caches.open(PAGES)).put(WHO, who);
  for (const url of Object.values(KEPT.pages)) if (await caches.match(url)) await keepPage(url);
}

async function give(back) {
  await caches.delete(FILES);
  await caches.delete(PAGES);
  throw back;
}

self.addEventListener("install", (event) => {
  event.waitUntil(takeOver().then(() => self.skipWaiting(), give));
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) {
      if (/^refurb-(files|pages)/.test(name) && name !== FILES && name !== PAGES) await caches.delete(name);
    }
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

// Whoever is signed in now: the pages kept for somebody else are kept anew for them, or not at all.
async function serve(who) {
  const pages = await caches.open(PAGES);
  const before = await (await pages.match(WHO))?.text();
  if (before === who) return;
  const kept = (await pages.keys()).map((request) => new URL(request.url).pathname).filter((path) => path !== "/sw.js");
  for (const path of kept) await pages.delete(path);
  await pages.put(WHO, new Response(who));
  for (const path of kept) await keepPage(path).catch((error) => console.warn("keep", error));
}

async function forget() {
  for (const name of await caches.keys()) if (name.startsWith("refurb-pages")) await caches.delete(name);
}

// One after the other: what is forgotten does not come back by a page that was still on its way.
let work = Promise.resolve();

// A page that works offline asks, at each visit, to be kept as it is for whoever is signed in now; signing out, to be
// forgotten; any page says who is signed in.
self.addEventListener("message", (event) => {
  const { keep, who, forget: over } = event.data ?? {};
  const deed = async () => {
    if (over) await forget();
    if (who) await serve(who);
    if (KEPT.pages[keep]) await keepPage(KEPT.pages[keep]);
  };
  work = work.then(deed).catch((error) => console.warn("keep", error));
  event.waitUntil(work);
});

// The network first, for what it says is of now; but a network that only pretends is given a few seconds, and once it
// was found out, no more than a moment for a while.
async function ofNetwork(request, kept) {
  const asked = fetch(request);
  const patience = performance.now() - slowAt < SLOW_FOR ? PATIENCE / 20 : PATIENCE;
  const late = new Promise((resolve) => setTimeout(resolve, patience));
  try {
    const answer = await Promise.race([asked, late]);
    // A server that is down behind its proxy is no better than none.
    if (answer) return answer.status >= 502 && answer.status <= 504 ? ((await kept()) ?? answer) : answer;
  } catch (error) {
    return (await kept()) ?? Promise.reject(error);
  }
  const found = await kept();
  if (!found) return asked;
  slowAt = performance.now();
  asked.then(() => (slowAt = -SLOW_FOR), () => {});
  return found;
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const { method, mode } = event.request;
  if (url.origin !== self.location.origin) return;
  // An installed page has no address bar to come back from the browser's own page of error; nor has a button of the desk.
  if (mode === "navigate" && (method === "GET" ? !(url.pathname in KEPT.pages) : url.pathname.startsWith("/scan/"))) {
    event.respondWith(fetch(event.request).catch(nowhere));
  } else if (method !== "GET") {
    return;
  } else if (mode === "navigate") {
    const kept = async () => (await caches.open(PAGES)).match(KEPT.pages[url.pathname]);
    event.respondWith(ofNetwork(event.request, kept).catch(nowhere));
  } else if (url.pathname.startsWith("/static/")) {
    const kept = async () => (await caches.open(FILES)).match(event.request, { ignoreSearch: true });
    event.respondWith(ofNetwork(event.request, kept));
  }
});
