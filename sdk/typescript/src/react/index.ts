// productgraph/react
export { ErrorBoundary, ProductGraphProvider, useProductGraph } from './provider.js';
export type { BoundaryProps, ProviderProps } from './provider.js';
export * from './hooks.js';
