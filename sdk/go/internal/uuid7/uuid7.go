// Package uuid7 makes UUIDs of version 7 (RFC 9562): 48 bits of milliseconds since 1970, a counter of 12 bits and 62
// random bits. Those of one process ascend, also when its clock goes back, which keeps index inserts cheap.
package uuid7

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"
)

const (
	counterBits = 12
	randomBytes = 9 // of which the first starts the counter
	// Random bytes are read from the system many ids at a time.
	poolBytes = 128 * randomBytes
)

// Generator is safe for concurrent use; its zero value is ready.
type Generator struct {
	mu       sync.Mutex
	previous uint64 // milliseconds << counterBits | counter
	pool     [poolBytes]byte
	unused   int // bytes at the end of pool that no id has yet
}

// New returns an id for the time now, and later than all ids before it.
func (g *Generator) New(now time.Time) string {
	g.mu.Lock()
	if g.unused == 0 {
		g.refill()
	}
	random := g.pool[poolBytes-g.unused:][:randomBytes]
	g.unused -= randomBytes
	// A new millisecond leaves the counter room to count up.
	milliseconds := now.UnixMilli()
	if milliseconds < 0 {
		milliseconds = 0
	}
	stamp := uint64(milliseconds)<<counterBits | uint64(random[0])<<3
	if stamp <= g.previous {
		stamp = g.previous + 1
	}
	g.previous = stamp
	id := layOut(stamp, random[1:])
	g.mu.Unlock()

	var text [36]byte
	hex.Encode(text[:8], id[:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

func layOut(stamp uint64, random []byte) (id [16]byte) {
	milliseconds, counter := stamp>>counterBits, stamp&(1<<counterBits-1)
	for i := 0; i < 6; i++ {
		id[i] = byte(milliseconds >> (40 - 8*i))
	}
	id[6] = 0x70 | byte(counter>>8)
	id[7] = byte(counter)
	copy(id[8:], random)
	id[8] = 0x80 | id[8]&0x3f
	return id
}

// Without the system's random source there is still the counter, and what the pool held before.
func (g *Generator) refill() {
	_, _ = rand.Read(g.pool[:])
	g.unused = poolBytes
}
