//go:build store

package store

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/productgraph/productgraph/sdk/go/correlation"
	"github.com/productgraph/productgraph/sdk/go/productgraph"
)

// A proxy passes connections on to the server, until they are cut.
type proxy struct {
	listener net.Listener
	server   string

	mu    sync.Mutex
	down  bool
	links map[net.Conn]bool
}

func newProxy(t *testing.T) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	server := strings.TrimPrefix(os.Getenv("PRODUCTGRAPH_URL"), "http://")
	p := &proxy{listener: listener, server: server, links: make(map[net.Conn]bool)}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.pass(client)
		}
	}()
	return p
}

func (p *proxy) pass(client net.Conn) {
	server, err := net.Dial("tcp", p.server)
	if err != nil || !p.add(client, server) {
		client.Close()
		return
	}
	go func() {
		_, _ = io.Copy(server, client)
		server.Close()
	}()
	_, _ = io.Copy(client, server)
	client.Close()
}

func (p *proxy) add(links ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range links {
		if p.down {
			one.Close()
		}
		p.links[one] = true
	}
	return !p.down
}

// cut ends all connections, whatever they carry; new ones are ended too while it stays down.
func (p *proxy) cut(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
	for one := range p.links {
		_ = one.(*net.TCPConn).SetLinger(0)
		one.Close()
	}
	p.links = make(map[net.Conn]bool)
}

// Connections are cut at any moment, then the server is away for a while: all events are there, once.
func TestOutagesLoseAndDoubleNothing(t *testing.T) {
	session := newSession("outage")
	proxy := newProxy(t)
	given := config(t)
	given.Endpoint = "http://" + proxy.listener.Addr().String()
	given.RetryBase, given.RetryMax = 5*time.Millisecond, 50*time.Millisecond
	given.BatchSize, given.BatchInterval = 10, 10*time.Millisecond
	given.CloseTimeout, given.OnError = 20*time.Second, func(error) {}
	client := productgraph.New(given)
	ctx := correlation.WithSessionID(context.Background(), session)
	const events = 3000
	for number := 1; number <= events; number++ {
		client.Track(ctx, productgraph.Event{Sequence: int64(number)})
		switch {
		case number == events/2:
			proxy.cut(true)
		case number == events*3/4:
			proxy.cut(false)
		case number%97 == 0 && (number < events/2 || number > events*3/4):
			proxy.cut(false)
		}
		time.Sleep(200 * time.Microsecond)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	stats := client.Stats()
	if stats.Sent != events || stats.Retries == 0 {
		t.Errorf("%+v", stats)
	}
	t.Logf("%d requests were sent again, %d events the server had already", stats.Retries, stats.Duplicates)
	const sql = "SELECT count(*), count(DISTINCT event_sequence) FROM productgraph.events WHERE session_id = '%s'"
	if got, want := query(t, sql, session), fmt.Sprintf("%d|%d", events, events); got != want {
		t.Errorf("rows and events %s, want %s", got, want)
	}
}
