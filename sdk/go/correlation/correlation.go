// Package correlation carries who a request belongs to: the session, the request and the user that a page names in
// headers, through a service's contexts and on to the services behind it.
package correlation

import (
	"context"
	"net/http"
)

// The headers, as pages and services send them.
const (
	SessionIDHeader = "X-Session-ID"
	RequestIDHeader = "X-Request-ID"
	UserIDHeader    = "X-User-ID"
)

// IDs is who a request belongs to; what is not known is empty.
type IDs struct {
	SessionID string
	RequestID string
	UserID    string
	TraceID   string // 32 hexadecimal digits
	SpanID    string // 16, of this service's part in the trace

	traceFlags string
}

type contextKey struct{}

// NewContext returns ctx with ids in the place of those it had.
func NewContext(ctx context.Context, ids IDs) context.Context {
	return context.WithValue(ctx, contextKey{}, &ids)
}

// FromContext returns the ids of ctx, empty ones when it has none. A nil ctx has none.
func FromContext(ctx context.Context) IDs {
	if ctx == nil {
		return IDs{}
	}
	if ids, ok := ctx.Value(contextKey{}).(*IDs); ok {
		return *ids
	}
	return IDs{}
}

// SessionIDFromContext returns the session of ctx, or "".
func SessionIDFromContext(ctx context.Context) string { return FromContext(ctx).SessionID }

// RequestIDFromContext returns the request of ctx, or "".
func RequestIDFromContext(ctx context.Context) string { return FromContext(ctx).RequestID }

// UserIDFromContext returns the user of ctx, or "".
func UserIDFromContext(ctx context.Context) string { return FromContext(ctx).UserID }

// WithSessionID returns ctx with another session.
func WithSessionID(ctx context.Context, id string) context.Context {
	ids := FromContext(ctx)
	ids.SessionID = id
	return NewContext(ctx, ids)
}

// WithRequestID returns ctx with another request.
func WithRequestID(ctx context.Context, id string) context.Context {
	ids := FromContext(ctx)
	ids.RequestID = id
	return NewContext(ctx, ids)
}

// WithUserID returns ctx with another user: what a service that authenticates its users calls, because anybody can
// send X-User-ID.
func WithUserID(ctx context.Context, id string) context.Context {
	ids := FromContext(ctx)
	ids.UserID = id
	return NewContext(ctx, ids)
}

// SetHeaders names the ids of ctx in header; those that are not known leave it as it is.
func SetHeaders(ctx context.Context, header http.Header) {
	ids := FromContext(ctx)
	for _, pair := range [...]struct{ name, id string }{
		{SessionIDHeader, ids.SessionID}, {RequestIDHeader, ids.RequestID},
		{UserIDHeader, ids.UserID},
		{TraceHeader, ids.traceparent()},
	} {
		if pair.id != "" {
			header.Set(pair.name, pair.id)
		}
	}
}

// Transport sends requests with the ids of their contexts. It is for services of one's own: users and sessions are
// nobody else's business.
type Transport struct {
	Base http.RoundTripper // nil means http.DefaultTransport
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	base := t.Base
	if base == nil {
		base = http.DefaultTransport
	}
	// A RoundTripper must leave the request it is given alone.
	request = request.Clone(request.Context())
	SetHeaders(request.Context(), request.Header)
	return base.RoundTrip(request)
}
