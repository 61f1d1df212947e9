package productgraph

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	bodyStart = `{"events":[`
	bodyEnd   = `]}`
	// Smaller bodies are sent as they are.
	gzipAbove       = 1_024
	maxAnswerBytes  = 1 << 20
	longestInterval = time.Hour // of what Retry-After may ask for
)

// An answer is what became of a request.
type answer struct {
	status     int // 0: none came
	err        error
	retryAfter time.Duration

	rejected   int
	duplicates int
	refusals   []Refusal
}

// requester sends batches, one at a time: its buffers are used again.
type requester struct {
	client  *http.Client
	url     string
	key     string
	timeout time.Duration
	plain   bytes.Buffer
	packed  bytes.Buffer
	gzip    *gzip.Writer
}

func newRequester(config *Config, url string) *requester {
	writer, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	return &requester{
		client: config.HTTPClient, url: url, key: config.APIKey, timeout: config.RequestTimeout, gzip: writer,
	}
}

// send returns what the server says, whatever happens. The host's own HTTPClient may panic.
func (r *requester) send(ctx context.Context, batch []item) (result answer) {
	defer func() {
		if problem := recover(); problem != nil {
			result = answer{err: fmt.Errorf("the HTTP client panicked: %v", problem)}
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	body, packed := r.body(batch)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	request.Header.Set("Content-Type", "application/json")
	if packed {
		request.Header.Set("Content-Encoding", "gzip")
	}
	if r.key != "" {
		request.Header.Set("X-PG-API-Key", r.key)
	}
	// Not sent: it tells the transport that this request may be repeated when an idle connection turns out closed.
	request.Header["Idempotency-Key"] = nil
	response, err := r.client.Do(request)
	if err != nil {
		return answer{err: err}
	}
	defer response.Body.Close()
	return read(response, len(batch))
}

func (r *requester) body(batch []item) (body []byte, packed bool) {
	r.plain.Reset()
	r.plain.WriteString(bodyStart)
	for i, one := range batch {
		if i > 0 {
			r.plain.WriteByte(',')
		}
		r.plain.Write(one.body)
	}
	r.plain.WriteString(bodyEnd)
	if r.plain.Len() <= gzipAbove {
		return r.plain.Bytes(), false
	}
	r.packed.Reset()
	r.gzip.Reset(&r.packed)
	_, _ = r.gzip.Write(r.plain.Bytes()) // a bytes.Buffer takes everything
	_ = r.gzip.Close()
	return r.packed.Bytes(), true
}

// read understands the answer to a request of so many events. A success counts, whatever its body says.
func read(response *http.Response, events int) answer {
	result := answer{status: response.StatusCode, retryAfter: retryAfter(response.Header.Get("Retry-After"), time.Now())}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	var body struct {
		Rejected   int                      `json:"rejected"`
		Duplicates int                      `json:"duplicates"`
		Errors     []Refusal                `json:"errors"`
		Error      struct{ Message string } `json:"error"`
	}
	if err != nil || json.Unmarshal(text, &body) != nil {
		return result
	}
	if result.succeeded() {
		result.rejected = between(0, body.Rejected, events)
		result.duplicates = between(0, body.Duplicates, events)
		result.refusals = body.Errors
	} else if body.Error.Message != "" {
		result.err = fmt.Errorf("%.500s", body.Error.Message)
	}
	return result
}

func between(least, value, most int) int {
	if value < least {
		return least
	}
	if value > most {
		return most
	}
	return value
}

func (a *answer) succeeded() bool { return a.status >= 200 && a.status < 300 }

// mayBeRepeated tells whether the same events may be taken another time.
func (a *answer) mayBeRepeated() bool {
	return a.status == 0 || a.status == http.StatusRequestTimeout || a.status == http.StatusTooManyRequests ||
		a.status >= http.StatusInternalServerError
}

// retryAfter reads seconds or a date; what it cannot read is 0.
func retryAfter(header string, now time.Time) time.Duration {
	pause := time.Duration(0)
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		pause = time.Duration(seconds) * time.Second
	} else if date, err := http.ParseTime(header); err == nil {
		pause = date.Sub(now)
	}
	if pause < 0 {
		return 0
	}
	if pause > longestInterval {
		return longestInterval
	}
	return pause
}
