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

function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

class Kept {
  constructor(database) {
    this.database = database;
    this.kept = true;
  }

  write(stores, deed) {
    // Strict: the answer comes once the disk has it, so that a crash of the machine loses nothing that was shown.
    const transaction = this.database.transaction(stores, "readwrite", { durability: "strict" });
    deed(...stores.map((name) => transaction.objectStore(name)));
    return done(transaction);
  }

  add(scan) {
    return this.write(["queue"], (queue) => queue.add(scan));
  }

  remove(n) {
    return this.write(["queue"], (queue) => queue.delete(n));
  }

  hold(scan, why) {
    return this.write(["queue", "held"], (queue, held) => {
      queue.delete(scan.n);
      held.put({ ...scan, why });
    });
  }

  again(scan, changed) {
    const { n, why, ...rest } = scan;
    return this.write(["queue", "held"], (queue, held) => {
      held.delete(n);
      queue.add({ ...rest, ...changed });
    });
  }

  drop(n) {
    return this.write(["held"], (held) => held.delete(n));
  }

  async first() {
    const cursor = await result(this.database.transaction("queue").objectStore("queue").openCursor());
    return cursor ? cursor.value : null;
  }

  all(store = "queue") {
    return result(this.database.transaction(store).objectStore(store).getAll());
  }

  async count() {
    const transaction = this.database.transaction(["queue", "held"]);
    const [queue, held] = [result(transaction.objectStore("queue").count()), result(transaction.objectStore("held").count())];
    return (await queue) + (await held);
  }
}

// A browser that refuses its database (some private windows) keeps the scans as long as the page lives, and says so.
class Fleeting {
  constructor() {
    this.kept = false;
    this.queue = [];
    this.held = [];
    this.next = 1;
  }

  async add(scan) {
    this.queue.push({ ...scan, n: this.next++ });
  }

  async remove(n) {
    this.queue = this.queue.filter((scan) => scan.n !== n);
  }

  async hold(scan, why) {
    await this.remove(scan.n);
    this.held.push({ ...scan, why });
  }

  async again(scan, changed) {
    await this.drop(scan.n);
    const { n, why, ...rest } = scan;
    await this.add({ ...rest, ...changed });
  }

  async drop(n) {
    this.held = this.held.filter((scan) => scan.n !== n);
  }

  async first() {
    return this.queue[0] ?? null;
  }

  async all(store = "queue") {
    return this[store];
  }

  async count() {
    return this.queue.length + this.held.length;
  }
}

export async function openQueue() {
  try {
    return new Kept(await open());
  } catch (error) {
    console.error("queue", error);
    return new Fleeting();
  }
}
