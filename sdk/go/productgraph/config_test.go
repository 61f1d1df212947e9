package productgraph

import (
	"testing"
	"time"
)

func TestConfigFromEnv(t *testing.T) {
	for _, name := range []string{"ENABLED", "PROJECT_ID", "ENDPOINT", "API_KEY", "BATCH_SIZE", "BATCH_INTERVAL"} {
		t.Setenv("PRODUCTGRAPH_"+name, "")
	}
	config := ConfigFromEnv()
	if !config.Disabled || config.BatchSize != 50 || config.BatchInterval != 5*time.Second || config.ProjectID != "" {
		t.Errorf("by default %+v", config)
	}
	t.Setenv("PRODUCTGRAPH_ENABLED", "true")
	t.Setenv("PRODUCTGRAPH_PROJECT_ID", "proj_demo")
	t.Setenv("PRODUCTGRAPH_ENDPOINT", "http://localhost:8080")
	t.Setenv("PRODUCTGRAPH_API_KEY", "pgk_1\n")
	t.Setenv("PRODUCTGRAPH_BATCH_SIZE", "10")
	config = ConfigFromEnv()
	if config.Disabled || config.ProjectID != "proj_demo" || config.Endpoint != "http://localhost:8080" ||
		config.APIKey != "pgk_1" || config.BatchSize != 10 {
		t.Errorf("got %+v", config)
	}
	for text, want := range map[string]time.Duration{
		"2s": 2 * time.Second, "250ms": 250 * time.Millisecond, "3": 3 * time.Second, "0.5": 500 * time.Millisecond,
		"0": 5 * time.Second, "-1": 5 * time.Second, "soon": 5 * time.Second, "NaN": 5 * time.Second, "1e300": 5 * time.Second,
	} {
		t.Setenv("PRODUCTGRAPH_BATCH_INTERVAL", text)
		if got := ConfigFromEnv().BatchInterval; got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"0", "-5", "many"} {
		t.Setenv("PRODUCTGRAPH_BATCH_SIZE", text)
		if got := ConfigFromEnv().BatchSize; got != 50 {
			t.Errorf("%q: %d", text, got)
		}
	}
}

func TestEndpoints(t *testing.T) {
	for endpoint, want := range map[string]string{
		"http://localhost:8080":                  "http://localhost:8080/v1/events",
		"https://collect.example.com/":           "https://collect.example.com/v1/events",
		"https://collect.example.com/v1/events":  "https://collect.example.com/v1/events",
		"https://shop.example/collect?api_key=x": "https://shop.example/collect?api_key=x",
	} {
		if got, err := eventsURL(endpoint); err != nil || got != want {
			t.Errorf("%s: %s, %v", endpoint, got, err)
		}
	}
}

func TestBatchesStayBelowTheServersLimit(t *testing.T) {
	if got := (Config{BatchSize: 5000}).withDefaults().BatchSize; got != 1000 {
		t.Errorf("batches of %d", got)
	}
}

// All SDKs decide alike; half of the sessions are about a half.
func TestSampling(t *testing.T) {
	for rate, want := range map[float64]int{-1: 0, 0.25: 2500, 0.5: 5000, 1: 10000, 2: 10000} {
		sampler := newSampler(rate)
		kept := 0
		for i := 0; i < 10_000; i++ {
			if sampler.keeps("sess-" + time.Duration(i).String()) {
				kept++
			}
		}
		if kept < want-200 || kept > want+200 {
			t.Errorf("rate %v: %d of 10000 are kept", rate, kept)
		}
	}
	if !newSampler(0.1).keeps("") || newSampler(-1).keeps("") {
		t.Error("events without a session are kept unless nothing is")
	}
}
