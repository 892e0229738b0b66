package host

import (
	"fmt"
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// UnmountBelow unmounts all that is mounted below a folder, not what is mounted on it. It
// fails rather than leave a mount: who removed the folder's files would remove others
// through that.
func UnmountBelow(folder string) error {
	mounted, err := MountsBelow(folder)
	if err != nil {
		return err
	}
	for _, point := range slices.Backward(mounted) { // what was mounted last is on top
		if err := unix.Unmount(point, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
			return fmt.Errorf("unmount %s: %w", point, err)
		}
	}
	left, err := MountsBelow(folder)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("still mounted, so no files are removed: %v", left)
	}
	return nil
}

// MountsBelow are the mount points below a folder, in the order in which they were mounted, each
// as often as something is mounted on it.
func MountsBelow(folder string) ([]string, error) {
	mounts, err := mountinfo.GetMounts(below(folder))
	if err != nil {
		return nil, err
	}
	return mountPoints(mounts), nil
}

// below skips what is not mounted below the folder.
func below(folder string) mountinfo.FilterFunc {
	return func(mount *mountinfo.Info) (skip, stop bool) {
		return !strings.HasPrefix(mount.Mountpoint, folder+"/"), false
	}
}

func mountPoints(mounts []*mountinfo.Info) []string {
	var points []string
	for _, mount := range mounts {
		points = append(points, mount.Mountpoint)
	}
	return points
}
