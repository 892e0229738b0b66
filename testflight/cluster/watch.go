package cluster

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"
)

// Watch returns nil when ctx ends, or before that an error as soon as a part of
// the cluster is not alive: it names the part and has the end of its log.
func (c *Cluster) Watch(ctx context.Context) error {
	return watch(ctx, c.everything())
}

func watch(ctx context.Context, parts []part) error {
	var pidfds []int
	defer func() {
		for _, fd := range pidfds {
			unix.Close(fd)
		}
	}()
	for _, p := range parts {
		fd, err := p.open()
		if errors.Is(err, errNoProcess) {
			return p.death()
		}
		if err != nil {
			return err
		}
		pidfds = append(pidfds, fd)
	}

	dead, err := firstToEnd(ctx, pidfds)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	return parts[dead].death()
}

// open returns a pidfd of the part's process.
func (p part) open() (int, error) {
	alive, err := p.process()
	if err != nil {
		return 0, err
	}
	return alive.open()
}
