package productgraph

import (
	"encoding/json"
	"time"
)

// The types of events that every project takes.
const (
	PageView          = "page.view"
	PageLeave         = "page.leave"
	UIClick           = "ui.click"
	UIInput           = "ui.input"
	UIScroll          = "ui.scroll"
	UIFocus           = "ui.focus"
	UIBlur            = "ui.blur"
	UISubmit          = "ui.submit"
	StateChange       = "state.change"
	APIRequest        = "api.request"
	APIResponse       = "api.response"
	JourneyStep       = "journey.step"
	JourneyConversion = "journey.conversion"
	SnapshotCaptured  = "snapshot.captured"
	ErrorOccurred     = "error"
	Performance       = "performance"
	Custom            = "custom"
)

// Event is one thing that happened. The tags are the names on the wire. Zero values are left out, except the status and
// duration of an api.response; numbers that may well be zero are pointers (see Float).
type Event struct {
	EventID   string    `json:"event_id"`        // by default a UUID of version 7; an id is stored once
	ProjectID string    `json:"project_id"`      // by default the client's
	SessionID string    `json:"session.id"`      // by default the context's
	EventType string    `json:"event.type"`      // by default Custom
	Timestamp time.Time `json:"event.timestamp"` // by default now

	UserID      string `json:"user.id"` // by default the context's
	AnonymousID string `json:"user.anonymous_id"`
	RequestID   string `json:"request.id"` // by default the context's
	TraceID     string `json:"trace.id"`   // by default the context's
	SpanID      string `json:"span.id"`    // by default the context's, with its trace
	OrgID       string `json:"org.id"`
	OrgName     string `json:"org.name"`

	EventName string `json:"event.name"`
	Sequence  int64  `json:"event.sequence"`

	PagePath     string `json:"page.path"`
	PageTitle    string `json:"page.title"`
	PageURL      string `json:"page.url"`
	PageReferrer string `json:"page.referrer"`

	UIComponentName  string   `json:"ui.component.name"`
	UIComponentPath  string   `json:"ui.component.path"`
	UIComponentType  string   `json:"ui.component.type"`
	UIAction         string   `json:"ui.action"`
	UIElement        string   `json:"ui.element"`
	UIElementText    string   `json:"ui.element.text"`
	UIViewport       string   `json:"ui.viewport"`
	UIScrollPosition *float64 `json:"ui.scroll.position"`

	StateKey        string `json:"ui.state.key"`
	StateBefore     any    `json:"ui.state.before"` // a text is JSON already; anything else is encoded
	StateAfter      any    `json:"ui.state.after"`
	StateChangeType string `json:"ui.state.change_type"`

	JourneyID        string `json:"gen_ai.journey.id"`
	JourneyStep      string `json:"gen_ai.journey.step.id"`
	JourneyName      string `json:"gen_ai.journey.step.name"` // the step's name
	ConversionStatus string `json:"gen_ai.journey.conversion.status"`

	APIMethod     string  `json:"api.method"`
	APIPath       string  `json:"api.path"`
	APIStatus     int     `json:"api.status_code"`
	APIDurationMs float64 `json:"api.duration_ms"`

	ErrorType      string `json:"error.type"`
	ErrorMessage   string `json:"error.message"`
	ErrorStack     string `json:"error.stack"`
	ErrorComponent string `json:"error.component"`

	LCPMs  *float64 `json:"performance.lcp_ms"`
	FIDMs  *float64 `json:"performance.fid_ms"`
	CLS    *float64 `json:"performance.cls"`
	TTFBMs *float64 `json:"performance.ttfb_ms"`
	INPMs  *float64 `json:"performance.inp_ms"`

	SnapshotURL      string   `json:"snapshot.url"`
	SnapshotViewport string   `json:"snapshot.viewport"`
	DurationMs       *float64 `json:"duration_ms"`

	// Metadata is the caller's own. It is read by Track and not kept: the caller may change it afterwards.
	Metadata map[string]any `json:"metadata"`
	// Attributes are fields beside the ones above, "request.id". Names of the fields above count as absent.
	Attributes map[string]any `json:"-"`
}

// Float returns a pointer to value.
func Float(value float64) *float64 { return &value }

// Milliseconds returns duration as fields named _ms want it.
func Milliseconds(duration time.Duration) float64 {
	return float64(duration) / float64(time.Millisecond)
}

// UnmarshalJSON reads an event in the form of the wire; unknown fields become Attributes. Numbers in Metadata,
// Attributes and states are json.Number, and keep all their digits.
func (e *Event) UnmarshalJSON(data []byte) error {
	type fields Event
	var known fields
	if err := decode(data, &known); err != nil {
		return err
	}
	var all map[string]any
	if err := decode(data, &all); err != nil {
		return err
	}
	for name := range all {
		if isField[name] {
			delete(all, name)
		}
	}
	*e = Event(known)
	if len(all) > 0 {
		e.Attributes = all
	}
	return nil
}

// MarshalJSON writes an event in the form of the wire, with nothing redacted.
func (e Event) MarshalJSON() ([]byte, error) {
	var encoder encoder
	encoder.event(&e, nil)
	if encoder.full {
		return nil, ErrTooLarge
	}
	return encoder.buffer, nil
}

var _ json.Marshaler = Event{}
