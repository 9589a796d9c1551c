// What the desk shows: the last answer, the ledger, what waits on this device, what the server did not take.
import { codesOfScan, cut, display } from "./scan-read.mjs";
import { play } from "./scan-sound.mjs";

const IDS = ["setting", "last", "standing", "waiting", "rows", "counts", "empty", "actions"];
// What the page knows of whoever scans, as the server drew it.
const KNOWN = ["account", "organisation", "operator", "operatorId", "note", "token", "pile", "commands", "commandCodes", "places", "prefix", "suffix", "zone"];
const PATIENCE = 30000;
// Each drawing carries a form token of its own: what differs by it alone says the same.
const bare = (html) => html.replace(/name="csrf_token" value="[^"]*"/g, "").replace(/\s+/g, " ").trim();

// `on` hears: wired() when the setting was drawn anew, deed() after a tap that changed the queue, renewed(kept) when the
// desk was drawn anew, in place of one that was kept or not.
export function makeView(desk, station, on) {
  const parts = Object.fromEntries(IDS.map((id) => [id, desk.querySelector(`#desk-${id}`)]));
  const template = desk.querySelector(".desk-template").content;
  // How often something was shown: a drawing asked for before that is out of date.
  let shown = 0;
  let others = {};

  const say = (state, on) => {
    desk.querySelector(`[data-state="${state}"]`).hidden = !on;
  };
  const known = (row) => document.getElementById(/id="(scan-\d+)"/.exec(row)?.[1]);
  const aim = () => (parts.last.querySelector("#desk-pin") ?? desk.querySelector("#desk-text")).focus();
  const nameOf = (scan) => {
    const words = JSON.parse(desk.dataset.commands);
    const codes = codesOfScan(scan, desk.dataset);
    return codes.length ? codes.map((code) => words[code] ?? display(code)).join(" · ") : scan.text;
  };
  // The hour of the instance, as everywhere else on the page; a browser that does not know its zone says its own.
  const hourOf = (moment) => {
    const form = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    try {
      return new Date(moment).toLocaleTimeString("fr", { ...form, timeZone: desk.dataset.zone });
    } catch (error) {
      console.warn("zone", error);
      return new Date(moment).toLocaleTimeString("fr", form);
    }
  };
  const fill = (element, scan) => {
    const whole = nameOf(scan);
    element.textContent = cut(whole);
    if (element.textContent !== whole) element.title = whole;
    return element;
  };

  function show(answer, here) {
    shown += 1;
    if (here) parts.last.innerHTML = answer.last;
    if (answer.setting !== null) parts.setting.innerHTML = answer.setting;
    parts.counts.innerHTML = answer.counts;
    if (answer.standing !== null) parts.standing.innerHTML = answer.standing;
    for (const row of answer.rows) {
      if (!known(row)) parts.rows.insertAdjacentHTML("afterbegin", row);
    }
    // What this scan took back stays where it stood, struck through.
    for (const row of answer.changed ?? []) {
      const before = known(row);
      if (before) before.outerHTML = row;
    }
    for (const old of [...parts.rows.children].slice(50)) old.remove();
    parts.empty.hidden = true;
    parts.actions.hidden = false;
    on.wired();
    filter();
    say("clock", Boolean(answer.clock));
    if (!here) return;
    // What the page said when it opened is of before this scan.
    for (const old of document.querySelectorAll(".flashes")) old.remove();
    // On a telephone the answer begins under the fold: the box goes to the top, and both are seen.
    const form = desk.querySelector(".desk-box");
    if (form.offsetParent && parts.last.getBoundingClientRect().bottom > innerHeight) {
      form.scrollIntoView({ block: "start", behavior: "instant" });
    }
    play(answer.conflict ? "refused" : answer.answer);
    // The PIN of the badge that was just read is the next thing typed, unless the gun went on.
    const box = desk.querySelector("#desk-text");
    if (!box.value && document.activeElement === box) aim();
    const then = parts.last.querySelector("[data-then]");
    if (then) follow(then);
  }

  // What another area adds comes second, and its absence is no trouble. A gun that goes on does not ask for it.
  async function follow(what) {
    try {
      await new Promise((done) => setTimeout(done, 300));
      if (!what.isConnected) return;
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

  // -- Of whom the page is -----------------------------------------------------------------------------------------------
  const isOurs = (of) => String(of.account) === station.operator && String(of.organisation) === station.organisation;

  // Another's scans leave without a word about machines: how many, and whose.
  function left(name) {
    others[name] = (others[name] ?? 0) + 1;
    const words = desk.querySelector('[data-state="others"] span');
    const told = ([whose, n]) => (n === 1 ? words.dataset.one : words.dataset.many).replace("{n}", n).replace("{name}", whose);
    words.textContent = Object.entries(others).map(told).join(" ");
    say("others", true);
  }

  // What was said of this page's own changes is read by now.
  function heard() {
    others = {};
    for (const state of ["others", "renewed", "badge", "unreached"]) say(state, false);
  }

  let renewing = null;
  function renew() {
    renewing ??= draw().catch((error) => console.warn("renew", error)).finally(() => (renewing = null));
    return renewing;
  }

  // Draws the desk as the server has it now: another page of this browser changed who scans, or what is set.
  async function draw() {
    let page;
    let since;
    do {
      since = shown;
      const answer = await fetch(desk.dataset.page, { headers: { Accept: "text/html" }, redirect: "error", cache: "no-store", signal: AbortSignal.timeout?.(PATIENCE) });
      if (!answer.ok) return;
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } while (since !== shown);
    const fresh = page.querySelector(".desk");
    if (!fresh) return;
    shown += 1;
    const before = { ...desk.dataset };
    const set = bare(parts.setting.innerHTML);
    const wasKept = desk.hasAttribute("data-kept");
    for (const name of KNOWN) if (fresh.dataset[name] !== undefined) desk.dataset[name] = fresh.dataset[name];
    desk.removeAttribute("data-kept");
    const { operator: name, account, organisation, operatorId, note, token } = desk.dataset;
    Object.assign(station, { name, account, organisation, operator: operatorId, note, token });
    const typing = document.activeElement;
    for (const id of ["setting", "last", "standing", "rows", "counts"]) {
      const wanted = fresh.querySelector(`#desk-${id}`).innerHTML;
      if (bare(parts[id].innerHTML) !== bare(wanted)) parts[id].innerHTML = wanted;
    }
    for (const id of ["empty", "actions"]) parts[id].hidden = fresh.querySelector(`#desk-${id}`).hidden;
    desk.querySelector('[data-state="badge"] span').innerHTML = fresh.querySelector('[data-state="badge"] span').innerHTML;
    for (const field of document.querySelectorAll('input[name="csrf_token"]')) field.value = token;
    const who = before.operatorId !== operatorId || before.organisation !== organisation;
    if (who || before.account !== account) frame(page);
    on.wired();
    filter();
    if (typing && !typing.isConnected) aim();
    if (who || (!wasKept && ((before.pile && before.pile !== desk.dataset.pile) || set !== bare(parts.setting.innerHTML)))) {
      const words = desk.querySelector('[data-state="renewed"] span');
      words.textContent = who ? words.dataset.who.replace("{name}", name) : words.dataset.set;
      say("renewed", true);
    }
    on.renewed(wasKept);
  }

  // What surrounds the desk names who is signed in, too.
  function frame(page) {
    document.body.dataset.who = page.body.dataset.who ?? "";
    for (const where of ["header.bar", "aside.side"]) {
      const [old, wanted] = [document.querySelector(where), page.querySelector(where)];
      if (!old || !wanted) continue;
      old.replaceWith(wanted);
      document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: wanted } }));
    }
  }

  // -- What waits here ---------------------------------------------------------------------------------------------------
  function showWaiting(scan) {
    const card = template.cloneNode(true);
    fill(card.querySelector(".desk-code"), scan);
    parts.last.replaceChildren(card);
    play("waiting");
  }

  async function showQueue(queue, unwritten) {
    const waiting = await queue.all();
    say("unkept", queue.state === "unkept");
    say("full", queue.state === "full");
    const waits = waiting.length > 0 || unwritten() > 0;
    if (!waits) say("after", false);
    parts.empty.hidden = waiting.length > 0 || parts.rows.children.length > 0;
    const words = desk.querySelector('[data-state="queue"] span');
    say("queue", waiting.length > 0);
    words.textContent = waiting.length === 1 ? words.dataset.one : words.dataset.many.replace("{n}", waiting.length);
    desk.toggleAttribute("data-waiting", waits);
    // A whole day may wait: the latest are listed, all are counted.
    parts.waiting.replaceChildren(...waiting.slice(-50).reverse().map(line));
    await showHeld(queue);
    return waiting;
  }

  function line(scan) {
    const item = document.createElement("li");
    item.className = "desk-row tone-waits";
    const [word, what, time] = ["span", "span", "time"].map((name) => document.createElement(name));
    word.className = "desk-row-word";
    word.textContent = template.querySelector(".desk-word").textContent.trim();
    what.className = "desk-row-what";
    what.append(fill(part("code", ""), scan));
    if (scan.operator_name && scan.operator_name !== station.name) what.append(" ", part("quiet", scan.operator_name));
    time.dateTime = scan.client_at;
    time.textContent = hourOf(scan.client_at);
    item.append(word, what, time);
    return item;
  }

  function part(name, words) {
    const made = document.createElement("span");
    made.className = name;
    made.textContent = words;
    return made;
  }

  async function showHeld(queue) {
    const section = desk.querySelector(".desk-held");
    const list = section.querySelector("ul");
    const held = await queue.all("held");
    section.hidden = !held.length;
    list.replaceChildren(
      ...held.map((scan) => {
        const item = line(scan);
        const elsewhere = scan.organisation && scan.organisation !== station.organisation;
        const why = elsewhere && scan.why === "operator-unknown" ? "elsewhere" : scan.why.replace(/-(\w)/g, (_, c) => c.toUpperCase());
        item.querySelector(".desk-row-what").append(part("desk-row-sentence", list.dataset[why] ?? scan.why));
        // Each scan keeps its author, unless the server will not hear of them and somebody answers for it.
        const taken = { operator: station.note, operator_id: station.operator, operator_name: station.name, account: station.account, taken_over: true };
        const deeds = document.createElement("div");
        deeds.className = "desk-pile-actions";
        if (scan.why !== "operator-unknown") press(deeds, list.dataset.resend, () => queue.again(scan, {}));
        else if (!elsewhere) press(deeds, list.dataset.again, () => queue.again(scan, taken));
        press(deeds, list.dataset.drop, () => confirm(list.dataset.sure) && queue.drop(scan.n));
        item.append(deeds);
        return item;
      }),
    );
  }

  function press(deeds, words, deed) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-secondary";
    button.textContent = words;
    button.addEventListener("click", async () => {
      await deed();
      on.deed();
    });
    deeds.append(button);
  }

  // -- The ledger narrowed -----------------------------------------------------------------------------------------------
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

  return { aim, heard, isOurs, left, renew, say, show, showQueue, showWaiting };
}
