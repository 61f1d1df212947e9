// Which sessions are kept when only some are: decided from the id alone, so that every page, process and SDK that
// sees a session decides alike.

/** Whether the session belongs to the share `rate` (0 to 1) that is kept. */
export function keepsSession(sessionId: string, rate: number): boolean {
  if (rate >= 1) return true;
  let hash = 2166136261; // FNV-1a, 32 bits
  for (const byte of new TextEncoder().encode(sessionId)) hash = Math.imul(hash ^ byte, 16777619);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b); // murmur3's finalizer
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0 < rate * 2 ** 32;
}
