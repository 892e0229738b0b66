package workercmd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/concourse/concourse/worker/baggageclaim/volume"
	"golang.org/x/sys/unix"

	"github.com/concourse/concourse-kubernetes/worker/removal"
)

// removingDriver removes what is in a volume before upstream's driver removes the volume.
// Upstream's goes through the files itself, and a step may have made more levels than the
// worker may have open files, see package removal.
type removingDriver struct {
	volume.Driver
	// directories are where the driver keeps what is in a volume. Nothing is mounted there.
	directories func(volume.FilesystemVolume) []string
}

func (d removingDriver) DestroyVolume(doomed volume.FilesystemVolume) error {
	// Upstream's drivers take one that is not mounted, as it is by then, for unmounted.
	err := unix.Unmount(doomed.DataPath(), unix.UMOUNT_NOFOLLOW)
	isGone := errors.Is(err, unix.ENOENT) // an earlier removal got that far
	if err != nil && !isGone && !errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("unmount volume %s: %w", doomed.Handle(), err)
	}
	for _, directory := range d.directories(doomed) {
		if err := removal.Tree(context.Background(), directory); err != nil {
			return fmt.Errorf("destroy volume %s: %w", doomed.Handle(), err)
		}
	}
	if isGone { // upstream's would fail to unmount it, and nothing else is left
		return nil
	}
	return d.Driver.DestroyVolume(doomed)
}

// layersIn are the directories that upstream's overlay driver has for a volume.
func layersIn(overlaysDir string) func(volume.FilesystemVolume) []string {
	return func(of volume.FilesystemVolume) []string {
		return []string{filepath.Join(overlaysDir, of.Handle()), filepath.Join(overlaysDir, "work", of.Handle())}
	}
}

// content is the directory of a volume of upstream's naive driver.
func content(of volume.FilesystemVolume) []string { return []string{of.DataPath()} }
