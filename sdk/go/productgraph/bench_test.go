package productgraph

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/productgraph/productgraph/sdk/go/correlation"
)

// What Track costs its caller, for the events of a request tracker, with metadata, and with a hook. Nothing is sent.
func BenchmarkTrack(b *testing.B) {
	ctx := correlation.NewContext(context.Background(), correlation.IDs{
		SessionID: "0197c0de-1111-7abc-8def-000000000001", RequestID: "0197c0de-2222-7abc-8def-000000000001", UserID: "u-4711",
	})
	answer := Event{EventType: APIResponse, APIMethod: "POST", APIPath: "/api/checkout", APIStatus: 200, APIDurationMs: 12.75}
	click := answer
	click.Metadata = map[string]any{
		"total": 1299, "currency": "EUR", "items": []any{"mug", "tea"}, "gift": true, "coupon": map[string]any{"code": "MAY"},
	}
	failure := Event{EventType: ErrorOccurred, ErrorType: "Timeout", ErrorStack: strings.Repeat("main.checkOut(0x1f)\n\t/srv/shop/shop.go:97\n", 90)}
	for _, one := range []struct {
		name  string
		event Event
		hook  func(*Event) *Event
	}{
		{"answer", answer, nil},
		{"metadata", click, nil},
		{"stack", failure, nil},
		{"hook", click, func(event *Event) *Event { return event }},
	} {
		config := Config{
			ProjectID: "proj_demo", Endpoint: "http://127.0.0.1:9", BatchInterval: time.Hour, MaxBatchBytes: 1 << 30,
			MaxQueue: 1 << 20, MaxQueueBytes: 1 << 30, CloseTimeout: time.Nanosecond, OnError: func(error) {}, Redact: one.hook,
		}
		b.Run(one.name, func(b *testing.B) {
			client := New(config)
			client.queue.batchEvents = 1 << 30 // never full
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				client.Track(ctx, one.event)
				if i%10_000 == 0 {
					b.StopTimer()
					client.SetConsent(false)
					client.SetConsent(true)
					b.StartTimer()
				}
			}
			b.StopTimer()
			client.Close()
		})
	}
}
