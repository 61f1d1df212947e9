package observability

import (
	"net/http"
	"time"
)

// RequestTracker tracks every answer as an api.response with method, path, status and duration. The status of a handler
// that panics is 500, and the panic goes on.
func (p *Provider) RequestTracker(next http.Handler) http.Handler {
	if p.Client() == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.skip != nil && p.skip(r) {
			next.ServeHTTP(w, r)
			return
		}
		started := time.Now()
		noted := &recorder{ResponseWriter: w}
		returned := false
		defer func() {
			p.client.TrackAPICall(r.Context(), r.Method, p.nameOf(r), noted.result(returned), time.Since(started))
		}()
		next.ServeHTTP(noted.withAbilities(), r)
		returned = true
	})
}

func (p *Provider) nameOf(r *http.Request) (name string) {
	defer func() {
		if recover() != nil {
			name = r.URL.Path
		}
	}()
	if p.path != nil {
		name = p.path(r)
	}
	if name == "" {
		name = r.URL.Path
	}
	return name
}
