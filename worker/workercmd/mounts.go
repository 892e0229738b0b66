package workercmd

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/concourse/concourse/worker/baggageclaim/volume"
	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// liveVolumes is the folder, in that of the volumes, of those that are complete.
const liveVolumes = "live"

// unmountVolumes unmounts what an earlier life of the worker left mounted below
// the folder of the volumes, but for what is below the folder in it that is
// kept, if one is given. Pods have mounts of their own, which go on.
func unmountVolumes(volumes, kept string) error {
	mounts, folder, err := mountsBelow(volumes)
	if err != nil {
		return err
	}
	for _, mountpoint := range slices.Backward(mounts) { // one over another last
		if kept != "" && strings.HasPrefix(mountpoint, filepath.Join(folder, kept)+"/") {
			continue
		}
		if err := unix.Unmount(mountpoint, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
			return fmt.Errorf("unmount %s, which an earlier worker left: %w", mountpoint, err)
		}
	}
	return nil
}

// mountsBelow lists the mount points below a folder, each as often as something
// is mounted there, and the folder as the kernel names it. The folder itself may
// be a mount, of a disk for volumes.
func mountsBelow(volumes string) (mounts []string, folder string, err error) {
	if folder, err = filepath.EvalSymlinks(volumes); err != nil {
		return nil, "", fmt.Errorf("find the folder of the volumes: %w", err)
	}
	found, err := mountinfo.GetMounts(func(mount *mountinfo.Info) (skip, stop bool) {
		return !strings.HasPrefix(mount.Mountpoint, folder+"/"), false
	})
	if err != nil {
		return nil, "", fmt.Errorf("list what is mounted below %s: %w", folder, err)
	}
	for _, mount := range found {
		mounts = append(mounts, mount.Mountpoint)
	}
	return mounts, folder, nil
}

// unmounted lists only the volumes of a file system that are not mounted.
type unmounted struct {
	volume.Filesystem
	dir string
}

func (u unmounted) ListVolumes() ([]volume.FilesystemLiveVolume, error) {
	all, err := u.Filesystem.ListVolumes()
	if err != nil {
		return nil, err
	}
	mounts, folder, err := mountsBelow(u.dir)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(one volume.FilesystemLiveVolume) bool {
		below, err := filepath.Rel(u.dir, one.DataPath())
		return err == nil && slices.Contains(mounts, filepath.Join(folder, below))
	}), nil
}
