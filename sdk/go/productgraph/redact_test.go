package productgraph

import (
	"math/rand"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

const webToken = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"

func TestTextsAreRedacted(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"4111111111111111":          "[card]",
		"card 4111 1111 1111 1111.": "card [card].",
		"4111-1111-1111-1111, 5500 0000 0000 0004!": "[card], [card]!",
		"3782 822463 10005":                         "[card]",
		"4111111111111111 12":                       "[card] 12",
		"4222222222222":                             "[card]", // 13 digits
		"4111111111111112":                          "4111111111111112",
		"4111  1111 1111 1111":                      "4111  1111 1111 1111",
		"x4111111111111111":                         "x4111111111111111",
		"4111111111111111x":                         "4111111111111111x",
		"0.4111111111111111":                        "0.4111111111111111",
		"4111111111111111.5":                        "4111111111111111.5",
		"1705312200123":                             "1705312200123",
		"41111111111111111111111":                   "41111111111111111111111",
		webToken:                                    "[token]",
		"at " + webToken + ", really":               "at [token], really",
		"eyJhbGciOiJIUzI1NiJ9":                      "eyJhbGciOiJIUzI1NiJ9",
		"Bearer abcdefgh12345678==":                 "Bearer [token]",
		"authorization: bearer a.b-c_d~e":           "authorization: bearer [token]",
		"a bearer of news":                          "a bearer of news",
		"forbearer abcdefgh12345678":                "forbearer abcdefgh12345678",
		"key sk_live_abcdef0123456789.":             "key [token].",
		"sk_test_abcdef0123456789":                  "[token]",
		"ghp_abcdef0123456789":                      "[token]",
		"AKIAIOSFODNN7EXAMPLE":                      "[token]",
		"task_live_abcdef0123456789":                "task_live_abcdef0123456789",
		"pgk_":                                      "pgk_",
		"?user=7&token=abc&x=1#top":                 "?user=7&token=[token]&x=1#top",
		"password=hunter2;":                         "password=[token];",
		"client-secret='s3cr3t' next":               "client-secret='[token]' next",
		"PASSWORD=":                                 "PASSWORD=",
		"a=b":                                       "a=b",
		"=":                                         "=",
		`{"password":"old","step":2}`:               `{"password":"[token]","step":2}`,
		`{"api_key" : "a\"b", "a": "b"}`:            `{"api_key" : "[token]", "a": "b"}`,
		`{"cvv":123,"n":4}`:                         `{"cvv":"[token]","n":4}`,
		`{"input_tokens":512}`:                      `{"input_tokens":512}`,
		`{"password":"never closed`:                 `{"password":"[token]`,
		`{"password":"ends\`:                        `{"password":"[token]`,
		`{"password":true}`:                         `{"password":true}`,
		`":"`:                                       `":"`,
		`:`:                                         `:`,
	} {
		if got := redactText(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestNamesOfSecrets(t *testing.T) {
	for name, want := range map[string]secrecy{
		"password": secretName, "newPassword2": secretName, "API-Key": secretName, "api.key": secretName,
		"client secret": secretName, "Set-Cookie": secretName, "pin": secretName, "PIN": secretName, "ssn": secretName,
		"accessToken": tokenName, "tokens": tokenName, "secret_token": tokenName,
		"": notSecret, "pass": notSecret, "spinning": notSecret, "keyboard": notSecret, "author": notSecret,
		strings.Repeat("x", 500): notSecret,
	} {
		if got := secrecyOf(name); got != want {
			t.Errorf("%q: got %d, want %d", name, got, want)
		}
	}
}

// Whatever the text is: no panic, no token by itself is left, and text stays text.
func TestRedactionOfRandomText(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	pieces := []string{
		"4111111111111111", "4111 ", "1111-", "eyJ", ".", webToken, "Bearer ", "bearer", "pgk_", "AKIA", "abcdefgh12345678",
		"password", "token", "=", ":", `"`, `\`, " ", "&", "é", "\xff", "5", "a",
	}
	for round := 0; round < 50_000; round++ {
		var text strings.Builder
		for count := random.Intn(10); count >= 0; count-- {
			text.WriteString(pieces[random.Intn(len(pieces))])
		}
		clean := redactText(text.String())
		if strings.Contains(clean, webToken) && !isTouched(clean) {
			t.Fatalf("%q became %q", text.String(), clean)
		}
		if utf8.ValidString(text.String()) && !utf8.ValidString(clean) {
			t.Fatalf("%q became %q", text.String(), clean)
		}
	}
}

// isTouched tells whether the web token in text is the end of a longer word.
func isTouched(text string) bool { return wordBefore(text, strings.Index(text, webToken)) }

// A million bytes take some milliseconds; were time quadratic, minutes.
func TestRedactionIsLinear(t *testing.T) {
	for _, piece := range []string{"4", "41 ", "eyJ.", "Bearer", "pgk_", "a=", `"`, `":`, ":", " :", `"pin" :`, "password="} {
		text := strings.Repeat(piece, 1_000_000/len(piece))
		started := time.Now()
		redactText(text)
		if took := time.Since(started); took > time.Second {
			t.Errorf("%q: %s for a million bytes", piece, took)
		}
	}
}

func TestSecretsDoNotLeaveByAnyField(t *testing.T) {
	random := rand.New(rand.NewSource(2))
	var event Event
	fill(&event, random)
	event.PageURL = "https://shop.example/?password=hunter2&id=4111111111111111"
	event.StateBefore = map[string]any{"password": "hunter2", "list": []any{map[string]any{"a": "4111111111111111"}}}
	event.StateAfter = `{"password":"hunter2","cvv":98765}`
	event.Metadata = map[string]any{"secret": map[string]any{"deeper": []string{"hunter2"}}, "text": "pin=hunter2"}
	event.Attributes = map[string]any{"cookie": "hunter2", "note": "token=hunter2"}
	encoder := encoder{redact: true}
	encoder.event(&event, nil)
	for _, secret := range []string{"hunter2", "4111111111111111", "98765"} {
		if strings.Contains(string(encoder.buffer), secret) {
			t.Errorf("%s is in %s", secret, encoder.buffer)
		}
	}
}
