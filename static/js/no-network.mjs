// Leads back to what this browser kept to start without network, and tries the page again.
export default async function (page) {
  const again = page.querySelector("[data-again]");
  again.hidden = false;
  again.addEventListener("click", () => location.reload());
  window.addEventListener("online", () => location.reload());
  for (const link of page.querySelectorAll("[data-kept]")) {
    if (await caches.match(link.dataset.kept)) link.hidden = false;
  }
}
