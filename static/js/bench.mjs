// Shows the question of the agent as soon as the machine asks it: the phone waits, nobody reloads.
const EVERY = 3000;

export default function (place) {
  let told = place.innerHTML.trim();
  let asked = 0;
  let heard = 0;
  const look = async () => {
    if (document.hidden || place.contains(document.activeElement)) return;
    const mine = ++asked;
    try {
      const answer = await fetch(place.dataset.from, { headers: { Accept: "text/html" }, credentials: "same-origin", redirect: "error" });
      if (!answer.ok) return;
      const html = (await answer.text()).trim();
      // A slow answer may come after the next one, or when somebody has begun to answer what stands there.
      if (mine < heard || place.contains(document.activeElement)) return;
      heard = mine;
      // Each answer carries a form token of its own: what differs by it alone is the same question.
      const bare = (text) => text.replace(/name="csrf_token" value="[^"]*"/g, "").replace(/\s+/g, " ");
      if (bare(html) === bare(told)) return;
      told = html;
      place.innerHTML = html;
      // What comes next waits for the answer.
      const next = place.parentElement.querySelector(":scope > .next");
      if (next) next.hidden = Boolean(place.querySelector(".bench-ask"));
    } catch {
      // No network: the page stays as it is, and asks again.
    }
  };
  setInterval(look, EVERY);
}
