// The fields of an event, named as on the wire.

export type EventType =
  | 'page.view'
  | 'page.leave'
  | 'ui.click'
  | 'ui.input'
  | 'ui.scroll'
  | 'ui.focus'
  | 'ui.blur'
  | 'ui.submit'
  | 'state.change'
  | 'api.request'
  | 'api.response'
  | 'journey.step'
  | 'journey.conversion'
  | 'snapshot.captured'
  | 'error'
  | 'performance'
  | 'custom';

export interface EventFields {
  /** Made when absent. Give your own to have something stored once, whoever sends it and how often. */
  event_id?: string;
  'session.id'?: string;
  /** RFC 3339; now when absent. */
  'event.timestamp'?: string;
  'event.name'?: string;
  'event.sequence'?: number;
  'user.id'?: string;
  'user.anonymous_id'?: string;
  'org.id'?: string;
  'org.name'?: string;
  'request.id'?: string;
  'page.path'?: string;
  'page.title'?: string;
  'page.url'?: string;
  'page.referrer'?: string;
  'ui.component.name'?: string;
  'ui.component.path'?: string;
  'ui.component.type'?: string;
  'ui.action'?: string;
  'ui.element'?: string;
  'ui.element.text'?: string;
  /** `1280x720` */
  'ui.viewport'?: string;
  'ui.scroll.position'?: number;
  'ui.state.key'?: string;
  /** JSON text */
  'ui.state.before'?: string;
  /** JSON text */
  'ui.state.after'?: string;
  'ui.state.change_type'?: string;
  'gen_ai.journey.id'?: string;
  'gen_ai.journey.step.id'?: string;
  'gen_ai.journey.step.name'?: string;
  'gen_ai.journey.conversion.status'?: string;
  'api.method'?: string;
  'api.path'?: string;
  'api.status_code'?: number;
  'api.duration_ms'?: number;
  'error.type'?: string;
  'error.message'?: string;
  'error.stack'?: string;
  'error.component'?: string;
  'performance.lcp_ms'?: number;
  'performance.fid_ms'?: number;
  'performance.inp_ms'?: number;
  'performance.cls'?: number;
  'performance.ttfb_ms'?: number;
  duration_ms?: number;
  /** Your own data, of any shape that JSON has. */
  metadata?: Record<string, unknown>;
  /** Other fields are kept as attributes. */
  [attribute: string]: unknown;
}

/** An event as the redaction hook gets it. */
export interface Event extends EventFields {
  event_id: string;
  project_id: string;
  'event.type': EventType;
  'event.timestamp': string;
}
