//go:build store

// Package store tests the client against the real server, with a look into PostgreSQL. It needs what test/sdk/with-store
// sets, and does not skip without.
package store

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/productgraph/productgraph/sdk/go/correlation"
	"github.com/productgraph/productgraph/sdk/go/productgraph"
)

const emitterSession = "PRODUCTGRAPH_TEST_EMITTER"

// In the processes that are killed, the test's own binary is the program that emits.
func TestMain(m *testing.M) {
	if session := os.Getenv(emitterSession); session != "" {
		emit(session)
		return
	}
	if os.Getenv("PRODUCTGRAPH_URL") == "" {
		fmt.Println("no PRODUCTGRAPH_URL: run test/sdk/with-store go test -tags store ./test/store")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// config reports what the test does not expect.
func config(t *testing.T) productgraph.Config {
	return productgraph.Config{
		ProjectID: "proj_demo", Endpoint: os.Getenv("PRODUCTGRAPH_URL"), APIKey: os.Getenv("PRODUCTGRAPH_API_KEY"),
		OnError: func(err error) { t.Error(err) },
	}
}

// newSession is a session that no other run of the tests has used.
func newSession(name string) string { return fmt.Sprintf("go-%s-%d", name, time.Now().UnixNano()) }

// query asks PostgreSQL, and returns its answer as text with | between columns.
func query(t *testing.T, sql string, arguments ...any) string {
	t.Helper()
	output, err := exec.Command("psql", "-XAtc", fmt.Sprintf(sql, arguments...)).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return strings.TrimSpace(string(output))
}

func TestFieldsArriveInTheirColumns(t *testing.T) {
	session := newSession("fields")
	ctx := correlation.NewContext(context.Background(), correlation.IDs{
		SessionID: session, RequestID: "r-1", UserID: "u-1", TraceID: "4bf92f3577b34da6a3ce929d0e0e4736",
	})
	client := productgraph.New(config(t))
	client.Track(ctx, productgraph.Event{
		EventType: productgraph.StateChange, EventName: "añadido\x00", Sequence: 7, PagePath: "/cart", StateKey: "cart",
		StateBefore: `{"n":1}`, StateAfter: map[string]any{"n": 2, "pin": 1}, DurationMs: productgraph.Float(0),
		Metadata:   map[string]any{"big": int64(9007199254740993), "card": "4111 1111 1111 1111"},
		Attributes: map[string]any{"service.name": "shop"},
	})
	client.TrackAPICall(ctx, "POST", "/api/checkout", 201, 12750*time.Microsecond)
	client.TrackError(ctx, "ValidationError", "password=hunter2")
	client.TrackJourneyStep(ctx, "checkout_flow", "payment_confirmed", "Payment Confirmed")
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	got := strings.Split(query(t, `SELECT concat_ws('|', event_type, event_name, event_sequence, page_path, ui_state_key,
	    ui_state_before, ui_state_after, duration_ms, metadata->>'big', metadata->>'card', attributes->>'service.name',
	    api_method, api_path, api_status_code, api_duration_ms, error_type, error_message, journey_id, journey_step_id,
	    journey_step_name, user_id, attributes->>'request.id', attributes->>'trace.id')
	  FROM productgraph.events WHERE session_id = '%s' ORDER BY event_id`, session), "\n")
	const who = "|u-1|r-1|4bf92f3577b34da6a3ce929d0e0e4736"
	want := []string{
		`state.change|añadido` + "\uFFFD" + `|7|/cart|cart|{"n":1}|{"n":2,"pin":"[token]"}|0|9007199254740993|[card]|shop` + who,
		"api.response|POST|/api/checkout|201|12.75" + who,
		"error|ValidationError|password=[token]" + who,
		"journey.step|checkout_flow|payment_confirmed|Payment Confirmed" + who,
	}
	got[0] = strings.Replace(got[0], `{"pin":"[token]","n":2}`, `{"n":2,"pin":"[token]"}`, 1)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTheSameEventIDIsStoredOnce(t *testing.T) {
	session := newSession("twice")
	client := productgraph.New(config(t))
	ctx := correlation.WithSessionID(context.Background(), session)
	for i := 0; i < 2; i++ {
		client.Track(ctx, productgraph.Event{EventID: session})
		if err := flush(client); err != nil {
			t.Fatal(err)
		}
	}
	client.Close()
	if stats := client.Stats(); stats.Sent != 2 || stats.Duplicates != 1 {
		t.Errorf("%+v", stats)
	}
	if count := query(t, "SELECT count(*) FROM productgraph.events WHERE session_id = '%s'", session); count != "1" {
		t.Errorf("%s rows", count)
	}
}

func TestOneBadEventCostsItself(t *testing.T) {
	session := newSession("bad")
	given := config(t)
	reports := make(chan error, 10)
	given.OnError = func(err error) { reports <- err }
	client := productgraph.New(given)
	ctx := correlation.WithSessionID(context.Background(), session)
	for _, name := range []string{"custom", "page.veiw", "page.view"} {
		client.Track(ctx, productgraph.Event{EventType: name})
	}
	if err := client.Close(); err == nil {
		t.Error("Close tells of no loss")
	}
	if stats := client.Stats(); stats.Sent != 2 || stats.Rejected != 1 {
		t.Errorf("%+v", stats)
	}
	if err := <-reports; !strings.Contains(err.Error(), "page.veiw") {
		t.Errorf("reported %v", err)
	}
	if count := query(t, "SELECT count(*) FROM productgraph.events WHERE session_id = '%s'", session); count != "2" {
		t.Errorf("%s rows", count)
	}
}

func TestAWrongKeyIsToldAndNotTriedAgain(t *testing.T) {
	given := config(t)
	reports := make(chan error, 10)
	given.APIKey, given.OnError = "pgk_wrong", func(err error) { reports <- err }
	client := productgraph.New(given)
	client.Track(context.Background(), productgraph.Event{SessionID: newSession("key")})
	if err := flush(client); err == nil {
		t.Error("Flush tells of no loss")
	}
	client.Close()
	if err := <-reports; !strings.Contains(err.Error(), "status 401") {
		t.Errorf("reported %v", err)
	}
	if stats := client.Stats(); stats.Rejected != 1 || stats.Retries != 0 {
		t.Errorf("%+v", stats)
	}
}

// flush fails rather than waits for a server that is not there.
func flush(client *productgraph.Client) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return client.Flush(ctx)
}
