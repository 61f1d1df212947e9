package correlation

import (
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/productgraph/productgraph/sdk/go/internal/uuid7"
)

// Longer ids count as absent, as the server would refuse them.
const (
	maxSessionIDBytes = 255
	maxRequestIDBytes = 128
	maxUserIDBytes    = 255
)

var requestIDs uuid7.Generator

// Middleware takes X-Session-ID, X-Request-ID and X-User-ID into the request's context, makes a request id when there
// is none, and returns it in the X-Request-ID of the answer. An id that is sent twice, too long, or holds anything but
// printable characters counts as absent.
//
// X-User-ID is believed. Where requests come straight from browsers, put this behind something that sets or removes
// it, or call WithUserID once the user is known.
func Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ids := IDs{
			SessionID: only(r.Header, SessionIDHeader, maxSessionIDBytes, isPrintableASCII),
			RequestID: only(r.Header, RequestIDHeader, maxRequestIDBytes, isPrintableASCII),
			UserID:    only(r.Header, UserIDHeader, maxUserIDBytes, isPrintable),
		}
		if ids.RequestID == "" {
			ids.RequestID = requestIDs.New(time.Now())
		}
		w.Header().Set(RequestIDHeader, ids.RequestID)
		next.ServeHTTP(w, r.WithContext(NewContext(r.Context(), ids)))
	})
}

// only returns the header's one acceptable value, or "".
func only(header http.Header, name string, maxBytes int, acceptable func(string) bool) string {
	values := header.Values(name)
	if len(values) != 1 || len(values[0]) > maxBytes || !acceptable(values[0]) {
		return ""
	}
	return values[0]
}

func isPrintableASCII(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < 0x20 || text[i] > 0x7e {
			return false
		}
	}
	return true
}

// Names of users may be of any script.
func isPrintable(text string) bool {
	for _, c := range text {
		if c < 0x20 || c >= 0x7f && c < 0xa0 {
			return false
		}
	}
	return utf8.ValidString(text)
}
