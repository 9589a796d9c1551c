// The desk with a gun: a scan is kept on the disk, the box is free at once, and the queue leaves in order, whatever the
// network does. Without this module the same form sends one scan a page.
import { openQueue } from "./scan-queue.mjs";
import { codeOf, display } from "./scan-read.mjs";
import { isQuiet, play, setQuiet } from "./scan-sound.mjs";

const AGAIN_AFTER = 4000;
const TRIES = 3;

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID(); // absent from addresses that are not secure
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  return [8, 12, 16, 20].reduceRight((text, at) => `${text.slice(0, at)}-${text.slice(at)}`, hex);
}

export default async function (desk) {
  const form = desk.querySelector(".desk-box");
  const box = form.elements.text;
  const ids = ["setting", "last", "standing", "waiting", "rows", "counts", "empty", "actions"];
  const parts = Object.fromEntries(ids.map((id) => [id, desk.querySelector(`#desk-${id}`)]));
  const template = desk.querySelector(".desk-template").content;
  const commands = JSON.parse(desk.dataset.commands);
  const commandCodes = JSON.parse(desk.dataset.commandCodes);
  let { token, note } = desk.dataset;
  // Scans made before the database is open are not lost: they wait for it, in order.
  let writing = openQueue();
  const opened = writing;
  let busy = false;
  let refusals = 0;

  const say = (state, on) => {
    desk.querySelector(`[data-state="${state}"]`).hidden = !on;
  };
  const only = (state) => ["offline", "signed-out", "forbidden", "trouble"].forEach((one) => say(one, one === state));

  // -- What is shown ---------------------------------------------------------------------------------------------------
  function show(answer) {
    parts.last.innerHTML = answer.last;
    if (answer.setting !== null) parts.setting.innerHTML = answer.setting;
    parts.counts.innerHTML = answer.counts;
    if (answer.standing !== null) parts.standing.innerHTML = answer.standing;
    for (const row of answer.rows) {
      const id = /id="(scan-\d+)"/.exec(row)?.[1];
      if (!document.getElementById(id)) parts.rows.insertAdjacentHTML("afterbegin", row);
    }
    for (const old of [...parts.rows.children].slice(50)) old.remove();
    parts.empty.hidden = true;
    parts.actions.hidden = false;
    wire();
    filter();
    play(answer.conflict ? "refused" : answer.answer);
    const then = parts.last.querySelector("[data-then]");
    if (then) follow(then);
  }

  // What another area adds comes second, and its absence is no trouble.
  async function follow(what) {
    try {
      const answer = await fetch(what.dataset.then, { headers: { Accept: "text/html" }, redirect: "error" });
      if (!answer.ok || !what.isConnected) return;
      const added = document.createElement("div");
      added.className = "desk-then";
      added.innerHTML = await answer.text();
      what.append(added);
    } catch (error) {
      console.error("then", error);
    }
  }

  function showWaiting(scan) {
    const code = codeOf(scan.text);
    const card = template.cloneNode(true);
    card.querySelector(".desk-code").textContent = commands[code] ?? (code ? display(code) : scan.text);
    parts.last.replaceChildren(card);
    play("waiting");
  }

  async function showQueue() {
    const queue = await opened;
    const waiting = await queue.all();
    const words = desk.querySelector('[data-state="queue"] span');
    say("queue", waiting.length > 0);
    words.textContent = waiting.length === 1 ? words.dataset.one : words.dataset.many.replace("{n}", waiting.length);
    desk.toggleAttribute("data-waiting", waiting.length > 0);
    // A whole day may wait: the latest are listed, all are counted.
    parts.waiting.replaceChildren(...waiting.slice(-50).reverse().map(line));
    await showHeld(queue);
  }

  function line(scan) {
    const item = document.createElement("li");
    item.className = "desk-row tone-waits";
    const code = codeOf(scan.text);
    const [word, what, time] = ["span", "span", "time"].map((name) => document.createElement(name));
    word.className = "desk-row-word";
    word.textContent = template.querySelector(".desk-word").textContent.trim();
    what.className = "desk-row-what code";
    what.textContent = commands[code] ?? (code ? display(code) : scan.text);
    time.dateTime = scan.client_at;
    time.textContent = new Date(scan.client_at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const by = document.createElement("span");
    by.textContent = scan.operator_name && scan.operator_name !== desk.dataset.operator ? scan.operator_name : "";
    item.append(word, what, time, by);
    return item;
  }

  async function showHeld(queue) {
    const section = desk.querySelector(".desk-held");
    const list = section.querySelector("ul");
    const held = await queue.all("held");
    section.hidden = !held.length;
    list.replaceChildren(
      ...held.map((scan) => {
        const item = line(scan);
        item.children[3].textContent = list.dataset[scan.why.replace(/-(\w)/g, (_, c) => c.toUpperCase())] ?? scan.why;
        for (const [words, deed] of [[list.dataset.again, () => queue.again(scan, { operator: note, tries: 0 })], [list.dataset.drop, () => queue.drop(scan.n)]]) {
          const button = document.createElement("button");
          button.type = "button";
          button.className = "btn btn-secondary";
          button.textContent = words;
          button.addEventListener("click", async () => {
            await deed();
            await showQueue();
            drain();
          });
          item.append(button);
        }
        return item;
      }),
    );
  }

  // -- In, and out -----------------------------------------------------------------------------------------------------
  function take(text) {
    const scan = { text, client_uuid: uuid(), client_at: new Date().toISOString(), operator: note, operator_name: desk.dataset.operator };
    writing = writing.then(async (queue) => {
      await queue.add(scan);
      if (!navigator.onLine || desk.hasAttribute("data-away")) showWaiting(scan);
      desk.toggleAttribute("data-waiting", true);
      drain();
      return queue;
    });
    return writing;
  }

  async function send(scan) {
    const ask = () =>
      fetch(desk.dataset.send, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
        body: JSON.stringify({ text: scan.text, client_uuid: scan.client_uuid, client_at: scan.client_at, operator: scan.operator }),
        redirect: "error",
      });
    const answer = await ask();
    // A form token of before a sign-in, or of a page that was kept for days: fetched anew, once.
    if (answer.status !== 400) return answer;
    const fresh = await refresh();
    return fresh.ok ? ask() : fresh;
  }

  async function refresh() {
    const answer = await fetch(desk.dataset.fresh, { headers: { Accept: "application/json" }, redirect: "error", cache: "no-store" });
    if (!answer.ok) return answer;
    const fresh = await answer.json();
    token = fresh.token;
    note = fresh.note;
    desk.dataset.operator = fresh.name;
    for (const field of document.querySelectorAll('input[name="csrf_token"]')) field.value = token;
    return answer;
  }

  async function drain() {
    if (busy) return;
    busy = true;
    const queue = await opened;
    try {
      // One page at a time sends, where the browser can tell; two would still count each scan once.
      if (navigator.locks) await navigator.locks.request("refurb-desk-send", { ifAvailable: true }, (lock) => lock && empty(queue));
      else await empty(queue);
    } catch (error) {
      console.error("scan", error);
    }
    busy = false;
    await showQueue();
  }

  async function empty(queue) {
    for (let scan = await queue.first(); scan; scan = await queue.first()) {
      let answer;
      try {
        answer = await send(scan);
      } catch (error) {
        // The scan stays first in line under its own identifier: sent again, it counts once.
        console.warn("scan", error);
        away("offline", scan);
        return;
      }
      if (answer.status === 401) return away("signed-out", scan);
      if (answer.status === 403 || answer.status === 400) return away("forbidden", scan);
      if (answer.status === 409 || answer.status === 422) {
        const told = await answer.json().catch(() => ({}));
        // Two writers that met, on the server: again, and it passes.
        if (told.code) await queue.hold(scan, told.code);
        else if (++refusals >= TRIES) return away("trouble", scan);
        continue;
      }
      if (answer.status >= 500) {
        if (++refusals < TRIES) return away("trouble", scan);
        // What breaks the server each time must not keep the others waiting; it is kept, and shown.
        if (await alive()) await queue.hold(scan, "broken");
        refusals = 0;
        continue;
      }
      if (!answer.ok) return away("trouble", scan);
      const told = await answer.json();
      await queue.remove(scan.n);
      refusals = 0;
      desk.removeAttribute("data-away");
      only(null);
      show(told);
    }
  }

  async function alive() {
    try {
      return (await fetch(desk.dataset.fresh, { redirect: "error", cache: "no-store" })).ok;
    } catch {
      return false;
    }
  }

  function away(state, scan) {
    if (!desk.hasAttribute("data-away")) showWaiting(scan);
    desk.setAttribute("data-away", state);
    only(state);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value;
    box.value = "";
    if (text.trim()) take(text);
    else drain();
  });
  desk.addEventListener("refurb:scanned", (event) => take(event.detail));

  // A choice in the list is the card of the same name: it waits its turn among the scans.
  function wire() {
    const command = parts.setting.querySelector(".desk-command");
    if (!command || command.dataset.wired) return;
    command.dataset.wired = "yes";
    command.querySelector("button").hidden = true;
    command.elements.command.addEventListener("change", (event) => {
      take(commandCodes[event.target.value]);
      box.focus();
    });
  }

  // -- The ledger, the keys, the sound ---------------------------------------------------------------------------------
  const filtered = desk.querySelector(".desk-filter");
  const wanted = filtered.querySelector("select");
  filtered.hidden = false;
  function filter() {
    for (const row of parts.rows.children) {
      const is = wanted.value === "conflict" ? row.hasAttribute("data-conflict") : row.dataset.answer === wanted.value;
      row.hidden = Boolean(wanted.value) && !is;
    }
  }
  wanted.addEventListener("change", filter);

  // The box always has the focus, unless somebody is using something else on the page: keys that a gun types come back.
  document.addEventListener("keydown", (event) => {
    const at = document.activeElement;
    const typing = at && (at.matches("input, textarea, select, summary") || at.isContentEditable);
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
    if (event.key === " " && at?.matches("button, a")) return;
    box.focus();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("a, button, input, select, textarea, label, summary, details, video") && !String(getSelection())) box.focus();
  });
  window.addEventListener("pageshow", () => box.focus());

  const sound = desk.querySelector(".desk-sound");
  const button = sound.querySelector("button");
  sound.hidden = false;
  const pressed = () => button.setAttribute("aria-pressed", isQuiet() ? "false" : "true");
  button.addEventListener("click", () => {
    setQuiet(!isQuiet());
    pressed();
    play("done");
    box.focus();
  });
  pressed();
  wire();
  box.focus();

  // -- With and without network ----------------------------------------------------------------------------------------
  window.addEventListener("online", drain);
  window.addEventListener("offline", () => only("offline"));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && drain());
  setInterval(() => desk.hasAttribute("data-waiting") && drain(), AGAIN_AFTER);
  // Without the database, leaving loses what waits.
  const queue = await opened;
  say("unkept", !queue.kept);
  window.addEventListener("beforeunload", (event) => {
    if (!queue.kept && desk.hasAttribute("data-waiting")) event.preventDefault();
  });
  if (desk.hasAttribute("data-kept")) {
    desk.setAttribute("data-away", "offline");
    only("offline");
  }
  await showQueue();
  drain();

  if (!isSecureContext || !navigator.serviceWorker) {
    say("insecure", true);
    return;
  }
  import("./scan-camera.mjs").then((camera) => camera.default(desk), (error) => console.error("camera", error));
  navigator.storage?.persist?.().catch(() => {});
  try {
    await navigator.serviceWorker.register(desk.dataset.worker, { scope: "/" });
    const ready = await navigator.serviceWorker.ready;
    // The kept page is of whoever scans now: fetched anew at each visit.
    if (!desk.hasAttribute("data-kept")) ready.active?.postMessage({ keep: new URL(location.href).pathname });
    desk.setAttribute("data-installed", "");
  } catch (error) {
    console.error("worker", error);
  }
}
