package productgraph

import "strings"

const (
	secretLabel = "[token]"
	cardLabel   = "[card]"
)

// secrecy is what the name of a value tells about it.
type secrecy int

const (
	notSecret  secrecy = iota
	secretName         // texts and numbers are secrets
	tokenName          // texts are; numbers count tokens
)

// Names are compared in lower case and without what separates their words.
var (
	secretWords = []string{
		"password", "passwd", "passphrase", "secret", "apikey", "accesskey", "privatekey", "authorization", "cookie",
		"cardnumber", "creditcard",
	}
	secretNames = map[string]bool{"pwd": true, "pin": true, "cvv": true, "cvc": true, "ssn": true}
)

const longestName = 128

func secrecyOf(name string) secrecy {
	var letters [longestName]byte
	length := 0
	for i := 0; i < len(name) && length < longestName; i++ {
		c := name[i]
		switch {
		case c == '_' || c == '-' || c == '.' || c == ' ':
			continue
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		letters[length] = c
		length++
	}
	word := string(letters[:length])
	if strings.Contains(word, "token") {
		return tokenName
	}
	if secretNames[word] {
		return secretName
	}
	for _, part := range secretWords {
		if strings.Contains(word, part) {
			return secretName
		}
	}
	return notSecret
}

// secrecyBelow is that of a value with this name inside of another value.
func (e *encoder) secrecyBelow(name string, outer secrecy) secrecy {
	if !e.redact {
		return notSecret
	}
	if own := secrecyOf(name); own != notSecret {
		return own
	}
	return outer
}

// A span of text to replace; end 0 is none.
type span struct {
	start, end int
	label      string
}

// redactText returns text with labels in the place of card numbers, tokens and secrets that are assigned to their
// names, and text itself when there are none. One pass.
func redactText(text string) string {
	var clean []byte
	copied := 0
	for i := 0; i < len(text); i++ {
		if !telling[text[i]] {
			continue
		}
		found := secretAt(text, i)
		if found.end == 0 || found.start < copied {
			continue
		}
		clean = append(clean, text[copied:found.start]...)
		clean = append(clean, found.label...)
		copied = found.end
		i = copied - 1
	}
	if copied == 0 {
		return text
	}
	return string(append(clean, text[copied:]...))
}

// telling has the characters that secretAt knows.
var telling = [256]bool{
	'2': true, '3': true, '4': true, '5': true, '6': true, '=': true, ':': true,
	'B': true, 'b': true, 'e': true, 'p': true, 's': true, 'g': true, 'A': true,
}

// secretAt finds the secret that begins at text[i], or that text[i] assigns.
func secretAt(text string, i int) span {
	switch text[i] {
	case '2', '3', '4', '5', '6':
		return cardAt(text, i)
	case '=':
		return assignedAt(text, i)
	case ':':
		return memberAt(text, i)
	case 'B', 'b':
		return bearerAt(text, i)
	case 'e':
		return webTokenAt(text, i)
	case 'p', 's', 'g', 'A':
		return keyAt(text, i)
	}
	return span{}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWord(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

// Characters of base64url.
func isTokenChar(c byte) bool { return isWord(c) || c == '-' }

func isNameChar(c byte) bool { return isWord(c) || c == '-' || c == '.' }

func wordBefore(text string, i int) bool { return i > 0 && isWord(text[i-1]) }

// run returns where the characters that accept takes end.
func run(text string, from int, accept func(byte) bool) int {
	for from < len(text) && accept(text[from]) {
		from++
	}
	return from
}
