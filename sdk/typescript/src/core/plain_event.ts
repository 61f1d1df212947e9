// Makes whatever a caller gives into data that JSON holds and the store takes. Never throws.

import type { Event } from './event.js';
import { isSecretName, redactNamed, redactText } from './redaction.js';

const kMaxText = 8192; // UTF-16 units
const kMaxDepth = 16;
const kMaxMembers = 1000; // of one object or array

/** Fields that are not looked through for secrets: changed, they would not be what they name. */
const kIdentifiers = new Set(
  'event_id project_id session.id user.id user.anonymous_id request.id event.type event.timestamp'.split(' '),
);

/** A copy of the event without cycles, functions and secrets. */
export function plainEvent(event: Event): Event {
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(event)) {
    const value = event[name];
    const plain = kIdentifiers.has(name) ? cut(value) : plainValue(value, name, 1, []);
    if (plain !== undefined) copy[name] = plain;
  }
  return copy as Event;
}

function cut(value: unknown): unknown {
  return typeof value === 'string' ? value.slice(0, kMaxText) : (value ?? undefined);
}

/** `name` is the member that holds the value, of an element of an array the array's; `above` what it lies in. */
function plainValue(value: unknown, name: string, depth: number, above: unknown[]): unknown {
  switch (typeof value) {
    case 'string':
      return isSecretName(name) && value ? redactNamed(name, value) : redactText(value.slice(0, kMaxText));
    case 'number':
      if (!Number.isFinite(value)) return undefined;
      return isSecretName(name) ? redactNamed(name, value) : value;
    case 'bigint':
      return plainValue(String(value), name, depth, above);
    case 'boolean':
      return value;
    case 'object':
      return value && plainObject(value, name, depth, above);
    default:
      return undefined;
  }
}

function plainObject(value: object, name: string, depth: number, above: unknown[]): unknown {
  if (above.includes(value)) return '[circular]';
  if (depth > kMaxDepth) return '[deep]';
  try {
    const convert = (value as { toJSON?: unknown }).toJSON;
    if (typeof convert === 'function') return plainValue(convert.call(value), name, depth + 1, [...above, value]);
    if (value instanceof Error) return { name: value.name, message: redactText(value.message.slice(0, kMaxText)) };
    const inside = [...above, value];
    if (Array.isArray(value)) {
      return value.slice(0, kMaxMembers).map((one) => plainValue(one, name, depth + 1, inside) ?? null);
    }
    return plainMembers(value as Record<string, unknown>, depth, inside);
  } catch {
    return '[unreadable]';
  }
}

function plainMembers(value: Record<string, unknown>, depth: number, above: unknown[]): unknown {
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value).slice(0, kMaxMembers)) {
    let plain: unknown;
    try {
      plain = plainValue(value[name], name, depth + 1, above);
    } catch {
      plain = '[unreadable]';
    }
    if (plain !== undefined) copy[redactText(name.slice(0, kMaxText))] = plain;
  }
  return copy;
}
