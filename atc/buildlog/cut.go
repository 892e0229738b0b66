package buildlog

import (
	"bytes"
	"unicode/utf8"
)

// longestLine is the most of a line, in bytes, that waits for its end because a
// secret may begin in it.
const longestLine = 1 << 20

// wholeCharacters returns how much of the text can be saved: all but the beginning
// of a character whose rest is to come.
func wholeCharacters(text []byte) int {
	for back := 1; back < utf8.UTFMax && back <= len(text); back++ {
		tail := text[len(text)-back:]
		if utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				break
			}
			return len(text) - back
		}
	}
	return len(text)
}

// wholeLines returns how much of the text can be saved where secrets are redacted.
// A line waits for its end. One that is too long is cut where no secret is.
func wholeLines(text []byte, secrets []string) int {
	if len(secrets) == 0 {
		return wholeCharacters(text)
	}
	if end := bytes.LastIndexByte(text, '\n'); end >= 0 {
		return end + 1
	}
	if len(text) <= longestLine {
		return 0
	}
	longest := 0
	for _, secret := range secrets {
		longest = max(longest, len(secret))
	}
	return outsideSecrets(text, secrets, max(0, len(text)-longest))
}

// outsideSecrets returns the last position, up to a limit, at which a cut parts no
// secret. Secrets are found from the left and don't overlap, as they are redacted: a
// text that is made of a secret's repetitions can be cut between two of them.
func outsideSecrets(text []byte, secrets []string, limit int) int {
	next := occurrencesIn(text, secrets)
	for from := 0; len(next) > 0; {
		first := next[0]
		if first.begin < from { // it overlaps one that was found before
			next.goOn(text, from)
			continue
		}
		switch end := first.begin + len(first.secret); {
		case first.begin >= limit:
			return wholeCharacters(text[:limit])
		case end > limit:
			return first.begin
		default:
			from = end
		}
	}
	return wholeCharacters(text[:limit])
}
