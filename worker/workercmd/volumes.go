package workercmd

import (
	"fmt"
	"os/exec"

	"code.cloudfoundry.org/lager/v3"
	"github.com/concourse/concourse/worker/baggageclaim/fs"
	"github.com/concourse/concourse/worker/baggageclaim/volume"
	"github.com/concourse/concourse/worker/baggageclaim/volume/driver"
	"golang.org/x/sys/unix"
)

// imageReserve is what the file system of btrfs volumes leaves of the disk that its
// image is on, in bytes: as much as upstream's Baggageclaim leaves.
const imageReserve = 10 << 30

// volumes are those of the driver that the operator chose.
func (cmd *WorkerCommand) volumes(logger lager.Logger) (volume.Filesystem, error) {
	given := &cmd.Baggageclaim
	dir := given.VolumesDir.Path()
	switch given.Driver {
	case "overlay", "detect": // which upstream's finds to be overlay on any kernel since 4.0
		return lastingVolumes(dir, given.OverlaysDir)
	case "naive":
		return volumesWithoutMounts(removingDriver{&driver.NaiveDriver{}, content}, dir)
	case "btrfs":
		if err := cmd.mountBtrfs(logger); err != nil {
			return nil, err
		}
		return volumesWithoutMounts(driver.NewBtrFSDriver(logger.Session("driver"), given.BtrfsBin), dir)
	default:
		return nil, fmt.Errorf("--baggageclaim-driver %s: not a driver of volumes", given.Driver)
	}
}

// volumesWithoutMounts are those of a driver that mounts none. What a worker with
// another driver left mounted is unmounted.
func volumesWithoutMounts(with volume.Driver, dir string) (volume.Filesystem, error) {
	if err := unmountVolumes(dir, ""); err != nil {
		return nil, err
	}
	volumes, err := volume.NewFilesystem(with, dir)
	if err != nil {
		return nil, fmt.Errorf("create the folders of the volumes: %w", err)
	}
	return volumes, nil
}

// mountBtrfs mounts a file system, in a sparse file beside the folder of the volumes,
// over that folder, unless it is on btrfs.
func (cmd *WorkerCommand) mountBtrfs(logger lager.Logger) error {
	given := &cmd.Baggageclaim
	dir := given.VolumesDir.Path()
	for _, program := range []string{given.BtrfsBin, given.MkfsBin} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("--baggageclaim-driver btrfs: %w", err)
		}
	}
	var on unix.Statfs_t
	if err := unix.Statfs(dir, &on); err != nil {
		return fmt.Errorf("find out the file system of %s: %w", dir, err)
	}
	if on.Type == unix.BTRFS_SUPER_MAGIC {
		return nil
	}
	size := on.Blocks * uint64(on.Bsize)
	if size > imageReserve {
		size -= imageReserve
	}
	if err := fs.New(logger.Session("fs"), dir+".img", dir, given.MkfsBin).Create(size); err != nil {
		return fmt.Errorf("mount a btrfs file system at %s: %w", dir, err)
	}
	return forRootAlone(dir)
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
	volumes, err := volume.NewFilesystem(removingDriver{overlay, layersIn(overlaysDir)}, volumesDir)
	if err != nil {
		return nil, fmt.Errorf("create the folders of the volumes: %w", err)
	}
	if err := overlay.Recover(unmounted{volumes, volumesDir}); err != nil {
		return nil, fmt.Errorf("mount the volumes in %s again: %w", volumesDir, err)
	}
	return volumes, nil
}
