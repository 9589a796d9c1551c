// The server has this demand: the device forgets it.
import { openStore } from "./need-store.mjs";

export default async function (element) {
  const store = await openStore(element);
  await store?.remove(element.dataset.uuid);
}
