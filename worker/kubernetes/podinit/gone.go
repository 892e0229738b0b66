package podinit

import (
	"errors"
	"fmt"
)

// GoneError means that the pod's init did not answer, or that what answered is not
// init: a process in the pod that is root there can end the socket and put another in
// its place. It is no answer of init's, which is an error of another type.
type GoneError struct {
	// Doing is what was tried.
	Doing string
	Err   error
}

func (e *GoneError) Error() string {
	return fmt.Sprintf("%s: %v: something in the pod ended init, or removed or replaced its socket", e.Doing, e.Err)
}

func (e *GoneError) Unwrap() error { return e.Err }

// violation is the error of what init would not send.
func violation(format string, values ...any) error {
	return &GoneError{Doing: "read its output", Err: fmt.Errorf(format, values...)}
}

// ErrPodEnded as the cause of a context takes leave of a pod that has ended. It ends an
// attach whose connection has not broken. Its client is there, and is waited for if it
// has not taken yet what was received before.
var ErrPodEnded = errors.New("the pod ended")

// maxMessage is the most of a message from a pod that becomes part of an error, in bytes.
const maxMessage = 4 << 10

// said is a message from a pod, cut to a length that can be read.
func said(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	return message[:maxMessage] + "…"
}
