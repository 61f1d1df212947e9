package productgraph

import (
	"context"
	"fmt"
	"math/rand"
	"net/http"
	"sync/atomic"
	"time"
)

// sender takes batches out of the queue and sees them through, in one goroutine: one request is under way at a time.
type sender struct {
	queue    *queue
	requests *requester
	reports  *reporter
	clock    func() time.Duration // monotonic
	stopAt   *atomic.Int64        // when it must have ended, by that clock; 0 when that is not known

	retryBase, retryMax time.Duration
	maxRetries          int

	failures int           // of requests, one after the other
	faults   int           // of them those that may be about the batch: 500
	resume   time.Duration // nothing is sent before
}

// run returns when the queue is closed and empty, or ctx is done.
func (s *sender) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		now := s.clock()
		pause, empty, closed := s.queue.due(now)
		if empty && closed {
			return
		}
		if rest := s.resume - now; rest > pause && !empty {
			pause = rest
			if stopAt := s.stopAt.Load(); stopAt != 0 && int64(s.resume) > stopAt {
				return
			}
		}
		if !empty && pause == 0 {
			s.deliver(ctx)
			continue
		}
		s.sleep(ctx, timer, pause, empty)
	}
}

func (s *sender) sleep(ctx context.Context, timer *time.Timer, pause time.Duration, untilWoken bool) {
	var elapsed <-chan time.Time
	if !untilWoken {
		if !timer.Stop() {
			select {
			case <-timer.C:
			default:
			}
		}
		timer.Reset(pause)
		elapsed = timer.C
	}
	select {
	case <-elapsed:
	case <-s.queue.wake:
	case <-ctx.Done():
	}
}

// deliver sends one batch and decides what becomes of it.
func (s *sender) deliver(ctx context.Context) {
	batch := s.queue.take()
	if len(batch) == 0 {
		return
	}
	result := s.requests.send(ctx, batch)
	switch {
	case result.succeeded():
		s.accepted(len(batch), &result)
	case result.status == http.StatusRequestEntityTooLarge && len(batch) > 1:
		s.failures, s.faults = 0, 0
		s.lose(s.queue.putBack(len(batch)/2, len(batch)-len(batch)/2), ErrQueueFull)
	case result.mayBeRepeated():
		s.failed(len(batch), &result)
	default:
		s.failures, s.faults = 0, 0
		s.queue.settle(func(stats *Stats) { stats.Rejected += uint64(len(batch)) })
		s.reports.report(&DeliveryError{Events: len(batch), Status: result.status, Cause: result.err})
	}
}

func (s *sender) accepted(events int, result *answer) {
	s.failures, s.faults = 0, 0
	s.queue.settle(func(stats *Stats) {
		stats.Sent += uint64(events - result.rejected)
		stats.Rejected += uint64(result.rejected)
		stats.Duplicates += uint64(result.duplicates)
	})
	if result.rejected > 0 {
		s.reports.report(&DeliveryError{Events: result.rejected, Status: result.status, Refusals: result.refusals})
	}
}

// failed keeps the batch for another try. An outage is no fault of the batch and may last; 500 may be about it, and must
// not hold up the others for ever.
func (s *sender) failed(events int, result *answer) {
	s.failures++
	if result.status == http.StatusInternalServerError {
		if s.faults++; s.faults > s.maxRetries {
			s.queue.settle(func(stats *Stats) { stats.Dropped += uint64(events) })
			cause := fmt.Errorf("given up after %d answers like this", s.faults)
			s.reports.report(&DeliveryError{Events: events, Status: result.status, Cause: cause})
			s.failures, s.faults = 0, 0
			return
		}
	}
	pause := s.pause()
	if pause < result.retryAfter {
		pause = result.retryAfter
	}
	s.resume = s.clock() + pause
	s.lose(s.queue.putBack(events), ErrQueueFull)
	s.reports.report(&DeliveryError{Events: events, Retrying: true, Status: result.status, Pause: pause, Cause: result.err})
}

func (s *sender) lose(events int, cause error) {
	if events > 0 {
		s.reports.report(&DeliveryError{Events: events, Cause: cause})
	}
}

// pause doubles with each failure, and differs by up to a half so that clients do not come back all at once.
func (s *sender) pause() time.Duration {
	pause := s.retryMax
	if doublings := s.failures - 1; doublings < 30 && s.retryBase<<doublings < s.retryMax {
		pause = s.retryBase << doublings
	}
	return pause/2 + time.Duration(rand.Int63n(int64(pause)/2+1))
}
