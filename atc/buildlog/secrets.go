package buildlog

import (
	"cmp"
	"slices"
	"strings"
)

const redacted = "((redacted))"

// Secrets are what the build has read so far of what a log must not show.
type Secrets interface {
	Each(visit func(value string))
}

// lines are what a log must not show: as upstream has it, each line of a secret
// that has more than one letter. The longest come first: a secret that begins another
// one's would leave the end of that.
func lines(secrets Secrets) []string {
	var found []string
	secrets.Each(func(value string) {
		for line := range strings.SplitSeq(value, "\n") {
			if line = strings.TrimSpace(line); len(line) > 1 {
				found = append(found, line)
			}
		}
	})
	slices.SortStableFunc(found, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return found
}

func redact(text string, secrets []string) string {
	for _, secret := range secrets {
		text = strings.ReplaceAll(text, secret, redacted)
	}
	return text
}
