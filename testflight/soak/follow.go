package soak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/util/wait"
)

// follow reads the events of a build until it has ended, and returns its log. It calls said once,
// when the log has the words. It begins anew when web goes away.
func (s *session) follow(ctx context.Context, build int, words string, said func()) (log string, err error) {
	once := sync.OnceFunc(said)
	var last error
	err = wait.PollUntilContextCancel(ctx, retryInterval, true, func(ctx context.Context) (ended bool, _ error) {
		log, last = s.followOnce(ctx, build, func(log string) {
			if strings.Contains(log, words) {
				once()
			}
		})
		return last == nil, nil
	})
	if err != nil {
		return log, fmt.Errorf("follow build %d to its end: %w", build, errors.Join(err, last))
	}
	return log, nil
}

func (s *session) followOnce(ctx context.Context, build int, said func(log string)) (string, error) {
	events, err := s.api.BuildEvents(strconv.Itoa(build))
	if err != nil {
		return "", err
	}
	defer context.AfterFunc(ctx, func() { events.Close() })()
	defer events.Close()

	var log strings.Builder
	for {
		next, err := events.NextEventRaw()
		if err != nil {
			return log.String(), err
		}
		if next.Name == "end" {
			return log.String(), nil
		}
		text, err := textOf(next.Data)
		if err != nil {
			return log.String(), err
		}
		log.WriteString(text)
		said(log.String())
	}
}

// textOf is what an event adds to a log: what a step printed, or why it could not run.
func textOf(event []byte) (string, error) {
	var read struct {
		Event string
		Data  struct{ Payload, Message string }
	}
	if err := json.Unmarshal(event, &read); err != nil {
		return "", fmt.Errorf("read the event of a build %q: %w", event, err)
	}
	switch read.Event {
	case "log":
		return read.Data.Payload, nil
	case "error":
		return "error: " + read.Data.Message + "\n", nil
	default:
		return "", nil
	}
}
