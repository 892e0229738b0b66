package workercmd

import (
	"errors"
	"fmt"
	"os"
	"strings"

	bespec "github.com/concourse/concourse/worker/runtime/spec"
)

// otherRuntimes begin the environment variables of upstream's runtimes, but for
// the one that the sweeper of every runtime uses.
var otherRuntimes = []string{"CONCOURSE_GARDEN_", "CONCOURSE_CONTAINERD_"}

const gardenRequestTimeoutVariable = "CONCOURSE_GARDEN_REQUEST_TIMEOUT"

// refuseOtherRuntimesFlags refuses what is set for another runtime and would
// have no effect here, restrictions among it. Upstream's runtimes do the same
// with each other's variables.
func (cmd *WorkerCommand) refuseOtherRuntimesFlags() error {
	if cmd.ExternalGardenURL.URL != nil {
		return errors.New("--external-garden-url does not go with --runtime kubernetes: the Kubernetes runtime is a Garden server itself")
	}
	if cmd.ResourceTypes != "" {
		return errors.New("--resource-types has no effect with --runtime kubernetes: name the images with --kubernetes-resource-type")
	}
	if len(cmd.Containerd.Network.RestrictedNetworks) > 0 {
		return errors.New("--containerd-restricted-network has no effect with --runtime kubernetes: use a NetworkPolicy")
	}
	if mode := cmd.Containerd.PrivilegedMode; mode != bespec.FullPrivilegedMode {
		return errors.New("--containerd-privileged-mode has no effect with --runtime kubernetes: use --kubernetes-privileged-mode")
	}
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		for _, prefix := range otherRuntimes {
			if strings.HasPrefix(name, prefix) && name != gardenRequestTimeoutVariable {
				return fmt.Errorf("%s has no effect with --runtime kubernetes: unset it", name)
			}
		}
	}
	return nil
}
