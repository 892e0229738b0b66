package worker

import (
	"fmt"
	"strings"

	"github.com/concourse/concourse-kubernetes/worker/contract"
)

// checkRootFS refuses a step's image that is no image: a task's rootfs_uri may
// name a directory of the node, another team's volume say. Only upstream's Garden
// runtime may do so, for an artifact that the step has.
func checkRootFS(imageURL string) error {
	scheme, _, hasScheme := strings.Cut(imageURL, "://")
	if !hasScheme || contract.IsImageURL(imageURL) {
		return nil
	}
	return fmt.Errorf("rootfs_uri: its scheme is %q, but a Kubernetes worker runs images only: write %s, or use image_resource", scheme, contract.ImageURL("REPOSITORY"))
}
