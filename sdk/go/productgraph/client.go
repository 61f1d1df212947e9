package productgraph

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/productgraph/productgraph/sdk/go/internal/uuid7"
)

// How much longer than Config.CloseTimeout Close waits for a host's HTTPClient or OnError that does not come back.
const closeGrace = time.Second

// Client collects events and sends them in the background. All methods may be called by any goroutine, also on a nil
// Client, which does nothing; none of them panics.
type Client struct {
	config     Config
	sampler    sampler
	attributes []attribute
	ids        uuid7.Generator
	started    time.Time
	disabled   bool

	queue   *queue
	reports *reporter
	late    sync.Once
	stopAt  atomic.Int64       // of sinceStart; 0 until Close
	abandon context.CancelFunc // ends the sender
	stopped chan struct{}      // closed when it has ended
}

// New makes a client and starts its goroutines; Close ends them. A Config that cannot work is reported, and makes a
// client that collects nothing.
func New(config Config) *Client {
	config = config.withDefaults()
	c := &Client{
		config: config, sampler: newSampler(config.SampleRate), attributes: commonAttributes(config.Attributes),
		started: time.Now(), queue: newQueue(&config), disabled: config.Disabled || config.Endpoint == "",
	}
	if c.disabled {
		return c
	}
	c.reports = newReporter(config.OnError)
	url, err := eventsURL(config.Endpoint)
	if err == nil && config.ProjectID == "" {
		err = errNoProject
	}
	if err != nil {
		c.disabled = true
		c.reports.report(&DeliveryError{Cause: err})
		return c
	}
	if config.SessionID == "" {
		c.config.SessionID = "server-" + c.ids.New(config.Time())
	}
	c.start(url)
	return c
}

func (c *Client) start(url string) {
	sender := &sender{
		queue: c.queue, requests: newRequester(&c.config, url), reports: c.reports, clock: c.sinceStart, stopAt: &c.stopAt,
		retryBase: c.config.RetryBase, retryMax: c.config.RetryMax, maxRetries: c.config.MaxRetries,
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.abandon, c.stopped = cancel, make(chan struct{})
	go func() {
		defer close(c.stopped)
		sender.run(ctx)
	}()
}

// sinceStart is the clock that waiting goes by: setting the system's clock does not move it.
func (c *Client) sinceStart() time.Duration { return time.Since(c.started) }

// SetConsent(false) forgets what waits and collects nothing until SetConsent(true). It does not stop a request that is
// under way.
func (c *Client) SetConsent(given bool) {
	if c != nil {
		c.queue.setConsent(given)
	}
}

// Stats tells what became of the events so far.
func (c *Client) Stats() Stats {
	if c == nil {
		return Stats{}
	}
	return c.queue.snapshot()
}

// Flush sends what waits and returns when everything that was tracked before has been settled: nil when all of it was
// stored. Pauses after failures are kept, so give ctx an end; when it ends first its error is returned, and sending goes
// on.
func (c *Client) Flush(ctx context.Context) error {
	if c == nil || c.disabled {
		return nil
	}
	before := c.Stats()
	settled := c.queue.wait()
	select {
	case <-settled:
		return lossSince(before, c.Stats())
	case <-ctx.Done():
		c.queue.forget(settled)
		return ctx.Err()
	}
}

// Close sends what waits, for at most Config.CloseTimeout, and ends the client; what is tracked afterwards is counted as
// dropped. An error tells how many events were lost meanwhile. Further calls return nil.
func (c *Client) Close() error {
	if c == nil {
		return nil
	}
	before := c.Stats()
	if !c.queue.close() {
		return nil
	}
	if c.stopped != nil {
		c.endSending()
	}
	if c.reports != nil {
		c.reports.close(closeGrace)
	}
	return lossSince(before, c.Stats())
}

func (c *Client) endSending() {
	timeout := c.config.CloseTimeout
	c.stopAt.Store(int64(c.sinceStart() + timeout))
	c.queue.signal()
	timer := time.AfterFunc(timeout, c.abandon)
	defer timer.Stop()
	select {
	case <-c.stopped:
	case <-time.After(timeout + closeGrace):
	}
	c.abandon()
	if lost := c.queue.abandon(); lost > 0 {
		c.reports.report(&DeliveryError{Events: lost, Cause: ErrClosed})
	}
}

func lossSince(before, now Stats) error {
	if lost := now.Dropped + now.Rejected - before.Dropped - before.Rejected; lost > 0 {
		return fmt.Errorf("productgraph: %d events were not stored", lost)
	}
	return nil
}
