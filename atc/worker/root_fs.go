package worker

import (
	"fmt"
	"strings"
)

// checkRootFS refuses a step's image that is no image: a task's rootfs_uri may
// name a directory of the node, another team's volume say. Only upstream's Garden
// runtime may do so, for an artifact that the step has.
func checkRootFS(imageURL string) error {
	scheme, _, hasScheme := strings.Cut(imageURL, "://")
	if !hasScheme || strings.HasPrefix(imageURL, imageScheme) {
		return nil
	}
	return fmt.Errorf("rootfs_uri: its scheme is %q, but a Kubernetes worker runs images only: write %sREPOSITORY, or use image_resource", scheme, imageScheme)
}
