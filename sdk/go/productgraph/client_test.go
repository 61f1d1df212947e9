package productgraph

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/productgraph/productgraph/sdk/go/correlation"
)

func TestTrackCompletesEvents(t *testing.T) {
	ctx := correlation.NewContext(context.Background(), correlation.IDs{
		SessionID: "s-1", RequestID: "r-1", UserID: "u-1", TraceID: "t-1", SpanID: "p-1",
	})
	clock := time.Date(2024, 1, 15, 10, 30, 0, 5e6, time.FixedZone("", 3600))
	config := func(c *Config) {
		c.Time = func() time.Time { return clock }
		c.Attributes = map[string]any{"service.name": "shop", "own": "no"}
	}
	got := sent(t, config, func(c *Client) { c.Track(ctx, Event{Attributes: map[string]any{"own": "yes"}}) })
	id, _ := got["event_id"].(string)
	delete(got, "event_id")
	want := map[string]any{
		"project_id": "proj_demo", "session.id": "s-1", "event.type": "custom", "event.timestamp": "2024-01-15T09:30:00.005Z",
		"user.id": "u-1", "request.id": "r-1", "trace.id": "t-1", "span.id": "p-1", "service.name": "shop", "own": "yes",
	}
	if len(id) != 36 || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q and\n%v, want\n%v", id, got, want)
	}
}

func TestWhatTheEventSaysWins(t *testing.T) {
	ctx := correlation.NewContext(context.Background(), correlation.IDs{SessionID: "s-1", RequestID: "r-1", UserID: "u-1"})
	event := Event{EventID: "order-1", ProjectID: "p", SessionID: "s-2", EventType: PageView, UserID: "u-2", RequestID: "r-2"}
	got := sent(t, nil, func(c *Client) { c.Track(ctx, event) })
	delete(got, "event.timestamp")
	want := map[string]any{
		"event_id": "order-1", "project_id": "p", "session.id": "s-2", "event.type": "page.view", "user.id": "u-2",
		"request.id": "r-2",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestConvenienceMethods(t *testing.T) {
	ctx := context.Background()
	for _, one := range []struct {
		track func(*Client)
		want  map[string]any
	}{
		{func(c *Client) { c.TrackAPICall(ctx, "POST", "/api/checkout", 200, 1500*time.Microsecond) }, map[string]any{
			"event.type": "api.response", "api.method": "POST", "api.path": "/api/checkout", "api.status_code": "200",
			"api.duration_ms": "1.5"}},
		{func(c *Client) { c.TrackError(ctx, "ValidationError", "invalid card") }, map[string]any{
			"event.type": "error", "error.type": "ValidationError", "error.message": "invalid card"}},
		{func(c *Client) { c.TrackJourneyStep(ctx, "checkout_flow", "payment_confirmed", "Payment Confirmed") }, map[string]any{
			"event.type": "journey.step", "gen_ai.journey.id": "checkout_flow", "gen_ai.journey.step.id": "payment_confirmed",
			"gen_ai.journey.step.name": "Payment Confirmed"}},
	} {
		got := sent(t, nil, one.track)
		for name, want := range one.want {
			if number, ok := got[name].(interface{ String() string }); ok {
				got[name] = number.String()
			}
			if got[name] != want {
				t.Errorf("%s is %v, want %v", name, got[name], want)
			}
		}
	}
}

// Background jobs have no session; the store takes no event without one.
func TestEventsWithoutSessionShareTheClients(t *testing.T) {
	server := newCollector(t, nil)
	client := New(server.config(t))
	client.Track(nil, Event{}) //lint:ignore SA1012 a nil context must be survived
	client.Track(context.Background(), Event{})
	client.Close()
	events := server.events()
	first, _ := events[0]["session.id"].(string)
	if !strings.HasPrefix(first, "server-") || events[1]["session.id"] != first {
		t.Errorf("sessions %v and %v", first, events[1]["session.id"])
	}
	got := sent(t, func(c *Config) { c.SessionID = "nightly" }, func(c *Client) { c.Track(context.Background(), Event{}) })
	if got["session.id"] != "nightly" {
		t.Errorf("session %v", got["session.id"])
	}
}

func TestTheCallerMayChangeMetadataAfterwards(t *testing.T) {
	metadata := map[string]any{"n": "before"}
	got := sent(t, nil, func(c *Client) {
		c.Track(context.Background(), Event{Metadata: metadata})
		metadata["n"] = "after"
	})
	if got["metadata"].(map[string]any)["n"] != "before" {
		t.Errorf("got %v", got["metadata"])
	}
}

func TestRedactSeesCleanEventsAndHasTheLastWord(t *testing.T) {
	var seen *Event
	config := func(c *Config) {
		c.Attributes = map[string]any{"plan": "gold"}
		c.Redact = func(event *Event) *Event {
			copied := *event
			seen = &copied
			event.EventName, event.UserID = "token=mine", ""
			return event
		}
	}
	got := sent(t, config, func(c *Client) {
		c.Track(context.Background(), Event{EventName: "token=abc", UserID: "u", Metadata: map[string]any{"pin": 1, "n": 7}})
	})
	if seen.EventName != "token=[token]" || seen.Metadata["pin"] != "[token]" || seen.Attributes["plan"] != "gold" {
		t.Errorf("the hook saw %+v", seen)
	}
	if got["event.name"] != "token=mine" || got["user.id"] != nil || got["plan"] != "gold" {
		t.Errorf("sent %v", got)
	}
}

func TestClientsThatCannotWorkSayWhy(t *testing.T) {
	for name, config := range map[string]Config{
		"no project":   {Endpoint: "http://127.0.0.1:9"},
		"no URL":       {Endpoint: "://", ProjectID: "p"},
		"no host":      {Endpoint: "https://", ProjectID: "p"},
		"other scheme": {Endpoint: "ftp://example.com", ProjectID: "p"},
	} {
		reported := make(chan error, 1)
		config.OnError = func(err error) { reported <- err }
		client := New(config)
		client.Track(context.Background(), Event{})
		if err := client.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		select {
		case <-reported:
		default:
			t.Errorf("%s: nothing was reported", name)
		}
		if stats := client.Stats(); stats.Discarded != 1 {
			t.Errorf("%s: %+v", name, stats)
		}
	}
}

func TestANilClientDoesNothing(t *testing.T) {
	var client *Client
	client.Track(context.Background(), Event{})
	client.TrackError(context.Background(), "a", "b")
	client.SetConsent(false)
	if err := client.Flush(context.Background()); err != nil {
		t.Error(err)
	}
	if err := client.Close(); err != nil || client.Stats() != (Stats{}) {
		t.Error(err, client.Stats())
	}
}

func TestCloseTellsOfLossesAndLeavesNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	client := New(Config{
		ProjectID: "p", Endpoint: "http://127.0.0.1:9", CloseTimeout: 50 * time.Millisecond, RetryBase: time.Millisecond,
		HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, OnError: func(error) {},
	})
	client.Track(context.Background(), Event{})
	if err := client.Close(); err == nil || !strings.Contains(err.Error(), "1 events") {
		t.Errorf("got %v", err)
	}
	if err := client.Close(); err != nil {
		t.Errorf("the second time: %v", err)
	}
	if err := client.Flush(context.Background()); err != nil {
		t.Errorf("flush after close: %v", err)
	}
	deadline := time.Now().Add(2 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if now := runtime.NumGoroutine(); now > before {
		t.Errorf("%d goroutines, %d before", now, before)
	}
}

func TestLateEventsAreReported(t *testing.T) {
	server := newCollector(t, nil)
	reported := make(chan error, 10)
	config := server.config(t)
	config.OnError = func(err error) { reported <- err }
	client := New(config)
	client.Close()
	client.Track(context.Background(), Event{})
	client.Track(context.Background(), Event{})
	select {
	case err := <-reported:
		if !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("nothing was reported")
	}
	if stats := client.Stats(); stats.Dropped != 2 {
		t.Errorf("%+v", stats)
	}
}
