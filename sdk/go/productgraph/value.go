package productgraph

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"strconv"
	"time"
)

// maxDepth is how deep the objects and arrays of a value may be nested; deeper ones are left out.
const maxDepth = 16

// value appends any value as JSON and returns true, or appends nothing and returns false for what is no data:
// functions, channels, NaN, values that contain themselves, are nested too deep, or panic.
// secret tells under what kind of name the value stands.
func (e *encoder) value(value any, secret secrecy) bool {
	switch v := value.(type) {
	case nil:
		e.raw("null")
	case string:
		e.secretText(v, secret)
	case bool:
		e.buffer = strconv.AppendBool(e.buffer, v)
	case int:
		e.integer(int64(v), secret)
	case int64:
		e.integer(v, secret)
	case int32:
		e.integer(int64(v), secret)
	case uint64:
		e.number(strconv.FormatUint(v, 10), secret)
	case float64:
		return e.float(v, 64, secret)
	case float32:
		return e.float(float64(v), 32, secret)
	case json.Number:
		return e.jsonNumber(v, secret)
	case time.Time:
		return e.time(v)
	case map[string]any:
		return e.object(v, secret)
	case []any:
		return e.array(v, secret)
	case map[string]string:
		return eachMember(e, v, secret, func(text string, inner secrecy) bool { e.secretText(text, inner); return true })
	case []string:
		return eachElement(e, len(v), func(i int) bool { e.secretText(v[i], secret); return true })
	default:
		return e.foreign(value, secret)
	}
	return true
}

func (e *encoder) object(members map[string]any, secret secrecy) bool {
	if !e.enter(members) {
		return false
	}
	defer e.leave()
	return eachMember(e, members, secret, e.value)
}

func (e *encoder) array(elements []any, secret secrecy) bool {
	if len(elements) > 0 {
		if !e.enter(elements) {
			return false
		}
		defer e.leave()
	}
	return eachElement(e, len(elements), func(i int) bool { return e.value(elements[i], secret) })
}

// eachMember leaves out the members that write cannot.
func eachMember[T any](e *encoder, members map[string]T, secret secrecy, write func(T, secrecy) bool) bool {
	e.buffer = append(e.buffer, '{')
	first := true
	for name, value := range members {
		if e.isFull() {
			break
		}
		before := len(e.buffer)
		if !first {
			e.buffer = append(e.buffer, ',')
		}
		e.plainText(name)
		e.buffer = append(e.buffer, ':')
		if write(value, e.secrecyBelow(name, secret)) {
			first = false
		} else {
			e.buffer = e.buffer[:before]
		}
	}
	e.buffer = append(e.buffer, '}')
	return true
}

// eachElement writes null for the elements that write cannot, so that the others keep their places.
func eachElement(e *encoder, count int, write func(int) bool) bool {
	e.buffer = append(e.buffer, '[')
	for i := 0; i < count && !e.isFull(); i++ {
		if i > 0 {
			e.buffer = append(e.buffer, ',')
		}
		if !write(i) {
			e.raw("null")
		}
	}
	e.buffer = append(e.buffer, ']')
	return true
}

// enter notes that a map or slice is being written; false when it is already, or is nested too deep.
func (e *encoder) enter(container any) bool {
	if e.depth == maxDepth {
		return false
	}
	pointer := reflect.ValueOf(container).Pointer()
	for _, outer := range e.open[:e.depth] {
		if outer == pointer && pointer != 0 {
			return false
		}
	}
	e.open[e.depth] = pointer
	e.depth++
	return true
}

func (e *encoder) leave() { e.depth-- }

// foreign writes values of the host's own types the way encoding/json does. Their code may panic.
func (e *encoder) foreign(value any, secret secrecy) (written bool) {
	before, depth := len(e.buffer), e.depth
	defer func() {
		if recover() != nil {
			e.buffer, e.depth, written = e.buffer[:before], depth, false
		}
	}()
	switch v := value.(type) {
	case json.Marshaler, encoding.TextMarshaler:
	case error:
		e.secretText(v.Error(), secret)
		return true
	}
	data, err := json.Marshal(value)
	if err != nil {
		return false
	}
	var plain any
	if err := decode(data, &plain); err != nil {
		return false
	}
	return e.value(plain, secret)
}

// decode reads JSON with its numbers as they are written.
func decode(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return decoder.Decode(into)
}
