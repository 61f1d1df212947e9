package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/productgraph/productgraph/sdk/go/productgraph"
)

// A scenario, as test/golden/sdk/README.md describes it.
type scenario struct {
	Client settings `json:"client"`
	Do     []step   `json:"do"`
}

type settings struct {
	Enabled          *bool    `json:"enabled"`
	ProjectID        string   `json:"project_id"`
	APIKey           string   `json:"api_key"`
	BatchSize        int      `json:"batch_size"`
	BatchIntervalMs  int      `json:"batch_interval_ms"`
	MaxBatchBytes    int      `json:"max_batch_bytes"`
	MaxQueue         int      `json:"max_queue"`
	RequestTimeoutMs int      `json:"request_timeout_ms"`
	RetryBaseMs      int      `json:"retry_base_ms"`
	RetryMaxMs       int      `json:"retry_max_ms"`
	MaxRetries       int      `json:"max_retries"`
	CloseTimeoutMs   int      `json:"close_timeout_ms"`
	SampleRate       *float64 `json:"sample_rate"`
	Consent          *bool    `json:"consent"`
	Redact           string   `json:"redact"`
	OnError          string   `json:"on_error"`
}

type step struct {
	Track       json.RawMessage `json:"track"`
	Times       int             `json:"times"`
	Special     string          `json:"special"`
	Flush       json.RawMessage `json:"flush"`
	SleepMs     int             `json:"sleep_ms"`
	Consent     *bool           `json:"consent"`
	ClockJumpMs int             `json:"clock_jump_ms"`
	Close       bool            `json:"close"`
}

func (s *scenario) config() productgraph.Config {
	given := &s.Client
	config := productgraph.Config{
		ProjectID: given.ProjectID, APIKey: given.APIKey, BatchSize: given.BatchSize,
		BatchInterval: milliseconds(given.BatchIntervalMs), MaxBatchBytes: given.MaxBatchBytes, MaxQueue: given.MaxQueue,
		RequestTimeout: milliseconds(given.RequestTimeoutMs), RetryBase: milliseconds(given.RetryBaseMs),
		RetryMax: milliseconds(given.RetryMaxMs), MaxRetries: given.MaxRetries,
		CloseTimeout: milliseconds(given.CloseTimeoutMs),
		Disabled:     given.Enabled != nil && !*given.Enabled,
		AwaitConsent: given.Consent != nil && !*given.Consent,
		Redact:       hooks[given.Redact],
	}
	if config.ProjectID == "" {
		config.ProjectID = "proj_demo"
	}
	if config.MaxQueue == 0 {
		config.MaxQueue = 1000
	}
	if given.SampleRate != nil {
		config.SampleRate = *given.SampleRate
		if config.SampleRate == 0 {
			config.SampleRate = -1
		}
	}
	return config
}

var hooks = map[string]func(*productgraph.Event) *productgraph.Event{
	"remove_metadata": func(event *productgraph.Event) *productgraph.Event { event.Metadata = nil; return event },
	"refuse":          func(*productgraph.Event) *productgraph.Event { return nil },
	"throw":           func(*productgraph.Event) *productgraph.Event { panic("as the scenario says") },
}

type throwing struct{}

func (throwing) MarshalJSON() ([]byte, error) { panic("as the scenario says") }

// special makes the event with a value that is hard to write down.
func special(kind string) (productgraph.Event, error) {
	metadata := map[string]any{"kept": 1}
	event := productgraph.Event{EventType: productgraph.Custom, EventName: kind, SessionID: "s-1", Metadata: metadata}
	switch kind {
	case "cyclic":
		metadata["self"] = metadata
	case "deep":
		deep := map[string]any{}
		for level := 0; level < 100; level++ {
			deep = map[string]any{"deep": deep}
		}
		metadata["deep"] = deep
	case "bigint":
		metadata["id"] = int64(9007199254740993)
	case "nul":
		event.EventName, metadata["text"] = "a\x00b", "a\x00b"
	case "invalid_text":
		metadata["text"] = "a\xffb"
	case "huge":
		metadata["text"] = strings.Repeat("x", 200_000)
	case "function":
		metadata["value"], metadata["channel"] = func() {}, make(chan int)
	case "undefined":
		metadata["value"] = (*int)(nil)
	case "nan":
		metadata["value"], event.DurationMs = math.NaN(), productgraph.Float(math.Inf(1))
	case "throwing":
		metadata["value"] = throwing{}
	default:
		return event, fmt.Errorf("no special %q", kind)
	}
	return event, nil
}
