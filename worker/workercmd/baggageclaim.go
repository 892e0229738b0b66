package workercmd

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/concourse/concourse/worker/baggageclaim/api"
	"github.com/concourse/concourse/worker/baggageclaim/volume"
	"github.com/concourse/concourse/worker/baggageclaim/volume/driver"
	"github.com/concourse/flag/v2"
	"github.com/tedsuo/ifrit"

	"github.com/concourse/concourse-kubernetes/worker/endpoint"
)

// baggageclaimForPods is upstream's Baggageclaim below the work dir, put together as
// upstream's command does, but for where it listens and for the volumes of an earlier
// life of the worker, see [lastingVolumes]. Pods share the host's user namespace, so
// files need no translation of their owners.
func (cmd *WorkerCommand) baggageclaimForPods(at endpoint.Endpoint) (ifrit.Runner, error) {
	given := &cmd.Baggageclaim
	folder := cmd.volumesDir()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("create the folder of the volumes: %w", err)
	}
	given.VolumesDir = flag.Dir(folder)
	given.OverlaysDir = filepath.Join(cmd.WorkDir.Path(), "overlays")
	given.DisableUserNamespaces = true

	logger, _ := given.Logger.Logger("baggageclaim")
	interfaces, err := regexp.Compile(given.P2pInterfaceNamePattern)
	if err != nil {
		return nil, fmt.Errorf("--baggageclaim-p2p-interface-name-pattern: %w", err)
	}
	volumes, err := cmd.volumesOfDriver(logger)
	if err != nil {
		return nil, err
	}
	privileged, unprivileged := given.SelectNamespacers(logger)
	repository := volume.NewRepository(volumes, volume.NewLockManager(), privileged, unprivileged)
	handler, err := api.NewHandler(logger.Session("api"), volume.NewStrategizer(), repository, interfaces, given.P2pInterfaceFamily, given.BindPort)
	if err != nil {
		return nil, fmt.Errorf("make Baggageclaim's API: %w", err)
	}
	return endpoint.Server{Listen: at.Listen, Handler: handler}, nil
}

// lastingVolumes are those of an earlier life of the worker, mounted. What is
// mounted still stays as it is, and only the rest, after a restart of the node
// say, is mounted anew. Upstream's own Baggageclaim mounts all of them again,
// which does harm while pods go on:
//
//   - To mount an overlay a second time empties the work directory of the first
//     mount, which the pods have: no file of the lower layer can be removed there
//     any more. With overlayfs' index feature it is refused.
//   - A volume that is the copy of a copy gets its parent's files once more, over
//     its own.
//   - A volume is unmounted once when it is destroyed: mounted twice, it is busy
//     for ever. Unmounted in between, it is an empty directory to a pod that
//     starts in that moment.
func lastingVolumes(volumesDir, overlaysDir string) (volume.Filesystem, error) {
	if err := unmountVolumes(volumesDir, liveVolumes); err != nil {
		return nil, err
	}
	overlay := driver.NewOverlayDriver(overlaysDir)
	volumes, err := volume.NewFilesystem(overlay, volumesDir)
	if err != nil {
		return nil, fmt.Errorf("create the folders of the volumes: %w", err)
	}
	if err := overlay.Recover(unmounted{volumes, volumesDir}); err != nil {
		return nil, fmt.Errorf("mount the volumes in %s again: %w", volumesDir, err)
	}
	return volumes, nil
}

func (cmd *WorkerCommand) volumesDir() string {
	return filepath.Join(cmd.WorkDir.Path(), "volumes")
}
