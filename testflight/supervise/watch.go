package cluster

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// Watch returns nil when ctx ends, or before that an error as soon as a part of
// the cluster is not alive: it names the part and has the end of its log. A
// daemon that RunDaemon starts anew is waited for; one that StopDaemon stops is
// forgotten.
func (c *Cluster) Watch(ctx context.Context) error { return watch(ctx, c.everything) }

func watch(ctx context.Context, everything func() []part) error {
	for {
		dead, err := firstDead(ctx, everything())
		if dead == nil || err != nil {
			return err
		}
		if _, err := os.Stat(dead.pidFile()); !errors.Is(err, fs.ErrNotExist) {
			if _, err := dead.process(); errors.Is(err, errNoProcess) {
				return dead.death()
			}
		}
		if err := dead.awaitStart(ctx, everything); err != nil {
			return err
		}
	}
}

// firstDead returns the first part to end, nil if ctx ended first.
func firstDead(ctx context.Context, parts []part) (*part, error) {
	var pidfds []int
	defer func() {
		for _, fd := range pidfds {
			unix.Close(fd)
		}
	}()
	for _, p := range parts {
		fd, err := p.open()
		if errors.Is(err, errNoProcess) {
			return &p, nil
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
	return &parts[dead], nil
}

// awaitStart waits for a part that was stopped on purpose to run again, or not
// to belong to everything any more.
func (p part) awaitStart(ctx context.Context, everything func() []part) error {
	ctx, cancel := context.WithTimeout(ctx, readyPatience)
	defer cancel()
	return await(ctx, func(context.Context) (bool, error) {
		if !slices.ContainsFunc(everything(), func(other part) bool { return other.name == p.name }) {
			return true, nil
		}
		_, err := p.process()
		return err == nil, err
	})
}

// open returns a pidfd of the part's process.
func (p part) open() (int, error) {
	alive, err := p.process()
	if err != nil {
		return 0, err
	}
	return alive.open()
}
