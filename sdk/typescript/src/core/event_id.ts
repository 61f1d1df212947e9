// UUIDs of version 7: the time in milliseconds, a counter, random bits. They ascend within a page or process,
// also when the clock is set back; the store likes keys that come in order.

const kRandom = 10; // bytes an id takes
const kPool = 50 * kRandom; // fetched at once: a call for each id would cost more than all the rest of it

/** Returns a function that makes ids. `now` tells milliseconds since 1970. */
export function eventIds(now: () => number): () => string {
  let last = 0;
  let counter = 0;
  const pool = new Uint8Array(kPool);
  let used = kPool;
  return () => {
    if (used >= kPool) {
      fillRandomly(pool);
      used = 0;
    }
    const random = pool.subarray(used, (used += kRandom));
    const time = Math.floor(now());
    if (time > last) {
      last = time;
      counter = ((random[0]! & 7) << 8) | random[1]!; // the upper half of 12 bits stays free to count
    } else if (++counter > 0xfff) {
      last++;
      counter = 0;
    }
    let hex = last.toString(16).padStart(12, '0') + (0x7000 | counter).toString(16);
    random[2] = (random[2]! & 0x3f) | 0x80;
    for (let i = 2; i < kRandom; i++) hex += (random[i]! | 0x100).toString(16).slice(1);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  };
}

/** Where there is no crypto (Node.js 18), Math.random has to do: ids must differ, not be secret. */
function fillRandomly(bytes: Uint8Array<ArrayBuffer>): void {
  if (globalThis.crypto) crypto.getRandomValues(bytes);
  else for (let i = 0; i < bytes.length; i++) bytes[i] = Math.random() * 256;
}
