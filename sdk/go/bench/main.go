// Bench measures what the client costs and how fast it sends to a local server; sdk/go/bench/run runs it.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"sort"
	"time"

	"github.com/productgraph/productgraph/sdk/go/correlation"
	"github.com/productgraph/productgraph/sdk/go/productgraph"
)

var ctx = correlation.NewContext(context.Background(), correlation.IDs{
	SessionID: "0197c0de-1111-7abc-8def-000000000001", RequestID: "0197c0de-2222-7abc-8def-000000000001", UserID: "u-4711",
})

func answer(client *productgraph.Client) {
	client.TrackAPICall(ctx, "POST", "/api/checkout", http.StatusOK, 12750*time.Microsecond)
}

func main() {
	if os.Getenv("PRODUCTGRAPH_URL") == "" {
		fmt.Fprintln(os.Stderr, "no PRODUCTGRAPH_URL: use sdk/go/bench/run")
		os.Exit(1)
	}
	track()
	memory()
	flush()
	sustained(50)
	sustained(1000)
}

func row(what, format string, values ...any) {
	fmt.Printf("%-46s %s\n", what, fmt.Sprintf(format, values...))
}

func newClient(change func(*productgraph.Config)) *productgraph.Client {
	config := productgraph.Config{
		ProjectID: "proj_demo", Endpoint: os.Getenv("PRODUCTGRAPH_URL"), APIKey: os.Getenv("PRODUCTGRAPH_API_KEY"),
		CloseTimeout: time.Minute,
	}
	if change != nil {
		change(&config)
	}
	return productgraph.New(config)
}

// unsent keeps everything in the queue.
func unsent(config *productgraph.Config) {
	config.BatchInterval, config.CloseTimeout = time.Hour, time.Nanosecond
	config.BatchSize, config.MaxQueue, config.MaxBatchBytes = 1000, 1_000_000, 1<<30
	config.OnError = func(error) {}
	config.Endpoint = "http://127.0.0.1:9"
}

// track times each of the calls on its own, which shows the slow ones, with some 50 ns for the clock in each.
func track() {
	const calls = 200_000
	client := newClient(unsent)
	defer client.Close()
	times := make([]time.Duration, calls)
	for i := range times {
		started := time.Now()
		answer(client)
		times[i] = time.Since(started)
		if i%10_000 == 0 {
			client.SetConsent(false)
			client.SetConsent(true)
		}
	}
	sort.Slice(times, func(a, b int) bool { return times[a] < times[b] })
	row("track, median", "%s", times[calls/2])
	row("track, of 100 calls the slowest", "%s", times[calls*99/100])
	row("track, of 10,000 calls the slowest", "%s", times[calls*9999/10_000])
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func memory() {
	const events = 50_000
	client := newClient(unsent)
	defer client.Close()
	before := heap()
	for i := 0; i < events; i++ {
		answer(client)
	}
	after := heap()
	row("memory of an event that waits", "%d bytes", (after-before)/events)
	runtime.KeepAlive(client)
}

// flush times 50 events from Flush to the answer that they are committed.
func flush() {
	client := newClient(func(config *productgraph.Config) { config.BatchSize, config.BatchInterval = 1000, time.Hour })
	defer client.Close()
	const rounds = 101
	times := make([]time.Duration, 0, rounds)
	for round := 0; round < rounds; round++ {
		for i := 0; i < 50; i++ {
			answer(client)
		}
		started := time.Now()
		check(client.Flush(ctx))
		times = append(times, time.Since(started))
	}
	sort.Slice(times, func(a, b int) bool { return times[a] < times[b] })
	row("flush of 50 events, committed, median", "%s", times[rounds/2].Round(10*time.Microsecond))
	row("flush of 50 events, committed, slowest of 100", "%s", times[rounds-1].Round(10*time.Microsecond))
}

// sustained tracks as fast as the server commits, for some seconds.
func sustained(batch int) {
	const period = 5 * time.Second
	client := newClient(func(config *productgraph.Config) { config.BatchSize, config.MaxQueue = batch, 100_000 })
	started := time.Now()
	for time.Since(started) < period {
		if client.Stats().Queued > 20_000 {
			time.Sleep(time.Millisecond)
			continue
		}
		for i := 0; i < 100; i++ {
			answer(client)
		}
	}
	check(client.Close())
	stats := client.Stats()
	row(fmt.Sprintf("sustained, committed, %d a request", batch), "%.0f events/s, %d lost",
		float64(stats.Sent)/time.Since(started).Seconds(), stats.Dropped+stats.Rejected)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
