// Demands kept on this device: encrypted with a key that never leaves the browser (WebCrypto, not extractable), so that
// a copy of its files says nothing. A place without WebCrypto or a database keeps nothing at all, and says so.
const NAME = "refurb-needs";
const DAYS = 30;
// What tells two demands of one person is used once by the server and kept nowhere.
const NEVER = new Set(["csrf_token", "client_uuid", "twin_birth", "twin_surname", "do"]);

function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function done(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

function openDatabase() {
  const asked = indexedDB.open(NAME, 1);
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore("keys", { keyPath: "account" });
    asked.result.createObjectStore("drafts", { keyPath: "uuid" });
  };
  return result(asked);
}

// One key for each account of this browser: who signs in next reads nothing of who signed in before.
async function keyOf(database, account) {
  const found = await result(database.transaction("keys").objectStore("keys").get(account));
  if (found) return found.key;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const transaction = database.transaction("keys", "readwrite", { durability: "strict" });
  const keys = transaction.objectStore("keys");
  // Two pages opened at once: the first key stays.
  const first = await result(keys.get(account));
  if (!first) keys.put({ account, key: made });
  await done(transaction);
  return first ? first.key : made;
}

class Store {
  constructor(database, key, account, organisation) {
    Object.assign(this, { database, key, account, organisation });
  }

  // `state` is "typing" or "waiting"; `deed` is the button that was pressed.
  async put(uuid, state, deed, fields) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify({ deed, fields }));
    const box = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bytes(uuid) }, this.key, plain);
    const transaction = this.database.transaction("drafts", "readwrite", { durability: "strict" });
    const { account, organisation } = this;
    transaction.objectStore("drafts").put({ uuid, account, organisation, state, at: Date.now(), iv, box });
    await done(transaction);
  }

  async remove(uuid) {
    const transaction = this.database.transaction("drafts", "readwrite", { durability: "strict" });
    transaction.objectStore("drafts").delete(uuid);
    await done(transaction);
  }

  // The demands of this person for this service, the oldest first; what no key opens any more is forgotten.
  async all(state) {
    const rows = await result(this.database.transaction("drafts").objectStore("drafts").getAll());
    const found = [];
    for (const row of rows.sort((one, other) => one.at - other.at)) {
      if (row.account !== this.account) continue;
      if (Date.now() - row.at > DAYS * 864e5) await this.remove(row.uuid);
      else if (row.organisation === this.organisation && row.state === state) {
        try {
          const clear = { name: "AES-GCM", iv: row.iv, additionalData: bytes(row.uuid) };
          const plain = await crypto.subtle.decrypt(clear, this.key, row.box);
          found.push({ uuid: row.uuid, at: row.at, ...JSON.parse(new TextDecoder().decode(plain)) });
        } catch {
          await this.remove(row.uuid);
        }
      }
    }
    return found;
  }
}

function bytes(text) {
  return new TextEncoder().encode(text);
}

// Returns the store of whoever is signed in, null where nothing can be kept safely.
export async function openStore(element) {
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle || !globalThis.indexedDB) return null;
  try {
    const database = await openDatabase();
    const account = Number(element.dataset.account);
    return new Store(database, await keyOf(database, account), account, Number(element.dataset.organisation));
  } catch (error) {
    console.warn("needs are not kept on this device", error);
    return null;
  }
}

export function fieldsOf(form) {
  return [...new FormData(form)].filter(([name, value]) => !NEVER.has(name) && typeof value === "string");
}

// Sends one demand. Its number makes twice once. Returns {state: "sent", url}, "wrong", "signed-out" or "later".
export async function send(demand, pulse, address) {
  try {
    const who = await fetch(pulse, { headers: { Accept: "application/json" }, cache: "no-store", redirect: "error" });
    if (!who.ok) return { state: who.status >= 500 ? "later" : "signed-out" };
    const known = await who.json();
    if (known.account !== demand.account || known.organisation !== demand.organisation) return { state: "signed-out" };
    const body = new URLSearchParams(demand.fields);
    body.set("csrf_token", known.csrf);
    body.set("client_uuid", demand.uuid);
    body.set("do", demand.deed);
    const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang };
    const answer = await fetch(address, { method: "POST", headers, body, redirect: "error" });
    if (answer.status === 201) return { state: "sent", url: (await answer.json()).url };
    if (answer.status === 422) return { state: "wrong" };
    return { state: answer.status === 401 || answer.status === 403 ? "signed-out" : "later" };
  } catch {
    return { state: "later" };
  }
}

// Sends what waits, one after the other and in one page at a time. Calls `told(demand, answer)` for each.
export async function sendWaiting(store, pulse, address, told) {
  const deed = async () => {
    for (const demand of await store.all("waiting")) {
      const answer = await send({ ...demand, account: store.account, organisation: store.organisation }, pulse, address);
      if (answer.state === "sent") await store.remove(demand.uuid);
      if (answer.state === "wrong") await store.put(demand.uuid, "typing", demand.deed, demand.fields);
      told(demand, answer);
      if (answer.state === "later" || answer.state === "signed-out") return;
    }
  };
  await (navigator.locks ? navigator.locks.request("refurb-needs", deed) : deed());
}
