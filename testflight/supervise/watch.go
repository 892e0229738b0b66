package supervise

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// Watch returns nil when ctx ends, or before that an error as soon as one of the
// services is not alive: it names the service and has the end of its log. One that
// StopOnPurpose stopped is waited for, until it is started anew or the services no
// longer have it.
func Watch(ctx context.Context, services func() []Service) error {
	for {
		dead, err := firstDead(ctx, services())
		if dead == nil || err != nil {
			return err
		}
		if _, err := os.Stat(dead.pidFile()); !errors.Is(err, fs.ErrNotExist) {
			if _, err := dead.Process(); errors.Is(err, ErrNoProcess) {
				return dead.death()
			}
		}
		err = dead.awaitStart(ctx, services)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// firstDead returns the first service to end, nil if ctx ended first.
func firstDead(ctx context.Context, services []Service) (*Service, error) {
	var pidfds []int
	defer func() {
		for _, fd := range pidfds {
			unix.Close(fd)
		}
	}()
	for _, s := range services {
		fd, err := s.open()
		if errors.Is(err, ErrNoProcess) {
			return &s, nil
		}
		if err != nil {
			return nil, err
		}
		pidfds = append(pidfds, fd)
	}

	dead, err := firstToEnd(ctx, pidfds)
	if ctx.Err() != nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &services[dead], nil
}

// awaitStart waits for a service that was stopped on purpose to run again, or not to
// be one of the services any more.
func (s Service) awaitStart(ctx context.Context, services func() []Service) error {
	return Await(ctx, ReadyPatience, func(context.Context) (bool, error) {
		if !slices.ContainsFunc(services(), func(other Service) bool { return other.Name == s.Name }) {
			return true, nil
		}
		_, err := s.Process()
		return err == nil, err
	})
}
