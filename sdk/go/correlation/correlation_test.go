package correlation

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// serve sends a request with the headers through the middleware and returns what the handler saw, and the answer.
func serve(t *testing.T, headers http.Header) (IDs, *http.Response) {
	t.Helper()
	var seen IDs
	handler := Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = FromContext(r.Context())
	}))
	request := httptest.NewRequest("GET", "/", nil)
	request.Header = headers
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return seen, recorder.Result()
}

func TestMiddlewareTakesHeadersAndEchoesTheRequestID(t *testing.T) {
	sent := http.Header{}
	sent.Set("X-Session-ID", "sess-lx2k9a-1f2e3d4c")
	sent.Set("X-Request-ID", "req-1")
	sent.Set("X-User-ID", "Zoë")
	seen, answer := serve(t, sent)
	if want := (IDs{SessionID: "sess-lx2k9a-1f2e3d4c", RequestID: "req-1", UserID: "Zoë"}); seen != want {
		t.Errorf("got %+v, want %+v", seen, want)
	}
	if got := answer.Header.Get("X-Request-ID"); got != "req-1" {
		t.Errorf("echoed %q", got)
	}
}

func TestMiddlewareMakesARequestID(t *testing.T) {
	first, answer := serve(t, http.Header{})
	second, _ := serve(t, http.Header{})
	if len(first.RequestID) != 36 || first.RequestID == second.RequestID {
		t.Errorf("made %q and %q", first.RequestID, second.RequestID)
	}
	if got := answer.Header.Get("X-Request-ID"); got != first.RequestID {
		t.Errorf("echoed %q, made %q", got, first.RequestID)
	}
	if first.SessionID != "" || first.UserID != "" {
		t.Errorf("made up %+v", first)
	}
}

func TestMiddlewareRefusesDoubtfulIDs(t *testing.T) {
	for name, values := range map[string][]string{
		"twice":        {"a", "a"},
		"empty":        {""},
		"too long":     {strings.Repeat("x", 256)},
		"control":      {"a\x01b"},
		"new line":     {"a\nSet-Cookie: b"},
		"delete":       {"a\x7f"},
		"broken UTF-8": {"a\xff"},
	} {
		seen, answer := serve(t, http.Header{"X-Session-Id": values, "X-Request-Id": values, "X-User-Id": values})
		if seen.SessionID != "" || seen.UserID != "" || len(seen.RequestID) != 36 {
			t.Errorf("%s: took %+v", name, seen)
		}
		if got := answer.Header.Get("X-Request-ID"); got != seen.RequestID {
			t.Errorf("%s: echoed %q", name, got)
		}
	}
}

func TestContextWithoutIDs(t *testing.T) {
	//lint:ignore SA1012 a nil context must be survived
	for _, ctx := range []context.Context{nil, context.Background()} {
		if got := FromContext(ctx); got != (IDs{}) {
			t.Errorf("got %+v", got)
		}
	}
}

func TestWithReplacesOneID(t *testing.T) {
	ctx := NewContext(context.Background(), IDs{SessionID: "s", RequestID: "r", UserID: "u"})
	changed := WithUserID(WithRequestID(WithSessionID(ctx, "s2"), "r2"), "u2")
	if got, want := FromContext(changed), (IDs{SessionID: "s2", RequestID: "r2", UserID: "u2"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := FromContext(ctx), (IDs{SessionID: "s", RequestID: "r", UserID: "u"}); got != want {
		t.Errorf("the first context became %+v", got)
	}
	if SessionIDFromContext(changed) != "s2" || RequestIDFromContext(changed) != "r2" || UserIDFromContext(changed) != "u2" {
		t.Error("the single ids differ from FromContext")
	}
}

func TestTransportSendsTheIDsOn(t *testing.T) {
	var received http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		received = r.Header.Clone()
	}))
	defer server.Close()

	ctx := NewContext(context.Background(), IDs{SessionID: "s", RequestID: "r"})
	request, err := http.NewRequestWithContext(ctx, "GET", server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Transport: &Transport{}}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if received.Get("X-Session-ID") != "s" || received.Get("X-Request-ID") != "r" || received.Values("X-User-ID") != nil {
		t.Errorf("received %v", received)
	}
	if len(request.Header) != 0 {
		t.Errorf("the caller's request was changed: %v", request.Header)
	}
}

const validTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"

// trace sends a request with the header through Trace and returns what the handler saw, and would send on.
func trace(values ...string) (IDs, string) {
	var seen IDs
	onward := http.Header{}
	handler := Trace(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = FromContext(r.Context())
		SetHeaders(r.Context(), onward)
	}))
	request := httptest.NewRequest("GET", "/", nil)
	request.Header["Traceparent"] = values
	handler.ServeHTTP(httptest.NewRecorder(), request)
	return seen, onward.Get("traceparent")
}

func TestTraceGoesOn(t *testing.T) {
	for _, header := range []string{validTrace, "01" + validTrace[2:] + "-more"} {
		seen, onward := trace(header)
		if seen.TraceID != "4bf92f3577b34da6a3ce929d0e0e4736" || len(seen.SpanID) != 16 || seen.SpanID == "00f067aa0ba902b7" {
			t.Errorf("%s: got %+v", header, seen)
		}
		if want := "00-" + seen.TraceID + "-" + seen.SpanID + "-00"; onward != want {
			t.Errorf("%s: sent on %q, want %q", header, onward, want)
		}
	}
}

func TestTraceStartsWhereNoneIs(t *testing.T) {
	for name, values := range map[string][]string{
		"absent":       nil,
		"twice":        {validTrace, validTrace},
		"short":        {validTrace[:54]},
		"long":         {validTrace + "-x"},
		"upper case":   {strings.ToUpper(validTrace)},
		"no trace":     {"00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01"},
		"no span":      {validTrace[:36] + strings.Repeat("0", 16) + "-01"},
		"no version":   {"ff" + validTrace[2:]},
		"no separator": {strings.Replace(validTrace, "-00f", "_00f", 1)},
	} {
		seen, onward := trace(values...)
		if len(seen.TraceID) != 32 || len(seen.SpanID) != 16 || seen.TraceID == validTrace[3:35] {
			t.Errorf("%s: got %+v", name, seen)
		}
		if want := "00-" + seen.TraceID + "-" + seen.SpanID + "-01"; onward != want {
			t.Errorf("%s: sent on %q, want %q", name, onward, want)
		}
	}
}
