package productgraph

import (
	"sync"
	"sync/atomic"
	"time"
)

// Stats counts events since the client was made. Tracked is the sum of the five after it, at any time.
type Stats struct {
	Tracked   uint64 // calls of Track
	Sent      uint64 // stored, says the server
	Rejected  uint64 // refused by the server
	Dropped   uint64 // lost: queue full, given up, too large, tracked after Close
	Discarded uint64 // left out on purpose: no consent, sampling, Redact, disabled
	Queued    uint64 // waiting or under way

	Retries    uint64 // requests that were sent again
	Duplicates uint64 // of Sent, those that the server had already
}

// An item is an event that waits, as it will be sent.
type item struct {
	body   []byte
	number uint64        // ascending
	queued time.Duration // on the queue's clock
}

// queue holds what waits in the order of Track, and what is under way apart from it, and counts everything. What goes
// wrong under way comes back to the front. It is bounded by dropping the oldest of those that wait.
type queue struct {
	mu       sync.Mutex
	waiting  ring
	underway []item
	bytes    int // of waiting
	// How many of the first that wait belong together: batches that came back, the first one last.
	batches []int
	waiters []waiter
	last    uint64 // number
	stats   Stats
	closed  bool
	refused atomic.Bool   // consent; changed under mu
	wake    chan struct{} // tells the sender to look again

	maxEvents, maxBytes     int
	batchEvents, batchBytes int
	batchInterval           time.Duration
}

// A waiter wants to know when all up to an item are settled.
type waiter struct {
	number  uint64
	settled chan struct{}
}

func newQueue(config *Config) *queue {
	q := &queue{
		wake:      make(chan struct{}, 1),
		maxEvents: config.MaxQueue, maxBytes: config.MaxQueueBytes,
		batchEvents: config.BatchSize, batchBytes: config.MaxBatchBytes - len(bodyStart) - len(bodyEnd),
		batchInterval: config.BatchInterval,
	}
	q.refused.Store(config.AwaitConsent)
	return q
}

// put adds an event and returns how many others were dropped for it; false when the queue is closed.
func (q *queue) put(body []byte, now time.Duration) (dropped int, open bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Tracked++
	switch {
	case q.closed:
		q.stats.Dropped++
		return 0, false
	case q.refused.Load():
		q.stats.Discarded++
		return 0, true
	}
	q.last++
	q.waiting.pushBack(item{body, q.last, now})
	q.bytes += len(body)
	dropped = q.keepBounds()
	// Otherwise the sender knows already when to look.
	if count := q.waiting.length(); count == 1 || count == q.batchEvents || q.bytes >= q.batchBytes {
		q.signal()
	}
	return dropped, true
}

// count counts an event that is not queued.
func (q *queue) count(add func(*Stats)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Tracked++
	add(&q.stats)
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// keepBounds drops the oldest that wait, one at least being kept.
func (q *queue) keepBounds() (dropped int) {
	for q.waiting.length() > q.maxEvents || q.bytes > q.maxBytes && q.waiting.length() > 1 {
		q.bytes -= len(q.waiting.popFront().body)
		dropped++
		if last := len(q.batches) - 1; last >= 0 {
			if q.batches[last]--; q.batches[last] == 0 {
				q.batches = q.batches[:last]
			}
		}
	}
	if dropped > 0 {
		q.stats.Dropped += uint64(dropped)
		q.tellWaiters()
	}
	return dropped
}

// due returns how long the sender may sleep before it takes the next batch: 0 is not at all. Empty tells that nothing
// waits, closed that nothing will come.
func (q *queue) due(now time.Duration) (pause time.Duration, empty, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch count := q.waiting.length(); {
	case count == 0:
		return 0, true, q.closed
	case q.closed || len(q.waiters) > 0 || len(q.batches) > 0 || count >= q.batchEvents || q.bytes >= q.batchBytes:
		return 0, false, q.closed
	}
	if pause = q.batchInterval - (now - q.waiting.front().queued); pause < 0 {
		pause = 0
	}
	return pause, false, false
}

// take puts the next batch under way and returns it.
func (q *queue) take() []item {
	q.mu.Lock()
	defer q.mu.Unlock()
	most := q.batchEvents
	if last := len(q.batches) - 1; last >= 0 {
		most = q.batches[last]
		q.batches = q.batches[:last]
	}
	size := -1 // the first has no comma
	for len(q.underway) < most && q.waiting.length() > 0 {
		size += len(q.waiting.front().body) + 1
		if size > q.batchBytes && len(q.underway) > 0 {
			break
		}
		next := q.waiting.popFront()
		q.bytes -= len(next.body)
		q.underway = append(q.underway, next)
	}
	return q.underway
}

// settle is the end of what is under way, unless abandon was.
func (q *queue) settle(count func(*Stats)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.underway) == 0 {
		return
	}
	count(&q.stats)
	q.clearUnderway()
	q.tellWaiters()
}

// putBack returns what is under way to the front, to be taken again in batches of these sizes, and returns how many
// events were dropped because meanwhile the queue was filled.
func (q *queue) putBack(sizes ...int) (dropped int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.refused.Load() || len(q.underway) == 0 {
		q.stats.Discarded += uint64(len(q.underway))
		q.clearUnderway()
		q.tellWaiters()
		return 0
	}
	q.stats.Retries++
	for i := len(q.underway) - 1; i >= 0; i-- {
		q.waiting.pushFront(q.underway[i])
		q.bytes += len(q.underway[i].body)
	}
	for i := len(sizes) - 1; i >= 0; i-- {
		q.batches = append(q.batches, sizes[i])
	}
	q.clearUnderway()
	return q.keepBounds()
}

func (q *queue) clearUnderway() {
	for i := range q.underway {
		q.underway[i] = item{}
	}
	q.underway = q.underway[:0]
}

// setConsent(false) empties the queue and lets nothing in.
func (q *queue) setConsent(given bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.refused.Store(!given)
	if !given {
		q.stats.Discarded += uint64(q.waiting.length())
		q.forgetWaiting()
	}
}

// abandon gives up everything, and returns how many events were lost.
func (q *queue) abandon() (lost int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	lost = q.waiting.length() + len(q.underway)
	q.stats.Dropped += uint64(lost)
	q.underway = nil // a request that hangs may still read it
	q.forgetWaiting()
	return lost
}

func (q *queue) forgetWaiting() {
	q.waiting, q.bytes, q.batches = ring{}, 0, nil
	q.tellWaiters()
}

// close lets nothing in any more; false when it was closed before.
func (q *queue) close() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.closed = true
	q.signal()
	return true
}

// wait returns a channel that is closed when everything that is in the queue now is settled.
func (q *queue) wait() chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiters = append(q.waiters, waiter{q.last, make(chan struct{})})
	settled := q.waiters[len(q.waiters)-1].settled
	q.tellWaiters()
	q.signal()
	return settled
}

// forget ends a wait that came to nothing.
func (q *queue) forget(settled chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.waiters {
		if q.waiters[i].settled == settled {
			q.waiters = append(q.waiters[:i], q.waiters[i+1:]...)
			return
		}
	}
}

func (q *queue) tellWaiters() {
	if len(q.waiters) == 0 {
		return
	}
	oldest := q.last + 1
	if len(q.underway) > 0 {
		oldest = q.underway[0].number
	} else if q.waiting.length() > 0 {
		oldest = q.waiting.front().number
	}
	still := q.waiters[:0]
	for _, one := range q.waiters {
		if one.number < oldest {
			close(one.settled)
		} else {
			still = append(still, one)
		}
	}
	q.waiters = still
}

func (q *queue) snapshot() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	stats := q.stats
	stats.Queued = uint64(q.waiting.length() + len(q.underway))
	return stats
}
