package productgraph

import (
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// What is used where Config leaves something open, and the most that the server takes.
const (
	defaultBatchSize      = 50
	defaultBatchInterval  = 5 * time.Second
	defaultMaxBatchBytes  = 500_000
	defaultMaxQueue       = 10_000
	defaultMaxQueueBytes  = 16 << 20
	defaultRequestTimeout = 10 * time.Second
	defaultRetryBase      = time.Second
	defaultRetryMax       = 30 * time.Second
	defaultMaxRetries     = 10
	defaultCloseTimeout   = 5 * time.Second

	largestBatchSize = 1_000
	eventsPath       = "/v1/events"
)

// Config is what a Client is made with. Only ProjectID and Endpoint are needed; zero means the default.
type Config struct {
	ProjectID string
	// Endpoint is where the events go: "https://collect.example.com", to which /v1/events is added, or a URL with a
	// path, which is used as it is. Without an endpoint nothing is collected.
	Endpoint string
	APIKey   string // sent as X-PG-API-Key

	BatchSize     int           // events in a request; 50, at most 1,000
	BatchInterval time.Duration // the longest that an event waits for others; 5 s
	HTTPClient    *http.Client  // by default one of the client's own

	Disabled       bool          // nothing is collected
	MaxBatchBytes  int           // bytes in a request, before gzip; 500,000
	MaxQueue       int           // events that wait; when there are more, the oldest are dropped; 10,000
	MaxQueueBytes  int           // their bytes; 16 MiB
	RequestTimeout time.Duration // for one request and its answer; 10 s
	RetryBase      time.Duration // the first pause after a failure, doubled with each further one; 1 s
	RetryMax       time.Duration // the longest such pause; 30 s
	MaxRetries     int           // how often a batch that is answered 500 is sent again; 10, negative: never
	CloseTimeout   time.Duration // how long Close tries to send what waits; 5 s

	// SampleRate is the part of sessions that is kept, decided by session id and alike in every SDK. 0 and 1 keep
	// all, negative keeps none.
	SampleRate float64
	// AwaitConsent collects nothing until SetConsent(true).
	AwaitConsent bool
	// Redact gets every event before it is queued, after the default redaction, as its JSON says it (numbers in
	// Metadata are json.Number). It returns what to send, or nil to send nothing. Called by many goroutines.
	Redact func(*Event) *Event
	// OnError gets a *DeliveryError for whatever is lost, refused or tried in vain, from one goroutine. By default
	// they are logged, at most one in ten seconds.
	OnError func(error)

	// SessionID is the session of events that have none of their own, as those of background jobs; by default one
	// that the client makes.
	SessionID string
	// Attributes are added to all events that have no such attribute: "service.name", "service.version".
	Attributes map[string]any
	// Time is the clock that events are dated by; time.Now.
	Time func() time.Time
}

// ConfigFromEnv reads PRODUCTGRAPH_ENABLED (false), _PROJECT_ID, _ENDPOINT, _API_KEY, _BATCH_SIZE (50) and
// _BATCH_INTERVAL ("5s"; a bare number is seconds). What cannot be read counts as not set.
func ConfigFromEnv() Config {
	enabled, _ := strconv.ParseBool(variable("ENABLED"))
	size, _ := strconv.Atoi(variable("BATCH_SIZE"))
	return Config{
		ProjectID:     variable("PROJECT_ID"),
		Endpoint:      variable("ENDPOINT"),
		APIKey:        variable("API_KEY"),
		BatchSize:     positiveOr(size, defaultBatchSize),
		BatchInterval: interval(variable("BATCH_INTERVAL")),
		Disabled:      !enabled,
	}
}

func variable(name string) string { return strings.TrimSpace(os.Getenv("PRODUCTGRAPH_" + name)) }

func interval(text string) time.Duration {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds > 0 && seconds < 1e9 {
		return time.Duration(seconds * float64(time.Second))
	}
	duration, _ := time.ParseDuration(text)
	return positiveOr(duration, defaultBatchInterval)
}

func (c Config) withDefaults() Config {
	c.BatchSize = positiveOr(c.BatchSize, defaultBatchSize)
	if c.BatchSize > largestBatchSize {
		c.BatchSize = largestBatchSize
	}
	c.BatchInterval = positiveOr(c.BatchInterval, defaultBatchInterval)
	c.MaxBatchBytes = positiveOr(c.MaxBatchBytes, defaultMaxBatchBytes)
	c.MaxQueue = positiveOr(c.MaxQueue, defaultMaxQueue)
	c.MaxQueueBytes = positiveOr(c.MaxQueueBytes, defaultMaxQueueBytes)
	c.RequestTimeout = positiveOr(c.RequestTimeout, defaultRequestTimeout)
	c.RetryBase = positiveOr(c.RetryBase, defaultRetryBase)
	c.RetryMax = positiveOr(c.RetryMax, defaultRetryMax)
	c.CloseTimeout = positiveOr(c.CloseTimeout, defaultCloseTimeout)
	if c.MaxRetries == 0 {
		c.MaxRetries = defaultMaxRetries
	}
	if c.SampleRate == 0 {
		c.SampleRate = 1
	}
	if c.HTTPClient == nil {
		c.HTTPClient = newHTTPClient()
	}
	if c.Time == nil {
		c.Time = time.Now
	}
	return c
}

func positiveOr[T int | time.Duration](value, fallback T) T {
	if value > 0 {
		return value
	}
	return fallback
}

// Connections are given up before servers and balancers close them, which would cost a retry. Redirects are not
// followed: they would take the key to somebody else.
func newHTTPClient() *http.Client {
	transport := http.DefaultTransport
	if base, ok := transport.(*http.Transport); ok {
		own := base.Clone()
		own.IdleConnTimeout = 30 * time.Second
		transport = own
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// eventsURL completes an endpoint; what is no http URL is an error.
func eventsURL(endpoint string) (string, error) {
	parsed, err := url.Parse(endpoint)
	if err != nil {
		return "", err
	}
	if parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" {
		return "", &url.Error{Op: "parse", URL: endpoint, Err: errNoHTTP}
	}
	if parsed.Path == "" || parsed.Path == "/" {
		parsed.Path = eventsPath
	}
	return parsed.String(), nil
}
