package buildlog

import (
	"bytes"
	"strings"
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
	end := wholeCharacters(text[:max(0, len(text)-longest)])
	for moved := true; moved; {
		moved = false
		for _, secret := range secrets {
			if begin := across(string(text), secret, end); begin < end {
				end, moved = begin, true
			}
		}
	}
	return end
}

// across returns where a secret begins that the cut would part, else the cut.
func across(text, secret string, cut int) int {
	from := max(0, cut-len(secret)+1)
	to := min(len(text), cut+len(secret)-1)
	if found := strings.Index(text[from:to], secret); found >= 0 && from+found < cut {
		return from + found
	}
	return cut
}
