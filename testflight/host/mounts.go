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
	mounted, err := mountinfo.GetMounts(below(folder))
	if err != nil {
		return err
	}
	slices.Reverse(mounted) // what was mounted last is on top
	for _, mount := range mounted {
		if err := unix.Unmount(mount.Mountpoint, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
			return fmt.Errorf("unmount %s: %w", mount.Mountpoint, err)
		}
	}
	left, err := mountinfo.GetMounts(below(folder))
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("still mounted, so no files are removed: %v", mountPoints(left))
	}
	return nil
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
