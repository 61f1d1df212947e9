package productgraph

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"
)

const (
	// maxEventBytes is the size at which an event loses its metadata.
	maxEventBytes = 60_000
	// maxTextLength is where a text is cut, in characters.
	maxTextLength = 8_192

	truncatedMetadata = `,"metadata":{"truncated":true}`
)

// isField has the names of Event's own fields.
var isField = fieldNames()

func fieldNames() map[string]bool {
	names := make(map[string]bool)
	event := reflect.TypeOf(Event{})
	for i := 0; i < event.NumField(); i++ {
		names[event.Field(i).Tag.Get("json")] = true
	}
	return names
}

// An attribute of all events of a client, as it is written.
type attribute struct {
	name   string
	member []byte // ,"name":value
}

// encoder writes events as JSON. The zero value writes them as they are; with redact secrets are left out.
type encoder struct {
	buffer []byte
	redact bool
	full   bool // the event is larger than maxEventBytes, also without metadata

	depth int               // of what is being written, in metadata, attributes and states
	open  [maxDepth]uintptr // the maps and slices around it
}

// reset makes an encoder that was used ready for another event.
func (e *encoder) reset(redact bool) {
	e.buffer, e.redact, e.full, e.depth = e.buffer[:0], redact, false, 0
}

// isFull leaves room for the last bracket.
func (e *encoder) isFull() bool { return len(e.buffer) >= maxEventBytes }

// event writes a whole event into an empty buffer. When it is too large it is written without metadata; when that does
// not help, full is set.
func (e *encoder) event(event *Event, common []attribute) {
	e.fields(event)
	e.attributes(event, common)
	rest := len(e.buffer)
	if len(event.Metadata) > 0 {
		e.raw(`,"metadata":`)
		e.value(event.Metadata, notSecret)
	}
	if e.isFull() {
		e.buffer = append(e.buffer[:rest], truncatedMetadata...)
		e.full = e.isFull()
	}
	e.buffer = append(e.buffer, '}')
}

func (e *encoder) fields(event *Event) {
	e.raw(`{"event_id":`)
	e.plainText(event.EventID)
	e.identifier(`,"project_id":`, event.ProjectID)
	e.identifier(`,"session.id":`, event.SessionID)
	e.identifier(`,"event.type":`, event.EventType)
	e.timestamp(event.Timestamp)
	e.identifier(`,"user.id":`, event.UserID)
	e.identifier(`,"user.anonymous_id":`, event.AnonymousID)
	e.identifier(`,"request.id":`, event.RequestID)
	e.identifier(`,"trace.id":`, event.TraceID)
	e.identifier(`,"span.id":`, event.SpanID)
	e.text(`,"org.id":`, event.OrgID)
	e.text(`,"org.name":`, event.OrgName)
	e.text(`,"event.name":`, event.EventName)
	if event.Sequence != 0 {
		e.raw(`,"event.sequence":`)
		e.buffer = strconv.AppendInt(e.buffer, event.Sequence, 10)
	}
	e.page(event)
	e.ui(event)
	e.text(`,"gen_ai.journey.id":`, event.JourneyID)
	e.text(`,"gen_ai.journey.step.id":`, event.JourneyStep)
	e.text(`,"gen_ai.journey.step.name":`, event.JourneyName)
	e.text(`,"gen_ai.journey.conversion.status":`, event.ConversionStatus)
	e.api(event)
	e.text(`,"error.type":`, event.ErrorType)
	e.text(`,"error.message":`, event.ErrorMessage)
	e.text(`,"error.stack":`, event.ErrorStack)
	e.text(`,"error.component":`, event.ErrorComponent)
	e.measure(`,"performance.lcp_ms":`, event.LCPMs)
	e.measure(`,"performance.fid_ms":`, event.FIDMs)
	e.measure(`,"performance.cls":`, event.CLS)
	e.measure(`,"performance.ttfb_ms":`, event.TTFBMs)
	e.measure(`,"performance.inp_ms":`, event.INPMs)
	e.text(`,"snapshot.url":`, event.SnapshotURL)
	e.text(`,"snapshot.viewport":`, event.SnapshotViewport)
	e.measure(`,"duration_ms":`, event.DurationMs)
}

func (e *encoder) page(event *Event) {
	e.text(`,"page.path":`, event.PagePath)
	e.text(`,"page.title":`, event.PageTitle)
	e.text(`,"page.url":`, event.PageURL)
	e.text(`,"page.referrer":`, event.PageReferrer)
}

func (e *encoder) ui(event *Event) {
	e.text(`,"ui.component.name":`, event.UIComponentName)
	e.text(`,"ui.component.path":`, event.UIComponentPath)
	e.text(`,"ui.component.type":`, event.UIComponentType)
	e.text(`,"ui.action":`, event.UIAction)
	e.text(`,"ui.element":`, event.UIElement)
	e.text(`,"ui.element.text":`, event.UIElementText)
	e.text(`,"ui.viewport":`, event.UIViewport)
	e.measure(`,"ui.scroll.position":`, event.UIScrollPosition)
	e.text(`,"ui.state.key":`, event.StateKey)
	e.member(`,"ui.state.before":`, event.StateBefore)
	e.member(`,"ui.state.after":`, event.StateAfter)
	e.text(`,"ui.state.change_type":`, event.StateChangeType)
}

func (e *encoder) api(event *Event) {
	e.text(`,"api.method":`, event.APIMethod)
	e.text(`,"api.path":`, event.APIPath)
	if event.APIStatus != 0 {
		e.raw(`,"api.status_code":`)
		e.buffer = strconv.AppendInt(e.buffer, int64(event.APIStatus), 10)
	}
	if event.APIDurationMs != 0 || event.EventType == APIResponse {
		e.measure(`,"api.duration_ms":`, &event.APIDurationMs)
	}
}

// attributes writes the event's own, and those of common that it has not.
func (e *encoder) attributes(event *Event, common []attribute) {
	for _, one := range common {
		if _, has := event.Attributes[one.name]; !has {
			e.buffer = append(e.buffer, one.member...)
		}
	}
	for name, value := range event.Attributes {
		if isField[name] || e.isFull() {
			continue
		}
		before := len(e.buffer)
		e.raw(",")
		e.plainText(name)
		e.raw(":")
		if !e.value(value, e.secrecyBelow(name, notSecret)) {
			e.buffer = e.buffer[:before]
		}
	}
}

func (e *encoder) raw(text string) { e.buffer = append(e.buffer, text...) }

// identifier writes a member that is not looked through for secrets.
func (e *encoder) identifier(name, text string) {
	if text != "" {
		e.raw(name)
		e.plainText(text)
	}
}

func (e *encoder) text(name, text string) {
	if text != "" {
		e.raw(name)
		e.secretText(text, notSecret)
	}
}

func (e *encoder) measure(name string, number *float64) {
	if number != nil && !math.IsNaN(*number) && !math.IsInf(*number, 0) {
		e.raw(name)
		e.float(*number, 64, notSecret)
	}
}

func (e *encoder) member(name string, value any) {
	if value == nil {
		return
	}
	before := len(e.buffer)
	e.raw(name)
	if !e.value(value, notSecret) {
		e.buffer = e.buffer[:before]
	}
}

// secretText writes a text without the secrets in it, or without all of it under the name of a secret.
func (e *encoder) secretText(text string, secret secrecy) {
	switch {
	case !e.redact || text == "":
		e.plainText(text)
	case secret != notSecret:
		e.raw(`"` + secretLabel + `"`)
	default:
		// What is cut off need not be looked through, but a secret must not be cut in two.
		if most := maxTextLength * (utf8.UTFMax + 1); len(text) > most {
			text = text[:most]
		}
		e.plainText(redactText(text))
	}
}

func (e *encoder) integer(number int64, secret secrecy) {
	if e.redact && secret == secretName {
		e.raw(`"` + secretLabel + `"`)
		return
	}
	e.buffer = strconv.AppendInt(e.buffer, number, 10)
}

func (e *encoder) number(text string, secret secrecy) {
	if e.redact && secret == secretName {
		text = `"` + secretLabel + `"`
	}
	e.raw(text)
}

func (e *encoder) jsonNumber(number json.Number, secret secrecy) bool {
	if !json.Valid([]byte(number)) {
		return false
	}
	e.number(string(number), secret)
	return true
}

func (e *encoder) float(number float64, bits int, secret secrecy) bool {
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return false
	}
	if e.redact && secret == secretName {
		e.raw(`"` + secretLabel + `"`)
		return true
	}
	form := byte('f')
	if size := math.Abs(number); size != 0 && (size < 1e-6 || size >= 1e21) {
		form = 'e'
	}
	e.buffer = strconv.AppendFloat(e.buffer, number, form, -1, bits)
	return true
}

func (e *encoder) timestamp(moment time.Time) {
	before := len(e.buffer)
	e.raw(`,"event.timestamp":`)
	if moment.IsZero() || !e.time(moment) {
		e.buffer = e.buffer[:before]
	}
}

// time writes RFC 3339 in UTC; false for years that it has not.
func (e *encoder) time(moment time.Time) bool {
	moment = moment.UTC()
	if year := moment.Year(); year < 0 || year > 9999 {
		return false
	}
	e.buffer = append(e.buffer, '"')
	e.buffer = moment.AppendFormat(e.buffer, time.RFC3339Nano)
	e.buffer = append(e.buffer, '"')
	return true
}

// commonAttributes encodes Config.Attributes once.
func commonAttributes(values map[string]any) []attribute {
	var attributes []attribute
	for name, value := range values {
		encoder := encoder{redact: true}
		encoder.raw(",")
		encoder.plainText(name)
		encoder.raw(":")
		if !isField[name] && encoder.value(value, encoder.secrecyBelow(name, notSecret)) {
			attributes = append(attributes, attribute{name, encoder.buffer})
		}
	}
	return attributes
}
