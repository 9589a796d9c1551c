// Signing out with scans that wait is refused: they would stay on this device, and nobody would send them.
import { openQueue } from "./scan-queue.mjs";

export default function (form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const waiting = await (await openQueue()).count();
    if (!waiting) {
      navigator.serviceWorker?.controller?.postMessage({ forget: true });
      form.submit();
      return;
    }
    const said = form.querySelector("[role=alert]") ?? form.appendChild(document.createElement("p"));
    said.className = "error";
    said.setAttribute("role", "alert");
    said.textContent = form.dataset.waiting.replace("{n}", waiting);
  });
}
