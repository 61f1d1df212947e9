package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/productgraph/productgraph/sdk/go/productgraph"
)

// A run is a client in a scenario.
type run struct {
	client  *productgraph.Client
	reports atomic.Int64
	jump    atomic.Int64 // of the client's clock
}

func newRun(given *scenario, collector string) *run {
	r := &run{}
	config := given.config()
	config.Endpoint = collector
	config.Time = func() time.Time { return time.Now().Add(time.Duration(r.jump.Load())) }
	config.OnError = func(error) {
		r.reports.Add(1)
		if given.Client.OnError == "throw" {
			panic("as the scenario says")
		}
	}
	r.client = productgraph.New(config)
	if given.Client.Consent != nil {
		r.client.SetConsent(*given.Client.Consent)
	}
	return r
}

func (r *run) do(one step) error {
	switch {
	case one.Track != nil:
		return r.track(one.Track, one.Times)
	case one.Special != "":
		event, err := special(one.Special)
		if err == nil {
			r.client.Track(context.Background(), event)
		}
		return err
	case one.Flush != nil:
		return r.flush(one.Flush)
	case one.SleepMs != 0:
		time.Sleep(milliseconds(one.SleepMs))
	case one.Consent != nil:
		r.client.SetConsent(*one.Consent)
	case one.ClockJumpMs != 0:
		r.jump.Add(int64(milliseconds(one.ClockJumpMs)))
	case one.Close:
		r.client.Close()
	default:
		return errors.New("no such step")
	}
	return nil
}

func (r *run) track(fields json.RawMessage, times int) error {
	var event productgraph.Event
	if err := json.Unmarshal(fields, &event); err != nil {
		return err
	}
	name := event.EventName
	for number := 1; number == 1 || number <= times; number++ {
		event.EventName = strings.ReplaceAll(name, "{n}", fmt.Sprint(number))
		r.client.Track(context.Background(), event)
	}
	return nil
}

// What could not be stored is in the statistics.
func (r *run) flush(options json.RawMessage) error {
	limit := struct {
		TimeoutMs int `json:"timeout_ms"`
	}{10_000}
	if string(options) != "true" {
		if err := json.Unmarshal(options, &limit); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), milliseconds(limit.TimeoutMs))
	defer cancel()
	_ = r.client.Flush(ctx)
	return nil
}

func milliseconds(count int) time.Duration { return time.Duration(count) * time.Millisecond }
