package uuid7

import (
	"regexp"
	"sync"
	"testing"
	"time"
)

var form = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestFormAndTime(t *testing.T) {
	var generator Generator
	id := generator.New(time.UnixMilli(0x0123456789ab))
	if !form.MatchString(id) {
		t.Fatalf("%q is no UUID of version 7", id)
	}
	if id[:13] != "01234567-89ab" {
		t.Errorf("%q does not begin with its time", id)
	}
}

func TestAscendsWhateverTheClockDoes(t *testing.T) {
	var generator Generator
	now := time.UnixMilli(1700000000000)
	previous := ""
	for i := 0; i < 20000; i++ {
		switch {
		case i == 10000:
			now = now.Add(-time.Hour)
		case i%1000 == 0:
			now = now.Add(time.Millisecond)
		}
		id := generator.New(now)
		if id <= previous {
			t.Fatalf("id %d: %s after %s", i, id, previous)
		}
		previous = id
	}
}

func TestClocksBefore1970(t *testing.T) {
	var generator Generator
	for i, now := range []time.Time{{}, time.UnixMilli(-1), time.UnixMilli(5)} {
		if id := generator.New(now); !form.MatchString(id) || id[:8] != "00000000" {
			t.Errorf("%d: %s", i, id)
		}
	}
}

func TestConcurrentIDsAreUnique(t *testing.T) {
	const callers, each = 8, 5000
	var generator Generator
	var group sync.WaitGroup
	ids := make([][]string, callers)
	for caller := range ids {
		group.Add(1)
		go func(caller int) {
			defer group.Done()
			for i := 0; i < each; i++ {
				ids[caller] = append(ids[caller], generator.New(time.Now()))
			}
		}(caller)
	}
	group.Wait()
	seen := make(map[string]bool, callers*each)
	for _, list := range ids {
		for _, id := range list {
			if seen[id] {
				t.Fatalf("%s twice", id)
			}
			seen[id] = true
		}
	}
}
