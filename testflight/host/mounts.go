package cluster

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// unmountAll unmounts what is mounted below the state directory. It fails rather
// than leave a mount, through which removing our files would remove others.
func (c *Cluster) unmountAll() error {
	mounted, err := c.mounts()
	if err != nil {
		return err
	}
	slices.Reverse(mounted) // what was mounted last is on top
	for _, point := range mounted {
		if err := unix.Unmount(point, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
			return fmt.Errorf("unmount %s: %w", point, err)
		}
	}
	left, err := c.mounts()
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("still mounted, so no files are removed: %v", left)
	}
	return nil
}

func (c *Cluster) mounts() ([]string, error) {
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	return mountsBelow(c.stateDir, string(table)), nil
}

// mountsBelow returns the mount points below a folder in a mountinfo table.
func mountsBelow(folder, table string) []string {
	var points []string
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		if point := unescape(fields[4]); strings.HasPrefix(point, folder+"/") {
			points = append(points, point)
		}
	}
	return points
}

// unescape undoes the kernel's way to write a space, a tab, a line break and a
// backslash: a backslash and three octal digits.
func unescape(field string) string {
	var plain strings.Builder
	for i := 0; i < len(field); i++ {
		if field[i] == '\\' && i+4 <= len(field) {
			if code, err := strconv.ParseUint(field[i+1:i+4], 8, 8); err == nil {
				plain.WriteByte(byte(code))
				i += 3
				continue
			}
		}
		plain.WriteByte(field[i])
	}
	return plain.String()
}
