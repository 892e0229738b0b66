package workercmd

import (
	"fmt"
	"net/http"
	"os"

	"code.cloudfoundry.org/lager/v3"
	"github.com/tedsuo/ifrit/http_server"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/volumeimage"
)

// volumeRegistry serves the images of volumes to the node until it is signalled.
type volumeRegistry struct {
	address string
	handler http.Handler
}

func (r volumeRegistry) Run(signals <-chan os.Signal, ready chan<- struct{}) error {
	if err := http_server.New(r.address, r.handler).Run(signals, ready); err != nil {
		return fmt.Errorf("serve the images of volumes: %w: choose another --kubernetes-volume-registry-port", err)
	}
	return nil
}

func (cmd *WorkerCommand) volumeImages(logger lager.Logger) *volumeimage.Images {
	limits := volumeimage.Limits{
		Size:   cmd.Kubernetes.VolumeImageMaxSize.Value(),
		Memory: cmd.Kubernetes.VolumeImageMaxMemory.Value(),
	}
	return volumeimage.New(cmd.volumesDir(), cmd.volumeRegistryAddress(), limits, logger)
}

// volumeRegistryAddress is on the node's loopback: nobody else can reach it, and
// containerd speaks plain HTTP to that address without being told to.
func (cmd *WorkerCommand) volumeRegistryAddress() string {
	return fmt.Sprintf("127.0.0.1:%d", cmd.Kubernetes.VolumeRegistry)
}
