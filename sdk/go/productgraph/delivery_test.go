package productgraph

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

var background = context.Background()

// roundTrip makes a function an http.Client.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRefusalsAreReportedWithTheirReasons(t *testing.T) {
	server := newCollector(t, func(w http.ResponseWriter, _ int) bool {
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, `{"accepted":1,"rejected":1,"duplicates":1,"errors":[{"index":1,"event_id":"e-2","field":"event.type",
			"code":"unknown_type","error":"event.type: unknown type \"page.veiw\""}]}`)
		return true
	})
	var reports []error
	config := server.config(t)
	config.OnError = func(err error) { reports = append(reports, err) }
	client := New(config)
	client.Track(background, Event{EventID: "e-1"})
	client.Track(background, Event{EventID: "e-2", EventType: "page.veiw"})
	if err := client.Flush(background); err == nil {
		t.Error("flush says all was stored")
	}
	client.Close()
	stats := client.Stats()
	if stats.Sent != 1 || stats.Rejected != 1 || stats.Duplicates != 1 {
		t.Errorf("%+v", stats)
	}
	var delivery *DeliveryError
	if len(reports) != 1 || !errors.As(reports[0], &delivery) || len(delivery.Refusals) != 1 {
		t.Fatalf("reports %v", reports)
	}
	if refusal := delivery.Refusals[0]; refusal.EventID != "e-2" || refusal.Code != "unknown_type" || refusal.Index != 1 {
		t.Errorf("%+v", refusal)
	}
	if !strings.Contains(delivery.Error(), "page.veiw") {
		t.Errorf("%q", delivery)
	}
}

func TestOutagesAreReportedWithTheServersWords(t *testing.T) {
	server := newCollector(t, func(w http.ResponseWriter, number int) bool {
		if number > 0 {
			return false
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"error":{"code":"unavailable","message":"the store is asleep","request_id":"r"}}`)
		return true
	})
	var reports []error
	config := server.config(t)
	config.OnError = func(err error) { reports = append(reports, err) }
	client := New(config)
	client.Track(background, Event{})
	if err := client.Flush(background); err != nil {
		t.Error(err)
	}
	client.Close()
	if len(reports) != 1 || !strings.Contains(reports[0].Error(), "status 503: the store is asleep") {
		t.Errorf("reports %v", reports)
	}
	if stats := client.Stats(); stats.Retries != 1 || stats.Sent != 1 {
		t.Errorf("%+v", stats)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := newCollector(t, nil)
	server := newCollector(t, func(w http.ResponseWriter, _ int) bool {
		w.Header().Set("Location", elsewhere.URL)
		w.WriteHeader(http.StatusTemporaryRedirect)
		return true
	})
	client := New(server.config(t))
	client.Track(background, Event{})
	client.Close()
	if stats := client.Stats(); stats.Rejected != 1 || len(elsewhere.events()) != 0 {
		t.Errorf("%+v, and elsewhere %v", stats, elsewhere.events())
	}
}

func TestNoTransportHarmsTheClient(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	for name, transport := range map[string]roundTrip{
		"panics": func(*http.Request) (*http.Response, error) { panic("no network today") },
		"hangs":  func(*http.Request) (*http.Response, error) { <-release; return nil, errors.New("late") },
		"nil":    func(*http.Request) (*http.Response, error) { return nil, nil },
		"broken body": func(*http.Request) (*http.Response, error) {
			body := io.NopCloser(io.MultiReader(strings.NewReader("{"), brokenReader{}))
			return &http.Response{StatusCode: 503, Header: http.Header{}, Body: body}, nil
		},
	} {
		client := New(Config{
			ProjectID: "p", Endpoint: "http://localhost", HTTPClient: &http.Client{Transport: transport},
			RetryBase: time.Millisecond, CloseTimeout: 30 * time.Millisecond, OnError: func(error) {},
		})
		client.Track(background, Event{})
		started := time.Now()
		if err := client.Close(); err == nil {
			t.Errorf("%s: nothing was lost", name)
		}
		if took := time.Since(started); took > 3*time.Second {
			t.Errorf("%s: Close took %s", name, took)
		}
		stats := client.Stats()
		checkSum(t, stats)
		if stats.Dropped != 1 {
			t.Errorf("%s: %+v", name, stats)
		}
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("reset") }

func TestACallbackThatHangsHoldsNothingUp(t *testing.T) {
	server := newCollector(t, nil)
	release := make(chan struct{})
	config := server.config(t)
	config.MaxQueue, config.OnError = 1, func(error) { <-release }
	client := New(config)
	for i := 0; i < 10_000; i++ {
		client.Track(background, Event{})
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	close(release)
	stats := client.Stats()
	checkSum(t, stats)
	if stats.Tracked != 10_000 || stats.Queued != 0 {
		t.Errorf("%+v", stats)
	}
}

// Reports that find no room are added up.
func TestEveryLossIsInAReport(t *testing.T) {
	var reported int
	config := Config{
		ProjectID: "p", Endpoint: "http://127.0.0.1:9", BatchInterval: time.Hour, MaxQueue: 10, CloseTimeout: time.Millisecond,
		OnError: func(err error) {
			var delivery *DeliveryError
			if errors.As(err, &delivery) && !delivery.Retrying {
				reported += delivery.Events
			}
		},
	}
	client := New(config)
	for i := 0; i < 5_000; i++ {
		client.Track(background, Event{})
	}
	client.Close()
	if stats := client.Stats(); stats.Dropped != 5_000 || reported != 5_000 {
		t.Errorf("%d events in reports, %+v", reported, stats)
	}
}

func TestTheQueueIsBoundInBytes(t *testing.T) {
	config := Config{
		ProjectID: "p", Endpoint: "http://127.0.0.1:9", BatchInterval: time.Hour, MaxQueueBytes: 50_000,
		CloseTimeout: time.Millisecond, OnError: func(error) {},
	}
	client := New(config)
	defer client.Close()
	for i := 0; i < 40; i++ {
		client.Track(background, Event{ErrorStack: strings.Repeat("x", 5000)})
	}
	if stats := client.Stats(); stats.Queued != 9 || stats.Dropped != 31 {
		t.Errorf("%+v", stats)
	}
}

func TestFlushGivesUpWithItsContext(t *testing.T) {
	client := New(Config{
		ProjectID: "p", Endpoint: "http://127.0.0.1:9", CloseTimeout: time.Millisecond, OnError: func(error) {},
	})
	defer client.Close()
	client.Track(background, Event{})
	ctx, cancel := context.WithTimeout(background, 10*time.Millisecond)
	defer cancel()
	if err := client.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if waiters := len(client.queue.waiters); waiters != 0 {
		t.Errorf("%d waiters are left", waiters)
	}
}

// Many goroutines do everything at once against a server that fails in every way. Run it with -race.
func TestManyCallers(t *testing.T) {
	const callers, each = 8, 400
	server := newCollector(t, func(w http.ResponseWriter, number int) bool {
		switch number % 6 {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		case 4:
			panic(http.ErrAbortHandler)
		default:
			return false
		}
		return true
	})
	config := server.config(t)
	config.BatchSize, config.BatchInterval, config.CloseTimeout = 20, time.Millisecond, 20*time.Second
	client := New(config)
	var group sync.WaitGroup
	for caller := 0; caller < callers; caller++ {
		group.Add(1)
		go func(caller int) {
			defer group.Done()
			for i := 0; i < each; i++ {
				client.Track(background, Event{EventID: fmt.Sprintf("%d-%d", caller, i)})
				switch {
				case i%50 == 49:
					_ = client.Flush(background)
				case i%10 == 0:
					checkSum(t, client.Stats())
				}
			}
		}(caller)
	}
	group.Wait()
	client.Close()
	stats := client.Stats()
	checkSum(t, stats)
	arrived := make(map[any]bool)
	for _, event := range server.events() {
		arrived[event["event_id"]] = true
	}
	// A 413 for an event alone is a loss that is told.
	if got := uint64(len(arrived)); stats.Sent+stats.Rejected != callers*each || got != callers*each {
		t.Errorf("%d of %d arrived, %+v", got, callers*each, stats)
	}
}

// Consent flips while events come and go: none is sent that was tracked without.
func TestConsentUnderLoad(t *testing.T) {
	server := newCollector(t, func(w http.ResponseWriter, number int) bool {
		if number%3 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return number%3 == 0
	})
	config := server.config(t)
	config.BatchSize, config.BatchInterval = 5, time.Millisecond
	client := New(config)
	for round := 0; round < 200; round++ {
		client.SetConsent(false)
		client.Track(background, Event{EventName: "without"})
		client.SetConsent(true)
		for i := 0; i < 7; i++ {
			client.Track(background, Event{EventName: "with"})
		}
	}
	client.Close()
	stats := client.Stats()
	checkSum(t, stats)
	if stats.Discarded < 200 || stats.Sent == 0 {
		t.Errorf("%+v", stats)
	}
	for _, event := range server.events() {
		if event["event.name"] != "with" {
			t.Fatalf("sent %v", event)
		}
	}
}
