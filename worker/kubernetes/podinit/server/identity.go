package server

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Identity is who a process runs as.
type Identity struct {
	UID, GID int
	Groups   []int
}

// ErrNotInit is the refusal to lend root's rights to whoever executes the
// setuid binary other than as PID 1 of a pod.
var ErrNotInit = errors.New("concourse-init is the first process of a pod and runs as nothing else")

// AssumeRoot makes this process root entirely if its binary's setuid bit lets
// it, and returns the user that it was started as, which is the image's.
// Without that bit the process goes on as the image's user.
func AssumeRoot() (Identity, error) {
	groups, err := os.Getgroups()
	if err != nil {
		return Identity{}, fmt.Errorf("get the groups that the container runtime gave to init: %w", err)
	}
	imageUser := Identity{UID: os.Getuid(), GID: os.Getgid(), Groups: groups}

	if os.Getpid() != 1 && os.Geteuid() != os.Getuid() {
		err := unix.Setresuid(imageUser.UID, imageUser.UID, imageUser.UID)
		return Identity{}, errors.Join(ErrNotInit, err)
	}
	if os.Geteuid() != 0 || os.Getuid() == 0 {
		return imageUser, nil
	}
	if err := errors.Join(unix.Setresuid(0, 0, 0), unix.Setresgid(0, 0, 0), unix.Setgroups([]int{0})); err != nil {
		return Identity{}, fmt.Errorf("become root, as the setuid bit of init allows: %w", err)
	}
	return imageUser, nil
}
