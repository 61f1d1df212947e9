package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/productgraph/productgraph/sdk/go/productgraph"
)

// visit sends a request to the shop whose inventory answers with a status, and returns the answer, the headers that the
// inventory got, and what was tracked.
func visit(t *testing.T, inventoryStatus int, method, path string) (*http.Response, http.Header, []productgraph.Event) {
	t.Helper()
	var onward http.Header
	inventory := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		onward = r.Header.Clone()
		w.WriteHeader(inventoryStatus)
	}))
	defer inventory.Close()
	var tracked []productgraph.Event
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var batch struct{ Events []productgraph.Event }
		if err := json.NewDecoder(r.Body).Decode(&batch); err != nil {
			t.Error(err)
		}
		tracked = append(tracked, batch.Events...)
		w.WriteHeader(http.StatusAccepted)
	}))
	defer collector.Close()

	client := productgraph.New(productgraph.Config{
		ProjectID: "proj_demo", Endpoint: collector.URL, BatchInterval: time.Hour, BatchSize: 1,
	})
	request := httptest.NewRequest(method, path, nil)
	request.Header.Set("X-Session-ID", "s-1")
	request.Header.Set("X-Request-ID", "r-1")
	recorder := httptest.NewRecorder()
	newShop(client, inventory.URL).ServeHTTP(recorder, request)
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	for _, event := range tracked {
		if event.SessionID != "s-1" || event.RequestID != "r-1" {
			t.Errorf("tracked %+v", event)
		}
	}
	return recorder.Result(), onward, tracked
}

func TestCheckout(t *testing.T) {
	for status, want := range map[int]struct {
		status int
		event  string
	}{
		200: {200, "journey.step payment_confirmed"}, 409: {409, "error SoldOut"}, 500: {502, "error InventoryUnavailable"},
	} {
		response, onward, tracked := visit(t, status, "POST", "/api/checkout")
		if response.StatusCode != want.status || len(tracked) != 2 {
			t.Fatalf("inventory %d: answered %d, tracked %+v", status, response.StatusCode, tracked)
		}
		if got := tracked[0].EventType + " " + tracked[0].JourneyStep + tracked[0].ErrorType; got != want.event {
			t.Errorf("inventory %d: tracked %s", status, got)
		}
		if got := tracked[1]; got.APIPath != "/api/checkout" || got.APIMethod != "POST" || got.APIStatus != want.status {
			t.Errorf("inventory %d: tracked %+v", status, got)
		}
		if onward.Get("X-Session-ID") != "s-1" || onward.Get("X-Request-ID") != "r-1" {
			t.Errorf("the inventory got %v", onward)
		}
	}
}

func TestCart(t *testing.T) {
	response, _, tracked := visit(t, 200, "GET", "/api/cart")
	body, _ := io.ReadAll(response.Body)
	if response.StatusCode != 200 || !strings.Contains(string(body), `"total_cents":3290`) {
		t.Errorf("%d %s", response.StatusCode, body)
	}
	if len(tracked) != 1 || tracked[0].APIPath != "/api/cart" {
		t.Errorf("tracked %+v", tracked)
	}
}

func TestPreflightIsAnsweredAndNotTracked(t *testing.T) {
	response, _, tracked := visit(t, 200, "OPTIONS", "/api/checkout")
	if response.StatusCode != 204 || !strings.Contains(response.Header.Get("Access-Control-Allow-Headers"), "X-Session-ID") {
		t.Errorf("%d %v", response.StatusCode, response.Header)
	}
	if len(tracked) != 0 {
		t.Errorf("tracked %+v", tracked)
	}
}
