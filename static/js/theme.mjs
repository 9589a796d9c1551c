// Changes the colours at once; the cookie is written by the server, as it is without JavaScript.
export default function (form) {
  form.addEventListener("submit", (event) => {
    const chosen = event.submitter?.value;
    if (!chosen) return;
    event.preventDefault();
    const data = new FormData(form, event.submitter);
    fetch(form.action, { method: "POST", body: data, redirect: "manual", credentials: "same-origin" }).then(() => {
      document.documentElement.dataset.theme = chosen;
      document.querySelector('meta[name="color-scheme"]').content = chosen === "auto" ? "light dark" : chosen;
      // The bar around an installed page is of the page's colour, as base.html has it.
      const papers = { light: "#faf6ee", dark: "#171b18" };
      for (const [scheme, paper] of Object.entries(papers)) {
        document.querySelector(`meta[name="theme-color"][media*="${scheme}"]`).content = papers[chosen] ?? paper;
      }
      for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === chosen));
    }, () => form.submit());
  });
}
