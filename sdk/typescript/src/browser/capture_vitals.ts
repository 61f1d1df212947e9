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

export function captureVitals(client: BrowserClient): Undo {
  const vitals: EventFields = {};
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

  let burst = 0;
  let first = 0;
  let last = 0;
  observe<Shift>('layout-shift', (entry) => {
    if (entry.hadRecentInput) return;
    const goesOn = entry.startTime - last < kShiftGap && entry.startTime - first < kShiftWindow;
    if (!goesOn) first = entry.startTime;
    burst = goesOn ? burst + entry.value : entry.value;
    last = entry.startTime;
    vitals['performance.cls'] = Math.max(vitals['performance.cls'] ?? 0, Math.round(burst * 1e4) / 1e4);
  });

  const slowest = new Map<number, number>(); // by interaction, ms
  observe<Interaction>(
    'event',
    (entry) => {
      const id = entry.interactionId;
      if (!id) return;
      slowest.set(id, Math.max(slowest.get(id) ?? 0, entry.duration));
      const durations = [...slowest.values()].sort((a, b) => b - a);
      vitals['performance.inp_ms'] = durations[Math.floor(slowest.size / kWorstOf)];
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
