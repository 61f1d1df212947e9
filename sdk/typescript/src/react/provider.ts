// The client as part of a React tree, and a boundary that tracks what components throw.

import {
  Component,
  createContext,
  createElement,
  useContext,
  type ErrorInfo,
  type ReactElement,
  type ReactNode,
} from 'react';
import { errorFields, type BrowserClient } from '../browser/index.js';

const ClientContext = createContext<BrowserClient | undefined>(undefined);

export interface ProviderProps {
  /** Made once, outside of components: a client lives as long as its page. */
  client: BrowserClient;
  children?: ReactNode;
}

export function ProductGraphProvider({ client, children }: ProviderProps): ReactElement {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** The client of the nearest provider; undefined without one, so that components also work in tests. */
export function useProductGraph(): BrowserClient | undefined {
  return useContext(ClientContext);
}

export interface BoundaryProps {
  /** Becomes error.component. */
  name?: string;
  /** What is shown instead of the children when they have thrown. */
  fallback?: ReactNode;
  children?: ReactNode;
}

/** Tracks errors of the components below, and shows `fallback` in their place. */
export class ErrorBoundary extends Component<BoundaryProps, { hasFailed: boolean }> {
  static override contextType = ClientContext;
  declare context: BrowserClient | undefined;
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override componentDidCatch(error: unknown, info: ErrorInfo): void {
    this.context?.track('error', {
      ...errorFields(error),
      'error.component': this.props.name,
      metadata: { components: info.componentStack ?? undefined },
    });
  }

  override render(): ReactNode {
    return this.state.hasFailed ? (this.props.fallback ?? null) : this.props.children;
  }
}
