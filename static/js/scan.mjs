// The desk with a gun: each scan is sent without leaving the page, in the order it was made, and answered aloud.
// Without this module the same form sends one scan a page.
const TONES = {
  done: [[880, 0, 0.12]],
  already: [[660, 0, 0.09], [660, 0.13, 0.09]],
  refused: [[196, 0, 0.4]],
  unknown: [[440, 0, 0.1], [349, 0.12, 0.1], [294, 0.24, 0.16]],
};
const QUIET = "refurb.desk.quiet";

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID(); // absent from addresses that are not secure
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  return [8, 12, 16, 20].reduceRight((text, at) => `${text.slice(0, at)}-${text.slice(at)}`, hex);
}

export default function (desk) {
  const form = desk.querySelector(".desk-box");
  const box = form.elements.text;
  const parts = Object.fromEntries(["setting", "last", "rows", "counts", "empty", "actions"].map((id) => [id, desk.querySelector(`#desk-${id}`)]));
  const queue = [];
  let busy = false;
  let context = null;

  function play(answer) {
    if (localStorage.getItem(QUIET)) return;
    context ??= new AudioContext();
    context.resume();
    for (const [pitch, start, length] of TONES[answer] ?? []) {
      const sound = context.createOscillator();
      const volume = context.createGain();
      sound.type = answer === "refused" ? "square" : "sine";
      sound.frequency.value = pitch;
      volume.gain.value = answer === "refused" ? 0.12 : 0.25;
      sound.connect(volume).connect(context.destination);
      sound.start(context.currentTime + start);
      sound.stop(context.currentTime + start + length);
    }
  }

  function show(answer) {
    parts.last.innerHTML = answer.last;
    parts.setting.innerHTML = answer.setting;
    parts.counts.innerHTML = answer.counts;
    for (const row of answer.rows) {
      const id = /id="(scan-\d+)"/.exec(row)?.[1];
      if (!document.getElementById(id)) parts.rows.insertAdjacentHTML("afterbegin", row);
    }
    for (const old of [...parts.rows.children].slice(50)) old.remove();
    parts.empty.hidden = true;
    parts.actions.hidden = false;
    wire();
    play(answer.answer);
  }

  function stop(sentence) {
    const said = document.createElement("p");
    said.className = "desk-word";
    said.textContent = sentence;
    const frame = document.createElement("div");
    frame.className = "desk-answer tone-refused";
    frame.dataset.answer = "refused";
    frame.append(said);
    parts.last.replaceChildren(frame);
    play("refused");
  }

  async function drain() {
    if (busy) return;
    busy = true;
    while (queue.length) {
      const scan = queue[0];
      try {
        const answer = await fetch(desk.dataset.send, {
          method: "POST",
          headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": desk.dataset.token },
          body: JSON.stringify(scan),
          redirect: "error",
        });
        if (answer.status === 401 || answer.status === 403 || answer.status === 400) {
          stop(desk.dataset.signedOut);
          break;
        }
        if (!answer.ok) throw new Error(String(answer.status));
        queue.shift();
        show(await answer.json());
      } catch (error) {
        // The scan stays first in line under its own identifier: sent again with the next one, it counts once.
        console.error("scan", error);
        stop(desk.dataset.offline);
        break;
      }
    }
    busy = false;
    desk.toggleAttribute("data-waiting", queue.length > 0);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value;
    box.value = "";
    if (!text.trim() && !queue.length) return;
    if (text.trim()) queue.push({ text, client_uuid: uuid(), client_at: new Date().toISOString() });
    drain();
  });

  // A choice in the list is sent at once; the button is for when there is no script.
  function wire() {
    const command = parts.setting.querySelector(".desk-command");
    if (!command || command.dataset.wired) return;
    command.dataset.wired = "yes";
    command.querySelector("button").hidden = true;
    command.elements.command.addEventListener("change", () => command.requestSubmit());
  }

  // The box always has the focus, unless somebody is using something else on the page: keys that a gun types come back.
  document.addEventListener("keydown", (event) => {
    const at = document.activeElement;
    const typing = at && (at.matches("input, textarea, select, summary") || at.isContentEditable);
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
    if (event.key === " " && at?.matches("button, a")) return;
    box.focus();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("a, button, input, select, textarea, label, summary, details") && !String(getSelection())) box.focus();
  });
  window.addEventListener("pageshow", () => box.focus());
  window.addEventListener("beforeunload", (event) => {
    if (queue.length) event.preventDefault();
  });

  const sound = desk.querySelector(".desk-sound");
  const button = sound.querySelector("button");
  sound.hidden = false;
  const say = () => button.setAttribute("aria-pressed", localStorage.getItem(QUIET) ? "false" : "true");
  button.addEventListener("click", () => {
    if (localStorage.getItem(QUIET)) localStorage.removeItem(QUIET);
    else localStorage.setItem(QUIET, "yes");
    say();
    play("done");
    box.focus();
  });
  say();
  wire();
  box.focus();
}
