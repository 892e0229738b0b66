package workercmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"

	"code.cloudfoundry.org/lager/v3"
	"github.com/tedsuo/ifrit"
	"golang.org/x/net/netutil"

	"github.com/concourse/concourse-kubernetes/worker/endpoint"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/volumeimage"
)

// maxPulls is how many connections to the registry there may be. Any process of the
// node may connect, and each connection is an open file of the worker.
const maxPulls = 256

// volumeRegistry serves the images of volumes to the node until it is signalled.
func (cmd *WorkerCommand) volumeRegistry(images http.Handler) ifrit.Runner {
	listen := func() (net.Listener, error) {
		listener, err := cmd.Kubernetes.nodeNetwork().Listen(context.Background(), "tcp", cmd.volumeRegistryAddress())
		if errors.Is(err, syscall.EADDRINUSE) {
			err = fmt.Errorf("%w: choose another --kubernetes-volume-registry-port", err)
		}
		if err != nil {
			return nil, fmt.Errorf("serve the images of volumes: %w", err)
		}
		return netutil.LimitListener(listener, maxPulls), nil
	}
	return endpoint.Server{Listen: listen, Handler: images}
}

func (cmd *WorkerCommand) volumeImages(logger lager.Logger) *volumeimage.Images {
	limits := volumeimage.Limits{
		Size:   cmd.Kubernetes.VolumeImageMaxSize.Value(),
		Memory: cmd.Kubernetes.VolumeImageMaxMemory.Value(),
	}
	return volumeimage.New(cmd.volumesDir(), cmd.volumeRegistryAddress(), limits, logger)
}

// volumeRegistryAddress is on the node's loopback. No other machine reaches it, nor does a
// pod with a network of its own. Containerd speaks plain HTTP to that address without
// being told to.
func (cmd *WorkerCommand) volumeRegistryAddress() string {
	return fmt.Sprintf("127.0.0.1:%d", cmd.Kubernetes.VolumeRegistry)
}
