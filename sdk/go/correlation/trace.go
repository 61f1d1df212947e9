package correlation

import (
	"context"
	"net/http"
	"time"

	"github.com/productgraph/productgraph/sdk/go/internal/uuid7"
)

// TraceHeader is the one of W3C Trace Context, which OpenTelemetry uses: 00-TRACE-SPAN-FLAGS in hexadecimal digits.
const TraceHeader = "Traceparent"

const (
	traceDigits = 32
	spanDigits  = 16
	// Where the parts of the header begin and end; later versions may be longer.
	traceStart, traceEnd = 3, 3 + traceDigits
	spanStart, spanEnd   = traceEnd + 1, traceEnd + 1 + spanDigits
	headerLength         = spanEnd + 3
)

var spans uuid7.Generator

// Trace takes the trace that a request belongs to into its context, and starts one when there is none. The service gets
// a span id of its own in it. It is for services without OpenTelemetry; with it, set IDs from its span instead.
func Trace(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ids := FromContext(r.Context())
		ids.TraceID, ids.traceFlags = traceOf(r.Header)
		if ids.TraceID == "" {
			ids.TraceID, ids.traceFlags = digits(), "01"
		}
		ids.SpanID = digits()[traceDigits-spanDigits:]
		next.ServeHTTP(w, r.WithContext(NewContext(r.Context(), ids)))
	})
}

// digits returns 32 hexadecimal digits, the last 15 of which are random.
func digits() string {
	id := spans.New(time.Now())
	return id[0:8] + id[9:13] + id[14:18] + id[19:23] + id[24:]
}

// traceOf returns the trace and flags of a header that is as it should be.
func traceOf(header http.Header) (trace, flags string) {
	text := header.Get(TraceHeader)
	if len(header.Values(TraceHeader)) != 1 || len(text) < headerLength || !isHex(text[:2]) || text[:2] == "ff" ||
		len(text) > headerLength && (text[:2] == "00" || text[headerLength] != '-') ||
		text[2] != '-' || text[traceEnd] != '-' || text[spanEnd] != '-' {
		return "", ""
	}
	trace, flags = text[traceStart:traceEnd], text[spanEnd+1:headerLength]
	if !isHex(trace) || !isHex(text[spanStart:spanEnd]) || !isHex(flags) || isZero(trace) || isZero(text[spanStart:spanEnd]) {
		return "", ""
	}
	return trace, flags
}

func isHex(text string) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func isZero(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] != '0' {
			return false
		}
	}
	return true
}

// TraceIDFromContext returns the trace of ctx, or "".
func TraceIDFromContext(ctx context.Context) string { return FromContext(ctx).TraceID }

func (ids *IDs) traceparent() string {
	if len(ids.TraceID) != traceDigits || len(ids.SpanID) != spanDigits {
		return ""
	}
	flags := ids.traceFlags
	if flags == "" {
		flags = "01"
	}
	return "00-" + ids.TraceID + "-" + ids.SpanID + "-" + flags
}
