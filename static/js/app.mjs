// Starts what the page asks for: an element with data-module="copy" gets ./copy.mjs, once.
// Pages work without any of it; a module only adds to what is there.
const started = new WeakMap();

// Settles once each module has begun.
export function start(root) {
  const begun = [];
  const found = root.querySelectorAll("[data-module]");
  for (const element of root.matches?.("[data-module]") ? [root, ...found] : found) {
    for (const name of element.dataset.module.split(/\s+/)) {
      const names = started.get(element) ?? new Set();
      if (!/^[a-z][a-z0-9-]*$/.test(name) || names.has(name)) continue;
      started.set(element, names.add(name));
      const loaded = import(`./${name}.mjs`);
      begun.push(loaded.then((module) => void module.default(element), (error) => console.error(name, error)));
    }
  }
  return Promise.all(begun);
}

// Whoever drives the page by a program waits for this: before, a press does what it does without script.
start(document.documentElement).then(() => document.documentElement.setAttribute("data-started", ""));
// What is kept to start without network is of whoever is signed in now.
if (document.body.dataset.who) navigator.serviceWorker?.controller?.postMessage({ who: document.body.dataset.who });
document.addEventListener("htmx:load", (event) => start(event.detail.elt));
