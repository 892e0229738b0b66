package contract

import (
	"fmt"
	"strings"
	"unicode"
)

// StillStarting is the worker's answer to a request to create a container that has
// not started within the time of [AwaitStart]. Nothing is wrong with it so far.
type StillStarting struct {
	Handle string

	// Waiting says what the container waits for, in one line of at most [MaxLength]
	// bytes. A longer one is cut, and what can't be shown becomes a space.
	Waiting string
}

func (s StillStarting) Error() string {
	return stillStarting(s.Handle) + shown(s.Waiting)
}

// stillStarting begins the error. What a registry or a pipeline says comes later in
// an error of the worker's, never at its start.
func stillStarting(handle string) string {
	return fmt.Sprintf("container %s is still starting: ", handle)
}

// ParseStillStarting tells whether an error of Create is [StillStarting] for the
// container that was asked for, and what that waits for. Garden's protocol keeps
// nothing but the error's text. It is false for nil.
func ParseStillStarting(handle string, err error) (waiting string, ok bool) {
	if err == nil {
		return "", false
	}
	waiting, ok = strings.CutPrefix(err.Error(), stillStarting(handle))
	if !ok {
		return "", false
	}
	return shown(waiting), true
}

// shown is a text as one line that a terminal shows as it is.
func shown(text string) string {
	return Cut(strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return ' '
		}
		return r
	}, text)))
}
