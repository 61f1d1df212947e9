package productgraph

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/productgraph/productgraph/sdk/go/correlation"
)

// Track queues an event and returns at once. What the event leaves open comes from ctx (see package correlation), which
// may be nil, and from the client.
func (c *Client) Track(ctx context.Context, event Event) {
	if c == nil {
		return
	}
	body, fate, cause := c.prepare(ctx, event)
	if fate != kept {
		c.queue.count(func(stats *Stats) {
			if fate == discarded {
				stats.Discarded++
			} else {
				stats.Dropped++
			}
		})
		c.lost(fate, cause)
		return
	}
	overflow, open := c.queue.put(body, c.sinceStart())
	if overflow > 0 {
		c.reports.report(&DeliveryError{Events: overflow, Cause: ErrQueueFull})
	}
	if !open {
		c.late.Do(func() { go c.reports.call(&DeliveryError{Events: 1, Cause: ErrClosed}) })
	}
}

// TrackAPICall tracks the answer to a request.
func (c *Client) TrackAPICall(ctx context.Context, method, path string, status int, duration time.Duration) {
	c.Track(ctx, Event{
		EventType: APIResponse, APIMethod: method, APIPath: path, APIStatus: status, APIDurationMs: Milliseconds(duration),
	})
}

// TrackError tracks an error that a user ran into.
func (c *Client) TrackError(ctx context.Context, errType, message string) {
	c.Track(ctx, Event{EventType: ErrorOccurred, ErrorType: errType, ErrorMessage: message})
}

// TrackJourneyStep tracks that the session has come to a step of a declared journey.
func (c *Client) TrackJourneyStep(ctx context.Context, journeyID, stepID, stepName string) {
	c.Track(ctx, Event{EventType: JourneyStep, JourneyID: journeyID, JourneyStep: stepID, JourneyName: stepName})
}

// What becomes of an event in Track.
type fate int

const (
	kept fate = iota
	discarded
	dropped
)

func (c *Client) lost(fate fate, cause error) {
	if fate == dropped {
		c.reports.report(&DeliveryError{Events: 1, Cause: cause})
	}
}

var encoders = sync.Pool{New: func() any { return new(encoder) }}

// prepare makes an event what is sent, with the reason when it is dropped.
func (c *Client) prepare(ctx context.Context, event Event) (body []byte, result fate, cause error) {
	if c.disabled || c.queue.refused.Load() {
		return nil, discarded, nil
	}
	ids := correlation.FromContext(ctx)
	setDefault(&event.SessionID, ids.SessionID)
	if !c.sampler.keeps(event.SessionID) {
		return nil, discarded, nil
	}
	c.complete(&event, &ids)

	encoder := encoders.Get().(*encoder)
	defer encoders.Put(encoder)
	encoder.reset(true)
	defer func() {
		if problem := recover(); problem != nil {
			body, result, cause = nil, dropped, fmt.Errorf("the event cannot be read: %v", problem)
		}
	}()
	encoder.event(&event, c.attributes)
	if c.config.Redact != nil && !encoder.full {
		if result, cause = c.askHost(encoder); result != kept {
			return nil, result, cause
		}
	}
	if encoder.full {
		return nil, dropped, ErrTooLarge
	}
	return append(make([]byte, 0, len(encoder.buffer)), encoder.buffer...), kept, nil
}

func (c *Client) complete(event *Event, ids *correlation.IDs) {
	setDefault(&event.SessionID, c.config.SessionID)
	setDefault(&event.UserID, ids.UserID)
	setDefault(&event.RequestID, ids.RequestID)
	if event.TraceID == "" {
		event.TraceID = ids.TraceID
		setDefault(&event.SpanID, ids.SpanID)
	}
	setDefault(&event.ProjectID, c.config.ProjectID)
	setDefault(&event.EventType, Custom)
	if event.EventID != "" && !event.Timestamp.IsZero() {
		return
	}
	now := c.config.Time()
	if event.Timestamp.IsZero() {
		event.Timestamp = now
	}
	if event.EventID == "" {
		event.EventID = c.ids.New(now)
	}
}

func setDefault(text *string, value string) {
	if *text == "" {
		*text = value
	}
}

// askHost lets Config.Redact change the event that encoder holds.
func (c *Client) askHost(encoder *encoder) (result fate, cause error) {
	var event Event
	if err := event.UnmarshalJSON(encoder.buffer); err != nil {
		return dropped, err
	}
	defer func() {
		if problem := recover(); problem != nil {
			result, cause = dropped, fmt.Errorf("%w: %v", ErrRedaction, problem)
		}
	}()
	changed := c.config.Redact(&event)
	if changed == nil {
		return discarded, nil
	}
	encoder.reset(false)
	encoder.event(changed, nil)
	return kept, nil
}
