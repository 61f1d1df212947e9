package observability

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// recorder notes the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int // 0: not decided
}

func (r *recorder) WriteHeader(status int) {
	// 1xx is not the answer yet, but for 101, after which there is none.
	if r.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(data []byte) (int, error) {
	r.decided()
	return r.ResponseWriter.Write(data)
}

func (r *recorder) decided() {
	if r.status == 0 {
		r.status = http.StatusOK
	}
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// result is the status when the handler is done; returned tells that it did not panic.
func (r *recorder) result(returned bool) int {
	switch {
	case r.status != 0:
		return r.status
	case returned:
		return http.StatusOK
	}
	return http.StatusInternalServerError
}

// withAbilities returns a writer that can do what the one beneath can: handlers ask for these interfaces, so that
// neither more nor less may be there.
func (r *recorder) withAbilities() http.ResponseWriter {
	_, flushes := r.ResponseWriter.(http.Flusher)
	_, hijacks := r.ResponseWriter.(http.Hijacker)
	_, reads := r.ResponseWriter.(io.ReaderFrom)
	_, pushes := r.ResponseWriter.(http.Pusher)
	switch {
	case flushes && hijacks && reads: // HTTP/1 of net/http
		return struct {
			*recorder
			flusher
			hijacker
			readerFrom
		}{r, flusher{r}, hijacker{r}, readerFrom{r}}
	case flushes && hijacks: // HTTP/1 behind other middleware
		return struct {
			*recorder
			flusher
			hijacker
		}{r, flusher{r}, hijacker{r}}
	case flushes && pushes: // HTTP/2
		return struct {
			*recorder
			flusher
			pusher
		}{r, flusher{r}, pusher{r}}
	case flushes:
		return struct {
			*recorder
			flusher
		}{r, flusher{r}}
	}
	return r
}

type flusher struct{ noted *recorder }

func (f flusher) Flush() {
	f.noted.decided()
	f.noted.ResponseWriter.(http.Flusher).Flush()
}

type hijacker struct{ noted *recorder }

// Hijack hands the connection over: what is answered on it, if anything, counts as 101.
func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	connection, stream, err := h.noted.ResponseWriter.(http.Hijacker).Hijack()
	if err == nil && h.noted.status == 0 {
		h.noted.status = http.StatusSwitchingProtocols
	}
	return connection, stream, err
}

type readerFrom struct{ noted *recorder }

func (f readerFrom) ReadFrom(source io.Reader) (int64, error) {
	f.noted.decided()
	return f.noted.ResponseWriter.(io.ReaderFrom).ReadFrom(source)
}

type pusher struct{ noted *recorder }

func (p pusher) Push(target string, options *http.PushOptions) error {
	return p.noted.ResponseWriter.(http.Pusher).Push(target, options)
}
