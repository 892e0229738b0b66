package leftover

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"
)

// mounts lists those below the cluster's folder, the name spaces of networks among them. With none
// it lists those below the work dirs. What is in the folder itself is the cluster's: the networks
// of its daemons, which come and go with these.
func (m Machine) mounts(into Traces) error {
	below := m.WorkDirs
	if m.StateDir != "" {
		below = []string{m.StateDir}
	}
	found, err := mountinfo.GetMounts(func(mount *mountinfo.Info) (skip, stop bool) {
		return !slices.ContainsFunc(below, func(folder string) bool { return isBelow(folder, mount.Mountpoint) }), false
	})
	if err != nil {
		return fmt.Errorf("list mounts: %w", err)
	}
	into[Mount] = nil
	for _, mount := range found {
		if filepath.Dir(mount.Mountpoint) == m.StateDir {
			continue
		}
		into[Mount] = append(into[Mount], mount.Mountpoint)
	}
	return nil
}

func isBelow(folder, path string) bool { return strings.HasPrefix(path, folder+"/") }
