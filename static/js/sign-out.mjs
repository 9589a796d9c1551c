// Signing out with scans that wait is refused: they would stay on this device, and nobody would send them. Who may not
// scan, and whom they are none of, could not send them either.
import { openQueue } from "./scan-queue.mjs";

export default function (form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { account, organisation, one, many } = form.dataset;
    const waiting = many ? await count(account, organisation) : 0;
    if (!waiting) {
      navigator.serviceWorker?.controller?.postMessage({ forget: true });
      form.submit();
      return;
    }
    const said = form.querySelector("[role=alert]") ?? form.appendChild(document.createElement("p"));
    said.className = "error";
    said.setAttribute("role", "alert");
    said.textContent = waiting === 1 ? one : many.replace("{n}", waiting);
  });
}

async function count(account, organisation) {
  try {
    return await (await openQueue()).countFor(account, organisation);
  } catch (error) {
    // What no page can read, no page can send.
    console.error("queue", error);
    return 0;
  }
}
