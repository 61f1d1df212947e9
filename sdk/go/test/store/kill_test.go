//go:build store

package store

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/productgraph/productgraph/sdk/go/correlation"
	"github.com/productgraph/productgraph/sdk/go/productgraph"
)

const kills = 10

// acknowledging prints how many events have been answered 202: they have to be in the store.
type acknowledging struct{ http.RoundTripper }

func (a acknowledging) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := a.RoundTripper.RoundTrip(r)
	if err == nil && response.StatusCode == http.StatusAccepted {
		// One write, so that no line is cut in two.
		_, _ = os.Stdout.WriteString(fmt.Sprintln("stored", acknowledged.Add(emitterBatch)))
	}
	return response, err
}

const emitterBatch = 5

var acknowledged atomic.Int64

// emit tracks numbered events for ever, in full batches. The queue keeps their order, so that n events acknowledged are
// the first n.
func emit(session string) {
	client := productgraph.New(productgraph.Config{
		ProjectID: "proj_demo", Endpoint: os.Getenv("PRODUCTGRAPH_URL"), APIKey: os.Getenv("PRODUCTGRAPH_API_KEY"),
		BatchSize: emitterBatch, BatchInterval: time.Hour,
		HTTPClient: &http.Client{Transport: acknowledging{http.DefaultTransport}},
	})
	ctx := correlation.WithSessionID(context.Background(), session)
	for number := 1; ; number++ {
		client.Track(ctx, productgraph.Event{EventID: fmt.Sprintf("%s-%d", session, number), Sequence: int64(number)})
		if number%emitterBatch == 0 {
			time.Sleep(500 * time.Microsecond)
		}
	}
}

// kill -9 of the process in the midst of sending: what was answered 202 is there, and nothing is there twice.
func TestKilledProcessesLoseNothingAcknowledged(t *testing.T) {
	for round := 0; round < kills; round++ {
		session := newSession(fmt.Sprint("kill-", round))
		emitter := exec.Command(os.Args[0])
		emitter.Env = append(os.Environ(), emitterSession+"="+session)
		output, err := emitter.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := emitter.Start(); err != nil {
			t.Fatal(err)
		}
		acknowledged := killAfter(t, emitter, output, 5+17*round)
		expectStored(t, session, acknowledged)
	}
}

// killAfter kills the process when so many requests have been acknowledged, and returns how many events were.
func killAfter(t *testing.T, emitter *exec.Cmd, output io.Reader, requests int) (events int) {
	t.Helper()
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if _, err := fmt.Sscanf(lines.Text(), "stored %d", &events); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		if requests--; requests == 0 {
			_ = emitter.Process.Signal(syscall.SIGKILL)
		}
	}
	if err := emitter.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the emitter ended with %v", err)
	}
	if requests > 0 {
		t.Fatalf("killed too early: %d requests to come", requests)
	}
	return events
}

// expectStored waits for requests that the server had read when their sender died.
func expectStored(t *testing.T, session string, acknowledged int) {
	t.Helper()
	const sql = `SELECT count(*) FILTER (WHERE event_sequence <= %d), count(*) - count(DISTINCT event_id), count(*)
	               FROM productgraph.events WHERE session_id = '%s'`
	var there, doubled, all int
	if _, err := fmt.Sscanf(query(t, sql, acknowledged, session), "%d|%d|%d", &there, &doubled, &all); err != nil {
		t.Fatal(err)
	}
	if there != acknowledged || doubled != 0 || all > acknowledged+emitterBatch {
		t.Errorf("%s: %d of %d acknowledged events are there, %d doubled, %d in all", session, there, acknowledged, doubled, all)
	}
}
