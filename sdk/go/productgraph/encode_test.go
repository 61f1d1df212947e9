package productgraph

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"time"
)

// encoded is the event as it would be sent, read back.
func encoded(t *testing.T, event Event, redact bool) map[string]any {
	t.Helper()
	encoder := encoder{redact: redact}
	encoder.event(&event, nil)
	var read map[string]any
	if err := decode(encoder.buffer, &read); err != nil {
		t.Fatalf("%s: %v", encoder.buffer, err)
	}
	return read
}

// fill sets every field of an event to something.
func fill(event *Event, random *rand.Rand) {
	value := reflect.ValueOf(event).Elem()
	for i := 0; i < value.NumField(); i++ {
		switch field := value.Field(i).Addr().Interface().(type) {
		case *string:
			*field = randomText(random)
		case *int:
			*field = random.Intn(1000) + 1
		case *int64:
			*field = random.Int63() + 1
		case *float64:
			*field = random.NormFloat64()
		case **float64:
			*field = Float(random.ExpFloat64())
		case *any:
			*field = map[string]any{"state": randomText(random)}
		case *time.Time:
			*field = time.Unix(random.Int63n(1e10), random.Int63n(1e9)).UTC()
		case *map[string]any:
			*field = map[string]any{"list": []any{randomText(random), json.Number("1.50"), true, nil}}
		}
	}
}

func randomText(random *rand.Rand) string {
	alphabet := []rune("aZ09 _\"\\/\n\r\t\b\x01\x7f<>&é漢😀\u2028\uFFFD")
	text := make([]rune, random.Intn(20)+1)
	for i := range text {
		text[i] = alphabet[random.Intn(len(alphabet))]
	}
	return string(text)
}

// encoding/json is the oracle: what it reads from the wire, with the tags of Event, is the event that was written.
func TestEveryFieldSurvives(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for round := 0; round < 500; round++ {
		var event, read Event
		fill(&event, random)
		text, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !reflect.DeepEqual(read, event) {
			t.Fatalf("round %d: got\n%+v, want\n%+v", round, read, event)
		}
	}
}

func TestZeroFieldsAreLeftOut(t *testing.T) {
	if got := encoded(t, Event{EventID: "e"}, true); len(got) != 1 {
		t.Errorf("got %v", got)
	}
	got := encoded(t, Event{EventType: APIResponse}, true)
	if got["api.duration_ms"] != json.Number("0") {
		t.Errorf("an answer without duration: %v", got)
	}
}

type panicking struct{ value string }

func (panicking) MarshalJSON() ([]byte, error) { panic("not today") }

type failing struct{}

func (*failing) Error() string { return "out of stock" }

type shelf struct {
	Name  string `json:"name"`
	Token string `json:"token,omitempty"`
	Next  *shelf `json:"next,omitempty"`
}

func TestValues(t *testing.T) {
	type words []string
	circle := &shelf{Name: "round"}
	circle.Next = circle
	for name, one := range map[string]struct{ value, want any }{
		"nil":            {nil, nil},
		"nil pointer":    {(*shelf)(nil), nil},
		"largest":        {uint64(math.MaxUint64), json.Number("18446744073709551615")},
		"small integer":  {int8(-3), json.Number("-3")},
		"float":          {0.1, json.Number("0.1")},
		"float32":        {float32(0.1), json.Number("0.1")},
		"tiny":           {1e-300, json.Number("1e-300")},
		"number":         {json.Number("12.340"), json.Number("12.340")},
		"time":           {time.Unix(0, 5e8), "1970-01-01T00:00:00.5Z"},
		"struct":         {shelf{Name: "a", Token: "t"}, map[string]any{"name": "a", "token": "[token]"}},
		"own type":       {words{"a", "b"}, []any{"a", "b"}},
		"texts":          {map[string]string{"pin": "1", "a": "b"}, map[string]any{"pin": "[token]", "a": "b"}},
		"error":          {&failing{}, "out of stock"},
		"bytes":          {[]byte("abc"), "YWJj"},
		"list with gaps": {[]any{1, math.NaN(), func() {}, "x", time.Unix(1e15, 0)}, []any{json.Number("1"), nil, nil, "x", nil}},
		"empty list":     {[]any{}, []any{}},
		"NaN":            {math.NaN(), absent},
		"infinite":       {math.Inf(-1), absent},
		"no number":      {json.Number("1; DROP"), absent},
		"function":       {func() {}, absent},
		"channel":        {make(chan int), absent},
		"complex":        {1i, absent},
		"panics":         {panicking{}, absent},
		"circle":         {circle, absent},
		"far year":       {time.Unix(1e15, 0), absent},
	} {
		got, has := encoded(t, Event{Metadata: map[string]any{"v": one.value}}, true)["metadata"].(map[string]any)["v"]
		if one.want == absent {
			if has {
				t.Errorf("%s: got %v", name, got)
			}
		} else if !has || !reflect.DeepEqual(got, one.want) {
			t.Errorf("%s: got %#v, want %#v", name, got, one.want)
		}
	}
}

var absent any = struct{ absent bool }{true}

func TestValuesThatContainThemselves(t *testing.T) {
	inner := map[string]any{"kept": "yes"}
	inner["self"] = inner
	list := []any{"kept", nil}
	list[1] = list
	got := encoded(t, Event{Metadata: map[string]any{"inner": inner, "list": list, "again": inner}}, true)["metadata"]
	same := map[string]any{"kept": "yes"}
	want := map[string]any{"inner": same, "list": []any{"kept", nil}, "again": same}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestDepthIsBounded(t *testing.T) {
	deep := any("bottom")
	for i := 0; i < 1000; i++ {
		deep = []any{deep}
	}
	text, _ := json.Marshal(Event{Metadata: map[string]any{"deep": deep}})
	if got := strings.Count(string(text), "["); got != maxDepth-1 {
		t.Errorf("%d levels in %s", got, text)
	}
}

func TestTextIsMadeStorable(t *testing.T) {
	for text, want := range map[string]string{
		"a\x00b":                  "a\uFFFDb",
		"a\xff\xfeb":              "a\uFFFD\uFFFDb",
		"\xed\xa0\x80":            "\uFFFD\uFFFD\uFFFD", // a surrogate
		"\uFFFD":                  "\uFFFD",
		strings.Repeat("é", 9000): strings.Repeat("é", maxTextLength),
		strings.Repeat("a", 9000): strings.Repeat("a", maxTextLength),
	} {
		for _, redact := range []bool{true, false} {
			if got := encoded(t, Event{EventName: text}, redact)["event.name"]; got != want {
				t.Errorf("%.20q: got %.40q", text, got)
			}
		}
	}
}

func TestLargeEventsLoseMetadataOrAreRefused(t *testing.T) {
	many := make(map[string]any)
	for i := 0; i < 20_000; i++ {
		many[randomText(rand.New(rand.NewSource(int64(i))))+strings.Repeat("k", i%50)] = i
	}
	got := encoded(t, Event{EventID: "e", Metadata: many}, true)
	if want := map[string]any{"truncated": true}; !reflect.DeepEqual(got["metadata"], want) {
		t.Errorf("metadata is %.100v", got["metadata"])
	}
	if _, err := json.Marshal(Event{Attributes: many}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too many attributes: %v", err)
	}
}

func TestAttributesDoNotDoubleFields(t *testing.T) {
	event := Event{EventID: "e", SessionID: "s", Attributes: map[string]any{
		"session.id": "other", "event_id": "other", "plan": "gold", "password": "p", "nothing": math.NaN(),
	}}
	want := map[string]any{"event_id": "e", "session.id": "s", "plan": "gold", "password": "[token]"}
	if got := encoded(t, event, true); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}
