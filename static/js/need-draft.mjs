// The form of a need: what is typed is kept encrypted on this device until the server has it, and leaves exactly once.
import { fieldsOf, openStore, send, sendWaiting } from "./need-store.mjs";

const PAUSE = 300;

export default async function (root) {
  const form = root.querySelector("form");
  const words = root.dataset;
  const store = await openStore(root);
  const shelf = document.querySelector(words.kept);
  if (!store) {
    notice(shelf, words.wordInsecure);
    return;
  }
  const number = form.elements.client_uuid;
  // A kept page carries the number it was kept with: each new demand takes its own. A page sent back keeps its number.
  if (words.fresh !== undefined) number.value = crypto.randomUUID();
  const send_to = words.send;
  let timer = 0;
  let passing = false;
  let changes = 0;
  let kept = 0;
  let writing = Promise.resolve();

  const keep = (state, deed) => {
    clearTimeout(timer);
    const [uuid, fields, upTo] = [number.value, fieldsOf(form), changes];
    writing = writing
      .catch(() => {})
      .then(() => store.put(uuid, state, deed, fields))
      .then(() => {
        kept = upTo;
        // What was typed while this was written is not in it.
        if (kept === changes) root.setAttribute("data-saved", "");
      });
    return writing;
  };
  // A device that has no room left keeps nothing: the form is still there, and still leaves by its button.
  const keepTyping = () => keep("typing", "save").catch((error) => console.warn("not kept", error));
  const soon = () => {
    changes += 1;
    root.removeAttribute("data-saved");
    clearTimeout(timer);
    timer = setTimeout(keepTyping, PAUSE);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && !passing && kept !== changes) keepTyping();
  });

  form.addEventListener("submit", async (event) => {
    if (passing) return;
    event.preventDefault();
    const button = event.submitter;
    const deed = button?.value === "save" ? "save" : "send";
    const fields = [...new FormData(form)].filter(([name]) => !["csrf_token", "client_uuid", "do"].includes(name));
    try {
      await keep("waiting", deed);
    } catch (error) {
      console.warn("not kept", error);
      passing = true;
      // Once this event is over: a form does not leave while it asks whether it may.
      setTimeout(() => form.requestSubmit(button));
      return;
    }
    for (const each of form.querySelectorAll("button[type=submit]")) each.disabled = true;
    const demand = { uuid: number.value, deed, fields, account: store.account, organisation: store.organisation };
    const answer = await send(demand, words.pulse, send_to);
    for (const each of form.querySelectorAll("button[type=submit]")) each.disabled = false;
    if (answer.state === "sent") {
      await store.remove(number.value);
      location.assign(answer.url);
    } else if (answer.state === "wrong") {
      // The server says what is wrong on a page of its own, with everything that was typed.
      await keep("typing", deed);
      passing = true;
      form.requestSubmit(button);
    } else {
      form.hidden = true;
      notice(shelf, answer.state === "later" ? words.wordWaiting : words.wordSignedOut, [
        [words.wordAgain, () => location.assign(location.pathname + location.search)],
      ]);
      root.setAttribute("data-waiting", "");
      shelf.scrollIntoView({ block: "center" });
    }
  });

  let tried = 0;
  const leave = () =>
    sendWaiting(store, words.pulse, send_to, (demand, answer) => {
      root.setAttribute("data-tried", ++tried);
      if (answer.state === "sent") {
        notice(shelf, words.wordSent, [[words.wordSee, () => location.assign(answer.url)]]);
        root.removeAttribute("data-waiting");
      }
    });
  addEventListener("online", leave);
  await leave();
  if (words.fresh !== undefined && shelf && !shelf.querySelector(".notice")) await offer();
  root.setAttribute("data-ready", "");
  keepPage(words.worker);

  // What was begun and not sent is offered again, the last one first.
  async function offer() {
    const begun = (await store.all("typing")).filter((demand) => demand.uuid !== number.value).at(-1);
    if (!begun) return;
    notice(shelf, words.wordKept, [
      [words.wordResume, () => {
        number.value = begun.uuid;
        fill(form, begun.fields);
        clear(shelf);
        form.querySelector("input:not([type=hidden]), select, textarea")?.focus();
      }],
      [words.wordForget, async () => {
        await store.remove(begun.uuid);
        clear(shelf);
      }],
    ]);
  }
}

function fill(form, fields) {
  for (const control of form.elements) {
    if (!control.name || ["csrf_token", "client_uuid"].includes(control.name)) continue;
    const values = fields.filter(([name]) => name === control.name).map(([, value]) => value);
    if (control.type === "radio" || control.type === "checkbox") control.checked = values.includes(control.value);
    else if (control.tagName !== "BUTTON" && control.type !== "hidden") control.value = values[0] ?? "";
    const more = control.closest("details");
    if (more && values.some((value) => value)) more.open = true;
  }
}

// What is said stands beside the template of its icon, which stays.
function clear(shelf) {
  for (const box of shelf.querySelectorAll(":scope > .notice")) box.remove();
}

function notice(shelf, text, deeds = []) {
  if (!shelf || !text) return;
  const box = document.createElement("div");
  box.className = "notice notice-waits";
  const body = document.createElement("div");
  body.className = "notice-body";
  const said = document.createElement("p");
  said.textContent = text;
  body.append(said);
  const line = document.createElement("div");
  line.className = "button-line";
  for (const [word, deed] of deeds) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-secondary";
    button.textContent = word;
    button.addEventListener("click", deed);
    line.append(button);
  }
  if (deeds.length) body.append(line);
  box.append(shelf.querySelector("template").content.cloneNode(true), body);
  clear(shelf);
  shelf.append(box);
}

// The page itself starts without network: the service worker of the desk keeps it, asked anew at each visit.
async function keepPage(worker) {
  if (!worker || !navigator.serviceWorker) return;
  try {
    await navigator.serviceWorker.register(worker, { scope: "/" });
    const ready = await navigator.serviceWorker.ready;
    if (navigator.onLine) ready.active?.postMessage({ keep: location.pathname });
  } catch (error) {
    console.warn("worker", error);
  }
}
