package workercmd

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// unmountVolumes unmounts what an earlier life of the worker left mounted below
// the folder of the volumes. Baggageclaim mounts all volumes when it starts, over
// those mounts, and unmounts each once when it destroys it: the volume would stay
// busy for ever. Pods have mounts of their own, which go on.
func unmountVolumes(volumes string) error {
	folder, err := filepath.EvalSymlinks(volumes)
	if err != nil {
		return fmt.Errorf("find the folder of the volumes: %w", err)
	}
	// The folder itself may be a mount, of a disk for volumes.
	mounts, err := mountinfo.GetMounts(func(mount *mountinfo.Info) (skip, stop bool) {
		return !strings.HasPrefix(mount.Mountpoint, folder+"/"), false
	})
	if err != nil {
		return fmt.Errorf("list what is mounted below %s: %w", folder, err)
	}
	for _, mount := range slices.Backward(mounts) { // one over another last
		if err := unix.Unmount(mount.Mountpoint, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
			return fmt.Errorf("unmount %s, which an earlier worker left: %w", mount.Mountpoint, err)
		}
	}
	return nil
}
