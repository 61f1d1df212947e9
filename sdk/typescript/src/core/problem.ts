// What the host application can learn of what went wrong. Nothing is lost in silence, and nothing is thrown.

export type ProblemKind =
  /** The queue was full, an event was too large, a hook threw, or the client gave up: the events are gone. */
  | 'dropped'
  /** The collector refused the events: they are gone, and sending them again would not help. */
  | 'rejected'
  /** A request failed and is tried again. */
  | 'retrying';

export interface Problem {
  kind: ProblemKind;
  /** Number of events concerned. */
  events: number;
  /** For people. */
  reason: string;
  /** HTTP status, when there was an answer. */
  status?: number;
}

export interface Statistics {
  /** Calls of track(): the sum of sent, rejected, dropped, discarded and queued. */
  tracked: number;
  /** Stored, as the collector said; at the end of a page: handed to the browser. */
  sent: number;
  rejected: number;
  dropped: number;
  /** Not collected on purpose: no consent, not sampled, held back by the redaction hook, client disabled. */
  discarded: number;
  /** Waiting or under way. */
  queued: number;
  /** Calls of onError. */
  reports: number;
}

/** What was thrown, as text: anything can be thrown, also what has no text. */
export function reasonOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return typeof error;
  }
}
