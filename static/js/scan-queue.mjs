// The scans that wait: in this browser's database, written to the disk before anybody is told that they are kept.
const NAME = "refurb-desk";

function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("queue", { keyPath: "n", autoIncrement: true });
      asked.result.createObjectStore("held", { keyPath: "n" });
    };
    asked.onsuccess = () => {
      asked.result.onversionchange = () => asked.result.close();
      resolve(asked.result);
    };
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error("blocked"));
  });
}

function done(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

function abort(transaction) {
  try {
    transaction.abort();
  } catch {
    // It ended by itself.
  }
}

function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// First in, first out. `queue` holds what waits, `held` what the server did not take, each scan under its number `n`.
// Where the browser has no database (some private windows) or no room left on the disk, what comes next is kept as long
// as the page lives, after all that came before; `state` says so.
class Queue {
  constructor(database) {
    this.database = database;
    this.fleeting = { queue: [], held: [] };
    this.next = 1;
  }

  // "kept"; "unkept" without a database; "full" when the disk refused something that waits now.
  get state() {
    if (!this.database) return "unkept";
    return this.fleeting.queue.length || this.fleeting.held.length ? "full" : "kept";
  }

  // Calls `deed` with the stores, in one transaction.
  async within(stores, mode, deed) {
    let transaction;
    // Strict: the answer comes once the disk has it, so that a crash of the machine loses nothing that was shown.
    const begin = () => this.database.transaction(stores, mode, { durability: "strict" });
    try {
      transaction = begin();
    } catch (error) {
      // The browser closed its database: for a newer page, or to make room.
      console.warn("queue", error);
      this.database = await open();
      transaction = begin();
    }
    try {
      return await deed(transaction, ...stores.map((name) => transaction.objectStore(name)));
    } catch (error) {
      // All of it or nothing.
      abort(transaction);
      throw error;
    }
  }

  write(stores, deed) {
    return this.within(stores, "readwrite", (transaction, ...told) => {
      deed(...told);
      return done(transaction);
    });
  }

  read(store, ask) {
    return this.within([store], "readonly", (transaction, told) => result(ask(told)));
  }

  async add(scan) {
    // What the disk refused once goes before what comes now.
    if (this.database && !this.fleeting.queue.length) {
      try {
        await this.write(["queue"], (queue) => queue.add(scan));
        return;
      } catch (error) {
        console.error("queue", error);
      }
    }
    this.fleeting.queue.push({ ...scan, n: `fleeting ${this.next++}` });
  }

  async remove(n) {
    if (typeof n === "number") await this.write(["queue"], (queue) => queue.delete(n));
    else this.take("queue", n);
  }

  take(store, n) {
    this.fleeting[store] = this.fleeting[store].filter((scan) => scan.n !== n);
  }

  async hold(scan, why) {
    const held = { ...scan, why };
    if (typeof scan.n === "number") {
      await this.write(["queue", "held"], (queue, store) => {
        queue.delete(scan.n);
        store.put(held);
      });
    } else {
      this.take("queue", scan.n);
      this.fleeting.held.push(held);
    }
  }

  // Back to its place in the line, as it was.
  async restore({ why, refused_to, ...scan }) {
    if (typeof scan.n === "number") {
      await this.write(["queue", "held"], (queue, held) => {
        held.delete(scan.n);
        queue.put(scan);
      });
    } else {
      this.take("held", scan.n);
      this.fleeting.queue.unshift(scan);
    }
  }

  // To the end of the line, changed.
  async again(scan, changed) {
    const { n, why, refused_to, ...rest } = scan;
    if (typeof n === "number") {
      await this.write(["queue", "held"], (queue, held) => {
        held.delete(n);
        queue.add({ ...rest, ...changed });
      });
    } else {
      this.take("held", n);
      await this.add({ ...rest, ...changed });
    }
  }

  async drop(n) {
    if (typeof n === "number") await this.write(["held"], (held) => held.delete(n));
    else this.take("held", n);
  }

  async first() {
    if (this.database) {
      const cursor = await this.read("queue", (queue) => queue.openCursor());
      if (cursor) return cursor.value;
    }
    return this.fleeting.queue[0] ?? null;
  }

  async all(store = "queue") {
    const kept = this.database ? await this.read(store, (told) => told.getAll()) : [];
    return [...kept, ...this.fleeting[store]];
  }

  async count() {
    return (await this.all("queue")).length + (await this.all("held")).length;
  }

  // How many would stay behind if this person signed out: theirs, and those of the organisation they act for. What
  // somebody else scanned for another organisation is not theirs to send, and waits for its own.
  async countFor(account, organisation) {
    const every = [...(await this.all("queue")), ...(await this.all("held"))];
    return every.filter((scan) => !scan.account || scan.account === account || scan.organisation === organisation).length;
  }
}

let opened = null;

// The queue of this browser; one of each page, for what is fleeting lives there.
export function openQueue() {
  opened ??= open().then(
    (database) => new Queue(database),
    (error) => {
      console.error("queue", error);
      return new Queue(null);
    },
  );
  return opened;
}
