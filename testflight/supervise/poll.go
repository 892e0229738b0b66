package supervise

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// firstToEnd waits for a process to end and returns the index of its pidfd.
func firstToEnd(ctx context.Context, pidfds []int) (int, error) {
	// Closing the write end makes the read end readable: that is how poll
	// learns about the context.
	read, write, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer read.Close()
	defer write.Close()
	defer context.AfterFunc(ctx, func() { write.Close() })()

	polled := make([]unix.PollFd, 0, len(pidfds)+1)
	for _, fd := range pidfds {
		polled = append(polled, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	}
	polled = append(polled, unix.PollFd{Fd: int32(read.Fd()), Events: unix.POLLIN})

	for {
		_, err := unix.Poll(polled, -1)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("poll: %w", err)
		}
		for i := range pidfds {
			if polled[i].Revents != 0 {
				return i, nil
			}
		}
		return 0, ctx.Err()
	}
}
