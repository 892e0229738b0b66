package workercmd

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"

	"github.com/concourse/concourse/worker/baggageclaim/api"
	"github.com/concourse/concourse/worker/baggageclaim/volume"
	"github.com/concourse/flag/v2"
	"github.com/tedsuo/ifrit"
	"github.com/tedsuo/ifrit/grouper"

	"github.com/concourse/concourse-kubernetes/worker/contained"
	"github.com/concourse/concourse-kubernetes/worker/endpoint"
)

// baggageclaimForPods serves the volumes below the work dir: to the worker and to web
// all of Baggageclaim's API, to other workers what they need of it.
func (cmd *WorkerCommand) baggageclaimForPods(at endpoints) (ifrit.Runner, error) {
	handler, err := cmd.baggageclaimHandler()
	if err != nil {
		return nil, err
	}
	servers := grouper.Members{{Name: "api", Runner: endpoint.Server{Listen: at.baggageclaim.Listen, Handler: handler}}}
	if at.streams != nil {
		servers = append(servers, grouper.Member{Name: "streams", Runner: endpoint.Server{Listen: at.streams.Listen, Handler: streamsIn(handler)}})
	}
	return grouper.NewParallel(os.Interrupt, servers), nil
}

// baggageclaimHandler is the API of upstream's Baggageclaim, but for two things: the
// volumes of an earlier life of the worker, see [lastingVolumes], and what a path
// may name, see [contained]. Pods share the host's user namespace, so files need
// no translation of their owners.
func (cmd *WorkerCommand) baggageclaimHandler() (http.Handler, error) {
	given := &cmd.Baggageclaim
	given.VolumesDir = flag.Dir(cmd.volumesDir())
	given.OverlaysDir = filepath.Join(cmd.WorkDir.Path(), "overlays")
	for _, directory := range []string{given.VolumesDir.Path(), given.OverlaysDir} {
		if err := forRootAlone(directory); err != nil {
			return nil, err
		}
	}

	logger, _ := given.Logger.Logger("baggageclaim")
	interfaces, err := regexp.Compile(given.P2pInterfaceNamePattern)
	if err != nil {
		return nil, fmt.Errorf("--baggageclaim-p2p-interface-name-pattern: %w", err)
	}
	volumes, err := cmd.volumes(logger)
	if err != nil {
		return nil, err
	}
	repository, err := contained.NewRepository(volumes)
	if err != nil {
		return nil, err
	}
	handler, err := api.NewHandler(logger.Session("api"), volume.NewStrategizer(), repository, interfaces, given.P2pInterfaceFamily, given.BindPort)
	if err != nil {
		return nil, fmt.Errorf("make Baggageclaim's API: %w", err)
	}
	return contained.Handler(handler), nil
}

// forRootAlone makes a directory that nobody but root may enter, or makes it one.
// Pods need no way through it: what they mount is mounted by root.
func forRootAlone(directory string) error {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return fmt.Errorf("create a directory of the worker: %w", err)
	}
	if err := os.Chown(directory, 0, 0); err != nil {
		return fmt.Errorf("give a directory of the worker to root: %w", err)
	}
	if err := os.Chmod(directory, 0o700); err != nil {
		return fmt.Errorf("close a directory of the worker to others than root: %w", err)
	}
	return nil
}

func (cmd *WorkerCommand) volumesDir() string {
	return filepath.Join(cmd.WorkDir.Path(), "volumes")
}
