// The service behind the example shop: GET /api/cart, and POST /api/checkout, for which it asks the inventory service.
// What it tracks has the session and request of the page, and so has what the inventory tracks.
//
//	PORT                    8081
//	INVENTORY_URL           http://127.0.0.1:8082
//	PRODUCTGRAPH_ENDPOINT   http://127.0.0.1:8080
package main

import (
	"context"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/productgraph/productgraph/sdk/go/productgraph"
)

func main() {
	client := productgraph.New(productgraph.Config{
		ProjectID:  variable("PRODUCTGRAPH_PROJECT_ID", "proj_demo"),
		Endpoint:   variable("PRODUCTGRAPH_ENDPOINT", "http://127.0.0.1:8080"),
		APIKey:     os.Getenv("PRODUCTGRAPH_API_KEY"),
		Attributes: map[string]any{"service.name": "shop"},
	})
	// Last of all, when no request can track any more.
	defer client.Close()

	server := &http.Server{
		Addr:              "127.0.0.1:" + variable("PORT", "8081"),
		Handler:           newShop(client, variable("INVENTORY_URL", "http://127.0.0.1:8082")),
		ReadHeaderTimeout: 5 * time.Second,
	}
	stop, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		log.Printf("the shop listens on http://%s", server.Addr)
		if err := server.ListenAndServe(); err != http.ErrServerClosed {
			log.Print(err)
		}
		cancel()
	}()
	<-stop.Done()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = server.Shutdown(ctx) // waits for requests under way
}

func variable(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}
