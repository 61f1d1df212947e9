// Package observability puts the client into HTTP servers: middleware that tracks every answer with its status and
// duration, in the session and request that package correlation took from the headers.
package observability

import (
	"context"
	"net/http"
	"time"

	"github.com/productgraph/productgraph/sdk/go/correlation"
	"github.com/productgraph/productgraph/sdk/go/productgraph"
)

// How long Shutdown waits for a client that goes on living.
const flushTimeout = 5 * time.Second

// Config is what a Provider is made with.
type Config struct {
	ProductGraph productgraph.Config // used when no option gives another one
}

// ConfigFromEnv reads the environment as productgraph.ConfigFromEnv does. Without PRODUCTGRAPH_ENABLED a provider tracks
// nothing, unless an option gives it a client.
func ConfigFromEnv() Config { return Config{ProductGraph: productgraph.ConfigFromEnv()} }

// Provider is safe for concurrent use, and does nothing when it is nil or has no client.
type Provider struct {
	client *productgraph.Client
	owned  bool
	path   func(*http.Request) string
	skip   func(*http.Request) bool
}

// Option changes a provider that is being made.
type Option func(*Provider)

// WithProductGraph tracks with a client, which stays the caller's to close, or with one of the provider's own that it
// makes of a Config.
func WithProductGraph[T *productgraph.Client | productgraph.Config](source T) Option {
	return func(p *Provider) {
		switch source := any(source).(type) {
		case *productgraph.Client:
			p.client, p.owned = source, false
		case productgraph.Config:
			p.client, p.owned = productgraph.New(source), true
		}
	}
}

// WithPath names requests: "/orders/{id}" says more than a million paths. It is called after the handler, when a router
// knows its route. What it returns empty is named by its path. Never by its query: that is where secrets are.
func WithPath(path func(*http.Request) string) Option { return func(p *Provider) { p.path = path } }

// WithSkip leaves requests out, as those of health checks.
func WithSkip(skip func(*http.Request) bool) Option { return func(p *Provider) { p.skip = skip } }

// New makes a provider. Shutdown ends it.
func New(config Config, options ...Option) *Provider {
	p := &Provider{}
	for _, option := range options {
		option(p)
	}
	if p.client == nil && !config.ProductGraph.Disabled && config.ProductGraph.Endpoint != "" {
		p.client, p.owned = productgraph.New(config.ProductGraph), true
	}
	return p
}

// Client is the one that the provider tracks with; nil, which can be used all the same, when it has none.
func (p *Provider) Client() *productgraph.Client {
	if p == nil {
		return nil
	}
	return p.client
}

// TrackEvent tracks an event.
func (p *Provider) TrackEvent(ctx context.Context, event productgraph.Event) {
	p.Client().Track(ctx, event)
}

// TracingMiddleware is correlation.Trace: events and requests to further services name the trace.
func (p *Provider) TracingMiddleware(next http.Handler) http.Handler { return correlation.Trace(next) }

// Shutdown sends what waits, and closes a client of the provider's own.
func (p *Provider) Shutdown() error {
	if p.Client() == nil {
		return nil
	}
	if p.owned {
		return p.client.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	return p.client.Flush(ctx)
}
