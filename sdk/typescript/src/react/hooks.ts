// Hooks for what a component knows better than the page: its views, forms, state and journeys.

import {
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type Dispatch,
  type SetStateAction,
  type SyntheticEvent,
} from 'react';
import { captureVitals, errorFields, type EventFields, type Journey } from '../browser/index.js';
import { useProductGraph } from './provider.js';

/** A page view whenever `path` changes: for routers that leave the address alone. Not together with capturePages. */
export function usePageView(path: string, title?: string): void {
  const client = useProductGraph();
  useEffect(() => {
    const began = performance.now();
    client?.track('page.view', { 'page.path': path, 'page.title': title ?? document.title });
    return () => client?.track('page.leave', { 'page.path': path, duration_ms: Math.round(performance.now() - began) });
    // A title that comes later is no other page.
  }, [client, path]);
}

export interface TrackedComponent {
  /** For the outermost element: names the component in the path of what is clicked inside. */
  props: { 'data-pg-component': string };
  /** Something was done with the component. */
  track: (action: string, fields?: EventFields) => void;
}

/** A component by name. With `views`, an event when it is shown and, with how long, when it goes. */
export function useComponent(name: string, options: { views?: boolean } = {}): TrackedComponent {
  const client = useProductGraph();
  const { views = false } = options;
  useEffect(() => {
    if (!views) return undefined;
    const began = performance.now();
    const fields = { 'ui.component.name': name };
    client?.track('custom', { 'event.name': 'component_shown', ...fields });
    return () =>
      client?.track('custom', {
        'event.name': 'component_hidden',
        ...fields,
        duration_ms: Math.round(performance.now() - began),
      });
  }, [client, name, views]);
  return useMemo(
    () => ({
      props: { 'data-pg-component': name },
      track: (action, fields) =>
        client?.track('ui.click', { 'ui.component.name': name, 'ui.action': action, ...fields }),
    }),
    [client, name],
  );
}

export interface TrackedForm {
  onFocus: (event: SyntheticEvent) => void;
  onSubmit: () => void;
}

/** A form by name: begun, submitted, or left behind with the field that was touched last. Never what was typed. */
export function useForm(name: string): TrackedForm {
  const client = useProductGraph();
  const progress = useRef({ isOpen: false, field: '', fields: new Set<string>(), began: 0 });
  const end = useCallback(
    (type: 'ui.submit' | 'custom', fields: EventFields) => {
      const { isOpen, began, field, fields: touched } = progress.current;
      progress.current = { isOpen: false, field: '', fields: new Set(), began: 0 };
      client?.track(type, {
        ...fields,
        'ui.component.name': name,
        'ui.component.type': 'form',
        duration_ms: isOpen ? Math.round(performance.now() - began) : undefined,
        metadata: { fields: touched.size, last_field: field || undefined },
      });
    },
    [client, name],
  );
  useEffect(
    () => () => {
      if (progress.current.isOpen) end('custom', { 'event.name': 'form_abandon' });
    },
    [end],
  );
  return useMemo(
    () => ({
      onFocus: ({ target }) => {
        const field = (target as HTMLInputElement).name || (target as HTMLElement).id || '';
        const form = progress.current;
        if (!form.isOpen) {
          form.isOpen = true;
          form.began = performance.now();
          client?.track('ui.focus', {
            'event.name': 'form_begin',
            'ui.component.name': name,
            'ui.component.type': 'form',
            'ui.element': field,
          });
        }
        form.field = field;
        form.fields.add(field);
      },
      onSubmit: () => end('ui.submit', { 'ui.action': 'submit' }),
    }),
    [client, end, name],
  );
}

/** useState whose values are tracked as state.change of `key`, without what the default redaction takes out. */
export function useTrackedState<S>(key: string, initial: S | (() => S)): [S, Dispatch<SetStateAction<S>>] {
  const client = useProductGraph();
  const [value, setValue] = useState(initial);
  useEffect(() => client?.graph.setState(key, value), [client, key, value]);
  return [value, setValue];
}

/** The component is shown in a node of the graph. */
export function useNode(id: string, fields?: EventFields): void {
  const client = useProductGraph();
  useEffect(() => client?.graph.enterNode(id, fields), [client, id]);
}

/** A journey, the same one for as long as the component is there. */
export function useJourney(id: string): Journey | undefined {
  const client = useProductGraph();
  return useMemo(() => client?.journey(id), [client, id]);
}

/** The component is a step of the journey: entered when it is shown. */
export function useJourneyStep(journey: Journey | undefined, id: string, name?: string): void {
  useEffect(() => journey?.step(id, name), [journey, id, name]);
}

/** Web vitals, for clients that do not capture them anyway. */
export function useWebVitals(): void {
  const client = useProductGraph();
  useEffect(() => client && captureVitals(client), [client]);
}

/** For errors that are caught: returns a function that tracks them. */
export function useErrorTracking(component?: string): (error: unknown, metadata?: Record<string, unknown>) => void {
  const client = useProductGraph();
  return useCallback(
    (error, metadata) => client?.track('error', { ...errorFields(error), 'error.component': component, metadata }),
    [client, component],
  );
}
