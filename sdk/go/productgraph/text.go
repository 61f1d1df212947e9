package productgraph

import "unicode/utf8"

const hexDigits = "0123456789abcdef"

// plainText writes a text as it is, cut to maxTextLength. Bytes that are no UTF-8, and U+0000, which the store cannot
// hold, become U+FFFD.
func (e *encoder) plainText(text string) {
	text = cut(text, maxTextLength)
	e.buffer = append(e.buffer, '"')
	written := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		size := 1
		if c >= utf8.RuneSelf {
			var char rune
			if char, size = utf8.DecodeRuneInString(text[i:]); char != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		e.buffer = append(e.buffer, text[written:i]...)
		e.escape(c)
		i += size
		written = i
	}
	e.buffer = append(e.buffer, text[written:]...)
	e.buffer = append(e.buffer, '"')
}

// escape writes a byte that cannot stand in JSON as it is.
func (e *encoder) escape(c byte) {
	switch c {
	case '"', '\\':
		e.buffer = append(e.buffer, '\\', c)
	case '\n':
		e.raw(`\n`)
	case '\r':
		e.raw(`\r`)
	case '\t':
		e.raw(`\t`)
	default:
		if c == 0 || c >= utf8.RuneSelf {
			e.raw("\uFFFD")
			return
		}
		e.buffer = append(e.buffer, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
	}
}

// cut returns the first characters of text.
func cut(text string, characters int) string {
	if len(text) <= characters {
		return text
	}
	for i := range text {
		if characters == 0 {
			return text[:i]
		}
		characters--
	}
	return text
}
