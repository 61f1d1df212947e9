// Web vitals of each page load, as its visitor has felt them: one event when the page is left.

import type { EventFields } from '../core/event.js';
import type { BrowserClient } from './client.js';
import { quietly, type Undo } from './listeners.js';

interface Shift extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
}
interface Interaction extends PerformanceEntry {
  interactionId?: number;
  processingStart: number;
}

const kShiftGap = 1000; // ms: shifts further apart, or 5 s after the first, are another burst
const kShiftWindow = 5000;
const kWorstOf = 50; // of so many interactions the worst is left out once
const kSlowest = 10; // interactions that are remembered

export function captureVitals(client: BrowserClient): Undo {
  const vitals: EventFields = {}; // what is new since the page was last hidden
  const observers: PerformanceObserver[] = [];
  const observe = <E extends PerformanceEntry>(type: string, see: (entry: E) => void, more = {}): void =>
    quietly(() => {
      const observer = new PerformanceObserver((list) => quietly(() => (list.getEntries() as E[]).forEach(see)));
      observer.observe({ type, buffered: true, ...more });
      observers.push(observer);
    });

  observe('largest-contentful-paint', (entry) => (vitals['performance.lcp_ms'] = round(entry.startTime)));
  observe<Interaction>(
    'first-input',
    (entry) => (vitals['performance.fid_ms'] = round(entry.processingStart - entry.startTime)),
  );
  observe<PerformanceNavigationTiming>(
    'navigation',
    (entry) => (vitals['performance.ttfb_ms'] = round(entry.responseStart)),
  );

  let worst = 0;
  let burst = 0;
  let first = 0;
  let last = 0;
  observe<Shift>('layout-shift', (entry) => {
    if (entry.hadRecentInput) return;
    const goesOn = entry.startTime - last < kShiftGap && entry.startTime - first < kShiftWindow;
    if (!goesOn) first = entry.startTime;
    burst = goesOn ? burst + entry.value : entry.value;
    last = entry.startTime;
    if (burst > worst) vitals['performance.cls'] = Math.round((worst = burst) * 1e4) / 1e4;
  });

  let slowest: { id: number; ms: number }[] = [];
  let interactions = 0;
  observe<Interaction>(
    'event',
    ({ interactionId: id, duration: ms }) => {
      if (!id) return;
      const known = slowest.find((one) => one.id === id);
      if (known) {
        known.ms = Math.max(known.ms, ms);
      } else {
        slowest.push({ id, ms });
        interactions++;
      }
      slowest = slowest.sort((one, other) => other.ms - one.ms).slice(0, kSlowest);
      vitals['performance.inp_ms'] = slowest[Math.min(Math.floor(interactions / kWorstOf), slowest.length - 1)]!.ms;
    },
    { durationThreshold: 40 },
  );

  const undo = client.beforeLeaving(() => {
    if (Object.keys(vitals).length === 0) return;
    client.track('performance', { 'event.name': 'web_vitals', ...vitals });
    for (const name of Object.keys(vitals)) delete vitals[name];
  });
  return () => {
    undo();
    for (const observer of observers) observer.disconnect();
  };
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
