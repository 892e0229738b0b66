package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// claimFile marks a state directory as a cluster's, so that Down never removes
// another directory, and is locked by whoever changes the cluster.
const claimFile = "concourse-testflight.lock"

// claim waits until nobody else changes the cluster, and makes its state
// directory if need be.
func (c *Cluster) claim() (release func(), err error) {
	if !filepath.IsAbs(c.stateDir) {
		return nil, fmt.Errorf("state directory %q: give an absolute path", c.stateDir)
	}
	if !c.claimed() {
		entries, err := os.ReadDir(c.stateDir)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("state directory: %w", err)
		}
		if len(entries) > 0 {
			return nil, fmt.Errorf("state directory %s holds files that are not a cluster's: give an empty or a new one", c.stateDir)
		}
	}
	// PostgreSQL is another user and has to get to its data below.
	if err := os.MkdirAll(c.stateDir, 0o755); err != nil {
		return nil, fmt.Errorf("make state directory: %w", err)
	}
	return lock(c.path(claimFile))
}

// claimed says whether the state directory is a cluster's.
func (c *Cluster) claimed() bool {
	_, err := os.Stat(c.path(claimFile))
	return err == nil
}

func lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		file.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if held, err := file.Stat(); err == nil {
		if there, err := os.Stat(path); err != nil || !os.SameFile(held, there) {
			file.Close()
			return nil, fmt.Errorf("the cluster of %s was taken down meanwhile: try again", path)
		}
	}
	return func() { file.Close() }, nil
}
