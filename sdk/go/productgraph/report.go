package productgraph

import (
	"errors"
	"fmt"
	"log"
	"sync"
	"time"
)

var (
	errNoHTTP    = errors.New("not an http or https URL with a host")
	errNoProject = errors.New("no project: nothing is collected")

	// ErrClosed is the cause when events are tracked after Close.
	ErrClosed = errors.New("the client is closed")
	// ErrQueueFull is the cause when events are dropped because too many wait.
	ErrQueueFull = errors.New("the queue is full")
	// ErrTooLarge is the cause when an event is too large without its metadata.
	ErrTooLarge = errors.New("the event is too large")
	// ErrRedaction is the cause when Config.Redact panics.
	ErrRedaction = errors.New("the redaction hook panicked")
)

// DeliveryError tells of events that were lost, or were tried in vain for now.
type DeliveryError struct {
	Events   int           // how many events it is about
	Retrying bool          // they will be sent again
	Status   int           // of the HTTP answer; 0 when there was none
	Refusals []Refusal     // what the store had against single events
	Pause    time.Duration // before they are sent again
	Cause    error
}

// Refusal is one event that the store did not take, in the store's words.
type Refusal struct {
	Index   int    `json:"index"` // in its request
	EventID string `json:"event_id"`
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"error"`
}

func (e *DeliveryError) Error() string {
	text := fmt.Sprintf("productgraph: %d events lost", e.Events)
	if e.Retrying {
		text = fmt.Sprintf("productgraph: %d events wait %s for another try", e.Events, e.Pause.Round(time.Millisecond))
	}
	if e.Status != 0 {
		text += fmt.Sprintf(": status %d", e.Status)
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	if len(e.Refusals) > 0 {
		text += ": " + e.Refusals[0].Message
	}
	return text
}

func (e *DeliveryError) Unwrap() error { return e.Cause }

const (
	waitingReports = 64
	logPause       = 10 * time.Second
)

// reporter calls the host's callback from a goroutine of its own, so that neither Track nor sending waits for it.
type reporter struct {
	callback func(error)
	reports  chan error
	done     chan struct{}

	mu     sync.Mutex
	missed map[error]int // events of reports that found no room, by cause
	closed bool
}

func newReporter(callback func(error)) *reporter {
	if callback == nil {
		callback = (&quietLog{}).print
	}
	r := &reporter{
		callback: callback, reports: make(chan error, waitingReports), done: make(chan struct{}),
		missed: make(map[error]int),
	}
	go r.run()
	return r
}

// report never waits. Losses of which there may be many are put together until the callback is free.
func (r *reporter) report(problem *DeliveryError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	select {
	case r.reports <- problem:
	default:
		// The callback is behind, so that run comes to these after the reports that wait.
		if !problem.Retrying {
			r.missed[causeOf(problem)] += problem.Events
		}
	}
}

// causeOf returns one of a few errors, so that missed stays small.
func causeOf(problem *DeliveryError) error {
	for _, cause := range []error{ErrClosed, ErrQueueFull, ErrTooLarge, ErrRedaction} {
		if errors.Is(problem, cause) {
			return cause
		}
	}
	return nil
}

func (r *reporter) run() {
	defer close(r.done)
	for problem := range r.reports {
		r.call(problem)
		if len(r.reports) == 0 {
			r.callMissed()
		}
	}
	r.callMissed()
}

func (r *reporter) callMissed() {
	r.mu.Lock()
	missed := r.missed
	r.missed = make(map[error]int)
	r.mu.Unlock()
	for cause, events := range missed {
		r.call(&DeliveryError{Events: events, Cause: cause})
	}
}

func (r *reporter) call(problem error) {
	defer func() { _ = recover() }()
	r.callback(problem)
}

// close returns when all reports have been given, or the callback took longer than patience.
func (r *reporter) close(patience time.Duration) {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		close(r.reports)
	}
	r.mu.Unlock()
	select {
	case <-r.done:
	case <-time.After(patience):
	}
}

// quietLog writes the first of many errors to the standard logger, and how many it left out.
type quietLog struct {
	last    time.Time
	skipped int
}

func (l *quietLog) print(problem error) {
	now := time.Now()
	if !l.last.IsZero() && now.Sub(l.last) < logPause {
		l.skipped++
		return
	}
	if l.skipped > 0 {
		log.Printf("%v (and %d more reports)", problem, l.skipped)
	} else {
		log.Print(problem)
	}
	l.last, l.skipped = now, 0
}
