package productgraph

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// collector is a server that notes what it is sent. Its answers are 202, or what answer writes.
type collector struct {
	*httptest.Server
	answer func(http.ResponseWriter, int) bool // of the request with this number; false: 202 after all

	mu       sync.Mutex
	requests [][]map[string]any
}

func newCollector(t *testing.T, answer func(http.ResponseWriter, int) bool) *collector {
	t.Helper()
	c := &collector{answer: answer}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		events := readEvents(t, r)
		c.mu.Lock()
		number := len(c.requests)
		c.requests = append(c.requests, events)
		c.mu.Unlock()
		if c.answer == nil || !c.answer(w, number) {
			w.WriteHeader(http.StatusAccepted)
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func readEvents(t *testing.T, r *http.Request) []map[string]any {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Errorf("gzip: %v", err)
			return nil
		}
		body = unpacked
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil // the client went away
	}
	var batch struct{ Events []map[string]any }
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&batch); err != nil {
		t.Errorf("body %.200s: %v", text, err)
	}
	return batch.Events
}

// events returns all that came, in order.
func (c *collector) events() []map[string]any {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []map[string]any
	for _, request := range c.requests {
		all = append(all, request...)
	}
	return all
}

// config is for the collector, without long waits.
func (c *collector) config(*testing.T) Config {
	return Config{
		ProjectID: "proj_demo", Endpoint: c.URL, BatchInterval: time.Hour, RetryBase: time.Millisecond,
		RetryMax: 5 * time.Millisecond, OnError: func(error) {},
	}
}

// sent is what one event looks like at a collector.
func sent(t *testing.T, config func(*Config), track func(*Client)) map[string]any {
	t.Helper()
	server := newCollector(t, nil)
	given := server.config(t)
	if config != nil {
		config(&given)
	}
	client := New(given)
	track(client)
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	events := server.events()
	if len(events) != 1 {
		t.Fatalf("%d events arrived", len(events))
	}
	return events[0]
}

// checkSum fails when the statistics do not add up.
func checkSum(t *testing.T, stats Stats) {
	t.Helper()
	if sum := stats.Sent + stats.Rejected + stats.Dropped + stats.Discarded + stats.Queued; sum != stats.Tracked {
		t.Errorf("%d tracked, but %+v add up to %d", stats.Tracked, stats, sum)
	}
}
