package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/productgraph/productgraph/sdk/go/correlation"
	"github.com/productgraph/productgraph/sdk/go/observability"
	"github.com/productgraph/productgraph/sdk/go/productgraph"
)

type item struct {
	SKU      string `json:"sku"`
	Name     string `json:"name"`
	Quantity int    `json:"quantity"`
	Cents    int    `json:"cents"`
}

// Everybody has the same in the cart.
var cart = []item{{"mug", "Mug", 2, 1250}, {"tea", "Green tea", 1, 790}}

var errSoldOut = errors.New("sold out")

type shop struct {
	tracker   *productgraph.Client
	inventory string
	client    http.Client // sends the ids of the request on
}

// newShop is the service's handler.
func newShop(tracker *productgraph.Client, inventory string) http.Handler {
	s := &shop{tracker, inventory, http.Client{Transport: &correlation.Transport{}, Timeout: 5 * time.Second}}
	provider := observability.New(observability.Config{}, observability.WithProductGraph(tracker),
		observability.WithPath(route), observability.WithSkip(isPreflight))

	r := chi.NewRouter()
	r.Use(correlation.Middleware)        // session, request and user of the page
	r.Use(provider.TracingMiddleware)    // the trace, when there is one
	r.Use(provider.RequestTracker, cors) // an api.response for every answer
	r.Get("/api/cart", s.showCart)
	r.Post("/api/checkout", s.checkOut)
	return r
}

// route is "/orders/{id}" where the path is "/orders/17".
func route(r *http.Request) string { return chi.RouteContext(r.Context()).RoutePattern() }

func isPreflight(r *http.Request) bool { return r.Method == http.MethodOptions }

// cors lets the page be served from another port than the service.
func cors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Access-Control-Allow-Origin", "*")
		header.Set("Access-Control-Allow-Headers", "Content-Type, X-Session-ID, X-Request-ID, X-User-ID, Traceparent")
		header.Set("Access-Control-Expose-Headers", correlation.RequestIDHeader)
		if isPreflight(r) {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *shop) showCart(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, contents()) }

func contents() map[string]any {
	total := 0
	for _, one := range cart {
		total += one.Quantity * one.Cents
	}
	return map[string]any{"items": cart, "total_cents": total}
}

func (s *shop) checkOut(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	switch err := s.reserve(ctx); {
	case errors.Is(err, errSoldOut):
		s.tracker.TrackError(ctx, "SoldOut", err.Error())
		answer(w, http.StatusConflict, map[string]any{"error": err.Error()})
	case err != nil:
		s.tracker.TrackError(ctx, "InventoryUnavailable", err.Error())
		answer(w, http.StatusBadGateway, map[string]any{"error": "the inventory does not answer"})
	default:
		s.tracker.TrackJourneyStep(ctx, "checkout_flow", "payment_confirmed", "Payment Confirmed")
		answer(w, http.StatusOK, map[string]any{"order": correlation.RequestIDFromContext(ctx), "paid": contents()["total_cents"]})
	}
}

// reserve asks the inventory for what is in the cart.
func (s *shop) reserve(ctx context.Context) error {
	body, err := json.Marshal(map[string]any{"items": cart})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.inventory+"/inventory/reserve", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode < 300:
		return nil
	case response.StatusCode == http.StatusConflict:
		return errSoldOut
	}
	return fmt.Errorf("the inventory answered %d", response.StatusCode)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
