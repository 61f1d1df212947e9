package productgraph

import (
	"math/rand"
	"net/http"
	"testing"
	"time"
)

// A slice is the oracle.
func TestRing(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	var tested ring
	var oracle []uint64
	for step := uint64(1); step < 10_000; step++ {
		switch action := random.Intn(5); {
		case action < 2 || len(oracle) == 0:
			tested.pushBack(item{number: step})
			oracle = append(oracle, step)
		case action == 2:
			tested.pushFront(item{number: step})
			oracle = append([]uint64{step}, oracle...)
		default:
			if got := tested.popFront().number; got != oracle[0] {
				t.Fatalf("step %d: %d, want %d", step, got, oracle[0])
			}
			oracle = oracle[1:]
		}
		if tested.length() != len(oracle) || len(oracle) > 0 && tested.front().number != oracle[0] {
			t.Fatalf("step %d: length %d, want %d", step, tested.length(), len(oracle))
		}
	}
}

func testQueue(change func(*Config)) *queue {
	config := Config{BatchSize: 4, MaxQueue: 10}.withDefaults()
	if change != nil {
		change(&config)
	}
	return newQueue(&config)
}

func numbers(items []item) []uint64 {
	list := make([]uint64, 0, len(items))
	for _, one := range items {
		list = append(list, one.number)
	}
	return list
}

func expectNumbers(t *testing.T, items []item, first, last uint64) {
	t.Helper()
	got := numbers(items)
	if uint64(len(got)) != last-first+1 || got[0] != first || got[len(got)-1] != last {
		t.Errorf("took %v, want %d to %d", got, first, last)
	}
}

func TestQueueIsDue(t *testing.T) {
	q := testQueue(nil)
	if _, empty, closed := q.due(0); !empty || closed {
		t.Error("a new queue is not empty")
	}
	q.put([]byte("{}"), time.Second)
	if pause, _, _ := q.due(2 * time.Second); pause != defaultBatchInterval-time.Second {
		t.Errorf("due in %s", pause)
	}
	if pause, _, _ := q.due(time.Hour); pause != 0 {
		t.Errorf("an old event is due in %s", pause)
	}
	settled := q.wait()
	if pause, _, _ := q.due(2 * time.Second); pause != 0 {
		t.Errorf("with flush it is due in %s", pause)
	}
	q.forget(settled)
	for i := 0; i < 3; i++ {
		q.put([]byte("{}"), time.Second)
	}
	if pause, _, _ := q.due(time.Second); pause != 0 {
		t.Errorf("a full batch is due in %s", pause)
	}
}

func TestQueueTakesBatchesAgainAsTheyWere(t *testing.T) {
	q := testQueue(nil)
	for i := 0; i < 6; i++ {
		q.put([]byte("{}"), 0)
	}
	expectNumbers(t, q.take(), 1, 4)
	q.putBack(1, 3)
	q.put([]byte("{}"), 0)
	expectNumbers(t, q.take(), 1, 1)
	q.putBack(1)
	expectNumbers(t, q.take(), 1, 1)
	q.settle(func(*Stats) {})
	expectNumbers(t, q.take(), 2, 4)
	q.settle(func(*Stats) {})
	expectNumbers(t, q.take(), 5, 7)
}

func TestQueueDropsTheOldestThatWait(t *testing.T) {
	q := testQueue(nil)
	for i := 0; i < 10; i++ {
		q.put([]byte("{}"), 0)
	}
	expectNumbers(t, q.take(), 1, 4) // under way: not in the queue
	for i := 0; i < 4; i++ {
		if dropped, _ := q.put([]byte("{}"), 0); dropped != 0 {
			t.Errorf("dropped %d", dropped)
		}
	}
	if dropped := q.putBack(4); dropped != 4 {
		t.Errorf("dropped %d of those that came back", dropped)
	}
	expectNumbers(t, q.take(), 5, 8)
	q.putBack(4)
	if dropped, _ := q.put([]byte("{}"), 0); dropped != 1 {
		t.Errorf("dropped %d", dropped)
	}
	expectNumbers(t, q.take(), 6, 8) // what is left of the batch
	if stats := q.snapshot(); stats.Dropped != 5 || stats.Queued != 10 {
		t.Errorf("%+v", stats)
	}
}

func TestQueueTakesOneAtLeast(t *testing.T) {
	q := testQueue(func(c *Config) { c.MaxBatchBytes, c.MaxQueueBytes = 10, 10 })
	q.put(make([]byte, 1000), 0)
	q.put(make([]byte, 1000), 0)
	expectNumbers(t, q.take(), 2, 2)
}

func TestBatchesAreBoundInBytes(t *testing.T) {
	q := testQueue(func(c *Config) { c.MaxBatchBytes = 2*100 + 1 + len(bodyStart) + len(bodyEnd) })
	for i := 0; i < 3; i++ {
		q.put(make([]byte, 100), 0)
	}
	if pause, _, _ := q.due(0); pause != 0 {
		t.Errorf("a batch that is full in bytes is due in %s", pause)
	}
	expectNumbers(t, q.take(), 1, 2)
}

// A call of Track may have seen the consent that is withdrawn before it gets here.
func TestQueueLetsNothingInWithoutConsent(t *testing.T) {
	q := testQueue(nil)
	q.put([]byte("{}"), 0)
	q.setConsent(false)
	q.put([]byte("{}"), 0)
	if stats := q.snapshot(); stats.Discarded != 2 || stats.Queued != 0 {
		t.Errorf("%+v", stats)
	}
}

func TestFlushWaitsForWhatIsUnderWay(t *testing.T) {
	q := testQueue(nil)
	isSettled := func(settled chan struct{}) bool {
		select {
		case <-settled:
			return true
		default:
			return false
		}
	}
	if !isSettled(q.wait()) {
		t.Error("waits for nothing")
	}
	q.put([]byte("{}"), 0)
	settled := q.wait()
	q.take()
	q.put([]byte("{}"), 0)
	if isSettled(settled) {
		t.Error("settled while under way")
	}
	q.putBack(1)
	q.take()
	q.settle(func(*Stats) {})
	if !isSettled(settled) {
		t.Error("not settled, though what was tracked before is")
	}
}

func TestPausesDoubleUpToTheLongest(t *testing.T) {
	s := &sender{retryBase: time.Second, retryMax: 30 * time.Second}
	for failures, longest := range map[int]time.Duration{1: 1, 2: 2, 3: 4, 5: 16, 6: 30, 29: 30, 30: 30, 64: 30, 1000: 30} {
		longest *= time.Second
		s.failures = failures
		least, most := time.Hour, time.Duration(0)
		for i := 0; i < 200; i++ {
			pause := s.pause()
			if pause < least {
				least = pause
			}
			if pause > most {
				most = pause
			}
		}
		if least < longest/2 || most > longest || most-least < longest/4 {
			t.Errorf("after %d failures: %s to %s", failures, least, most)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, "-1": 0, "1.5": 0, "soon": 0, "99999999999999999999": 0, "100000": time.Hour,
		now.Add(90 * time.Second).Format(http.TimeFormat): 90 * time.Second,
		now.Add(-time.Hour).Format(http.TimeFormat):       0,
		now.Add(24 * time.Hour).Format(http.TimeFormat):   time.Hour,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}
