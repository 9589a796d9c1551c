// Starts what the page asks for: an element with data-module="copy" gets ./copy.mjs, once.
// Pages work without any of it; a module only adds to what is there.
const started = new WeakMap();

export function start(root) {
  const found = root.querySelectorAll("[data-module]");
  for (const element of root.matches?.("[data-module]") ? [root, ...found] : found) {
    for (const name of element.dataset.module.split(/\s+/)) {
      const names = started.get(element) ?? new Set();
      if (!/^[a-z][a-z0-9-]*$/.test(name) || names.has(name)) continue;
      started.set(element, names.add(name));
      import(`./${name}.mjs`).then((module) => module.default(element), (error) => console.error(name, error));
    }
  }
}

start(document.documentElement);
// What is kept to start without network is of whoever is signed in now.
if (document.body.dataset.who) navigator.serviceWorker?.controller?.postMessage({ who: document.body.dataset.who });
document.addEventListener("htmx:load", (event) => start(event.detail.elt));
