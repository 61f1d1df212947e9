package observability_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/productgraph/productgraph/sdk/go/correlation"
	"github.com/productgraph/productgraph/sdk/go/observability"
	"github.com/productgraph/productgraph/sdk/go/productgraph"
)

// A server that tracks its answers, and a step of a journey, in the session that the page names.
func Example() {
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
	}))
	defer collector.Close()

	client := productgraph.New(productgraph.Config{ProjectID: "proj_demo", Endpoint: collector.URL})
	provider := observability.New(observability.ConfigFromEnv(), observability.WithProductGraph(client))

	mux := http.NewServeMux()
	mux.HandleFunc("/api/checkout", func(w http.ResponseWriter, r *http.Request) {
		client.TrackJourneyStep(r.Context(), "checkout_flow", "payment_confirmed", "Payment Confirmed")
		fmt.Fprintln(w, "paid in", correlation.SessionIDFromContext(r.Context()))
	})
	handler := correlation.Middleware(provider.TracingMiddleware(provider.RequestTracker(mux)))

	request := httptest.NewRequest("POST", "/api/checkout", nil)
	request.Header.Set("X-Session-ID", "sess-1")
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	fmt.Print(recorder.Body)

	_ = provider.Shutdown()
	_ = client.Close()
	fmt.Println(client.Stats().Sent, "events stored")
	// Output:
	// paid in sess-1
	// 2 events stored
}
