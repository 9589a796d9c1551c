// What the gun of this station adds may have just changed: the desks open in this browser draw themselves anew, and so
// does the one kept to start without network.
export default function (page) {
  if (globalThis.BroadcastChannel) new BroadcastChannel("refurb-desk").postMessage({ drawn: true });
  navigator.serviceWorker?.controller?.postMessage({ keep: page.dataset.desk, who: document.body.dataset.who });
}
