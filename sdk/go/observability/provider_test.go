package observability

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/productgraph/productgraph/sdk/go/correlation"
	"github.com/productgraph/productgraph/sdk/go/productgraph"
)

// collector notes the events it is sent.
type collector struct {
	mu     sync.Mutex
	events []productgraph.Event
}

func (c *collector) RoundTrip(r *http.Request) (*http.Response, error) {
	var batch struct{ Events []productgraph.Event }
	err := json.NewDecoder(r.Body).Decode(&batch)
	c.mu.Lock()
	c.events = append(c.events, batch.Events...)
	c.mu.Unlock()
	return &http.Response{StatusCode: http.StatusAccepted, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}, err
}

func (c *collector) config() productgraph.Config {
	return productgraph.Config{
		ProjectID: "proj_demo", Endpoint: "http://collector", BatchInterval: time.Hour, HTTPClient: &http.Client{Transport: c},
		BatchSize: 1, OnError: func(error) {},
	}
}

// track serves the requests with a tracked handler on a real server, and returns what was tracked.
func track(t *testing.T, handler http.HandlerFunc, options []Option, requests ...*http.Request) []productgraph.Event {
	t.Helper()
	noted := &collector{}
	provider := New(Config{}, append(options, WithProductGraph(noted.config()))...)
	tracked := correlation.Middleware(provider.RequestTracker(handler))
	var running sync.WaitGroup // the server does not wait for a handler that hijacked its connection
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer running.Done()
		tracked.ServeHTTP(w, r)
	}))
	for _, request := range requests {
		request.URL.Scheme, request.URL.Host, request.RequestURI = "http", server.Listener.Addr().String(), ""
		running.Add(1)
		if response, err := server.Client().Do(request); err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	}
	running.Wait()
	server.Close()
	if err := provider.Shutdown(); err != nil {
		t.Fatal(err)
	}
	return noted.events
}

func get(path string) *http.Request {
	request := httptest.NewRequest("GET", path, nil)
	request.Header.Set("X-Session-ID", "s-1")
	return request
}

func TestRequestsAreTracked(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(2 * time.Millisecond)
		w.WriteHeader(http.StatusCreated)
	}
	request := httptest.NewRequest("POST", "/api/checkout?token=abc", nil)
	request.Header.Set("X-Session-ID", "s-1")
	request.Header.Set("X-Request-ID", "r-1")
	request.Header.Set("X-User-ID", "u-1")
	events := track(t, handler, nil, request)
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	got := events[0]
	if got.EventType != "api.response" || got.APIMethod != "POST" || got.APIPath != "/api/checkout" || got.APIStatus != 201 ||
		got.SessionID != "s-1" || got.RequestID != "r-1" || got.UserID != "u-1" {
		t.Errorf("%+v", got)
	}
	if got.APIDurationMs < 2 || got.APIDurationMs > 2000 {
		t.Errorf("took %v ms", got.APIDurationMs)
	}
}

func TestStatuses(t *testing.T) {
	for name, one := range map[string]struct {
		handler http.HandlerFunc
		want    int
	}{
		"nothing written": {func(http.ResponseWriter, *http.Request) {}, 200},
		"a body":          {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hi") }, 200},
		"a copied body":   {func(w http.ResponseWriter, _ *http.Request) { io.Copy(w, strings.NewReader("hi")) }, 200},
		"flushed":         {func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() }, 200},
		"an error":        {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", 404) }, 404},
		"twice":           {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(409); w.WriteHeader(200) }, 409},
		"early hints":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(404) }, 404},
		"a panic":         {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 500},
		"a late panic":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202); panic(http.ErrAbortHandler) }, 202},
		"hijacked": {func(w http.ResponseWriter, _ *http.Request) {
			connection, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				connection.Close()
			}
		}, 101},
	} {
		events := track(t, one.handler, nil, get("/"))
		if len(events) != 1 || events[0].APIStatus != one.want {
			t.Errorf("%s: %+v", name, events)
		}
	}
}

func TestOptions(t *testing.T) {
	options := []Option{
		WithSkip(func(r *http.Request) bool { return r.URL.Path == "/health" }),
		WithPath(func(r *http.Request) string {
			switch {
			case strings.HasPrefix(r.URL.Path, "/orders/"):
				return "/orders/{id}"
			case r.URL.Path == "/odd":
				panic("no route")
			}
			return ""
		}),
	}
	handler := func(http.ResponseWriter, *http.Request) {}
	events := track(t, handler, options, get("/health"), get("/orders/17"), get("/odd"), get("/cart"))
	paths := make([]string, 0, len(events))
	for _, event := range events {
		paths = append(paths, event.APIPath)
	}
	if got := strings.Join(paths, " "); got != "/orders/{id} /odd /cart" {
		t.Errorf("tracked %s", got)
	}
}

// What a writer can do decides how handlers stream, so it must be neither more nor less behind the tracker.
func TestWritersKeepTheirAbilities(t *testing.T) {
	for name, writer := range map[string]http.ResponseWriter{
		"plain":  struct{ http.ResponseWriter }{},
		"HTTP/1": struct{ http1 }{},
		"no ReaderFrom": struct {
			http.ResponseWriter
			http.Flusher
			http.Hijacker
		}{},
		"HTTP/2": struct {
			http.ResponseWriter
			http.Flusher
			http.Pusher
		}{},
		"recorder": struct {
			http.ResponseWriter
			http.Flusher
		}{},
	} {
		if got, want := abilities((&recorder{ResponseWriter: writer}).withAbilities()), abilities(writer); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

type http1 struct {
	http.ResponseWriter
	http.Flusher
	http.Hijacker
	io.ReaderFrom
}

func abilities(w http.ResponseWriter) string {
	var list []string
	if _, ok := w.(http.Flusher); ok {
		list = append(list, "flush")
	}
	if _, ok := w.(interface {
		Hijack() (net.Conn, *bufio.ReadWriter, error)
	}); ok {
		list = append(list, "hijack")
	}
	if _, ok := w.(io.ReaderFrom); ok {
		list = append(list, "read")
	}
	if _, ok := w.(http.Pusher); ok {
		list = append(list, "push")
	}
	return strings.Join(list, " ")
}

func TestAProviderWithoutClientPassesThrough(t *testing.T) {
	var none *Provider
	for _, provider := range []*Provider{New(Config{}), New(Config{ProductGraph: productgraph.Config{Disabled: true}}), none} {
		called := false
		handler := provider.RequestTracker(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
		handler.ServeHTTP(httptest.NewRecorder(), get("/"))
		provider.TrackEvent(context.Background(), productgraph.Event{})
		if err := provider.Shutdown(); err != nil || !called {
			t.Error(err, called)
		}
	}
}

func TestTheEnvironmentMakesAClient(t *testing.T) {
	t.Setenv("PRODUCTGRAPH_ENABLED", "false")
	t.Setenv("PRODUCTGRAPH_PROJECT_ID", "proj_demo")
	t.Setenv("PRODUCTGRAPH_ENDPOINT", "http://127.0.0.1:9")
	if provider := New(ConfigFromEnv()); provider.Client() != nil {
		t.Error("a client though not enabled")
	}
	t.Setenv("PRODUCTGRAPH_ENABLED", "1")
	provider := New(ConfigFromEnv())
	if provider.Client() == nil {
		t.Error("no client")
	}
	_ = provider.Shutdown()
}

func TestShutdownLeavesALentClientOpen(t *testing.T) {
	noted := &collector{}
	config := noted.config()
	config.BatchSize = 50
	client := productgraph.New(config)
	provider := New(Config{}, WithProductGraph(client))
	provider.TrackEvent(context.Background(), productgraph.Event{EventName: "one"})
	if err := provider.Shutdown(); err != nil || len(noted.events) != 1 {
		t.Errorf("%v, %d events", err, len(noted.events))
	}
	client.Track(context.Background(), productgraph.Event{EventName: "two"})
	if err := client.Close(); err != nil || len(noted.events) != 2 {
		t.Errorf("%v, %d events", err, len(noted.events))
	}
}

func TestTracesGoThrough(t *testing.T) {
	noted := &collector{}
	provider := New(Config{}, WithProductGraph(noted.config()))
	handler := provider.TracingMiddleware(provider.RequestTracker(http.NotFoundHandler()))
	request := get("/")
	request.Header.Set("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	handler.ServeHTTP(httptest.NewRecorder(), request)
	if err := provider.Shutdown(); err != nil {
		t.Fatal(err)
	}
	if got := noted.events[0]; got.TraceID != "4bf92f3577b34da6a3ce929d0e0e4736" || len(got.SpanID) != 16 {
		t.Errorf("%+v", got)
	}
}

func TestThePanicGoesOn(t *testing.T) {
	noted := &collector{}
	provider := New(Config{}, WithProductGraph(noted.config()))
	broken := errors.New("broken")
	defer func() {
		if got := recover(); got != broken {
			t.Errorf("recovered %v", got)
		}
	}()
	handler := provider.RequestTracker(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(broken) }))
	handler.ServeHTTP(httptest.NewRecorder(), get("/"))
}
