package productgraph

import "strings"

// The length of card numbers, and of what secrets are made of at least: shorter ones are words.
const (
	shortestCard   = 13
	longestCard    = 19
	shortestBearer = 8
	shortestKey    = 8
)

// cardAt finds the payment card whose number begins at text[i]: 13 to 19 digits with the right check digit, in one
// piece or with single blanks or dashes between, that are no part of something else.
func cardAt(text string, i int) span {
	if touches(text, i-1, i-2) {
		return span{}
	}
	var digits [longestCard]byte
	end, count := 0, 0
	for at := i; at < len(text) && count < longestCard; at++ {
		switch c := text[at]; {
		case isDigit(c):
			digits[count] = c - '0'
			count++
			if count >= shortestCard && !touches(text, at+1, at+2) && hasCheckDigit(digits[:count]) {
				end = at + 1
			}
		case (c == ' ' || c == '-') && isDigit(text[at-1]):
		default:
			return span{i, end, cardLabel}
		}
	}
	return span{i, end, cardLabel}
}

// touches tells whether text[next] belongs to the digits beside it: a letter, or a decimal point with a digit beyond.
func touches(text string, next, beyond int) bool {
	if next < 0 || next >= len(text) {
		return false
	}
	if text[next] == '.' {
		return beyond >= 0 && beyond < len(text) && isDigit(text[beyond])
	}
	return isWord(text[next])
}

// hasCheckDigit is Luhn's.
func hasCheckDigit(digits []byte) bool {
	sum := 0
	for i, digit := range digits {
		value := int(digit)
		if (len(digits)-i)%2 == 0 {
			value *= 2
			if value > 9 {
				value -= 9
			}
		}
		sum += value
	}
	return sum%10 == 0
}

// assignedAt finds the value in NAME=value.
func assignedAt(text string, i int) span {
	start := i
	for start > 0 && i-start < longestName && isNameChar(text[start-1]) {
		start--
	}
	if start == i || secrecyOf(text[start:i]) == notSecret {
		return span{}
	}
	from := i + 1
	if from < len(text) && (text[from] == '"' || text[from] == '\'') {
		from++
	}
	return nonempty(from, run(text, from, func(c byte) bool { return strings.IndexByte(" \t\r\n\"'&;#)", c) < 0 }))
}

// memberAt finds the value in "NAME":"value", and in "NAME":123.
func memberAt(text string, i int) span {
	end := i
	for end > 0 && text[end-1] == ' ' {
		end--
	}
	if end == 0 || text[end-1] != '"' {
		return span{}
	}
	end--
	start := end
	for start > 0 && end-start < longestName && text[start-1] != '"' {
		start--
	}
	if start == 0 || text[start-1] != '"' {
		return span{}
	}
	secret := secrecyOf(text[start:end])
	if secret == notSecret {
		return span{}
	}
	from := run(text, i+1, func(c byte) bool { return c == ' ' })
	if from < len(text) && text[from] == '"' {
		return nonempty(from+1, closingQuote(text, from+1))
	}
	number := nonempty(from, run(text, from, func(c byte) bool { return isDigit(c) || c == '.' || c == '-' }))
	if secret == tokenName || number.end == 0 {
		return span{}
	}
	number.label = `"` + secretLabel + `"`
	return number
}

func closingQuote(text string, from int) int {
	for from < len(text) && text[from] != '"' {
		if text[from] == '\\' {
			from++
		}
		from++
	}
	if from > len(text) {
		return len(text)
	}
	return from
}

// bearerAt finds what follows "Bearer ".
func bearerAt(text string, i int) span {
	const word = "bearer "
	if wordBefore(text, i) || len(text)-i < len(word) || !strings.EqualFold(text[i:i+len(word)], word) {
		return span{}
	}
	from := i + len(word)
	return atLeast(shortestBearer, from, run(text, from, func(c byte) bool {
		return isTokenChar(c) || strings.IndexByte(".~+/=", c) >= 0
	}))
}

// webTokenAt finds a JSON Web Token: three parts of base64url, the first of which is an object.
func webTokenAt(text string, i int) span {
	if !strings.HasPrefix(text[i:], "eyJ") || wordBefore(text, i) {
		return span{}
	}
	end := i
	for part := 0; part < 2; part++ {
		dot := run(text, end, isTokenChar)
		if dot == end || dot == len(text) || text[dot] != '.' {
			return span{}
		}
		end = dot + 1
	}
	return span{i, run(text, end, isTokenChar), secretLabel}
}

var keyPrefixes = []string{"pgk_", "sk_live_", "sk_test_", "ghp_", "AKIA"}

// keyAt finds keys that their makers give a prefix.
func keyAt(text string, i int) span {
	if wordBefore(text, i) {
		return span{}
	}
	for _, prefix := range keyPrefixes {
		if text[i] == prefix[0] && strings.HasPrefix(text[i:], prefix) {
			from := i + len(prefix)
			found := atLeast(shortestKey, from, run(text, from, isWord))
			found.start = i
			return found
		}
	}
	return span{}
}

func nonempty(start, end int) span { return atLeast(1, start, end) }

func atLeast(length, start, end int) span {
	if end-start < length {
		return span{}
	}
	return span{start, end, secretLabel}
}
