package leftover

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/concourse/concourse-kubernetes/testflight/host"
)

// mounts lists those below the cluster's folder, the name spaces of networks among them. With none
// it lists those below the work dirs. What is in the folder itself is the cluster's: the networks
// of its daemons, which come and go with these.
func (m Machine) mounts(into Traces) error {
	below := m.WorkDirs
	if m.StateDir != "" {
		below = []string{m.StateDir}
	}
	into[Mount] = nil
	for _, folder := range below {
		found, err := host.MountsBelow(folder)
		if err != nil {
			return fmt.Errorf("list mounts: %w", err)
		}
		for _, point := range found {
			if filepath.Dir(point) != m.StateDir {
				into[Mount] = append(into[Mount], point)
			}
		}
	}
	return nil
}

func isBelow(folder, path string) bool { return strings.HasPrefix(path, folder+"/") }
