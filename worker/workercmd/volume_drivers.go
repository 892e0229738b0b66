package workercmd

import (
	"fmt"

	"code.cloudfoundry.org/lager/v3"
	"github.com/concourse/concourse/worker/baggageclaim/fs"
	"github.com/concourse/concourse/worker/baggageclaim/volume"
	"github.com/concourse/concourse/worker/baggageclaim/volume/driver"
	"golang.org/x/sys/unix"
)

// spaceBesideVolumes is what a disk keeps, in bytes, beside the file that has the
// btrfs file system of the volumes: upstream's 10 GiB.
const spaceBesideVolumes = 10 << 30

// volumesOfDriver are the volumes of the Baggageclaim driver that the flags name,
// those of an earlier life of the worker among them.
func (cmd *WorkerCommand) volumesOfDriver(logger lager.Logger) (volume.Filesystem, error) {
	folder := cmd.volumesDir()
	switch cmd.Baggageclaim.Driver {
	case "btrfs":
		if err := cmd.onBtrfs(logger, folder); err != nil {
			return nil, err
		}
		return unmountedVolumes(driver.NewBtrFSDriver(logger.Session("driver"), cmd.Baggageclaim.BtrfsBin), folder)
	case "naive":
		return unmountedVolumes(&driver.NaiveDriver{}, folder)
	default: // overlay, and detect, which upstream's finds to be overlay on any kernel since 4.0
		return lastingVolumes(folder, cmd.Baggageclaim.OverlaysDir)
	}
}

// unmountedVolumes are those of a driver that mounts none.
func unmountedVolumes(of volume.Driver, folder string) (volume.Filesystem, error) {
	if err := unmountVolumes(folder, ""); err != nil {
		return nil, err
	}
	volumes, err := volume.NewFilesystem(of, folder)
	if err != nil {
		return nil, fmt.Errorf("create the folders of the volumes: %w", err)
	}
	if err := of.Recover(volumes); err != nil {
		return nil, fmt.Errorf("find the volumes in %s again: %w", folder, err)
	}
	return volumes, nil
}

// onBtrfs has the folder on a btrfs file system, in a file beside it unless its disk
// has one.
func (cmd *WorkerCommand) onBtrfs(logger lager.Logger, folder string) error {
	var disk unix.Statfs_t
	if err := unix.Statfs(folder, &disk); err != nil {
		return fmt.Errorf("find the file system of %s: %w", folder, err)
	}
	if int64(disk.Type) == unix.BTRFS_SUPER_MAGIC {
		return nil
	}
	size := disk.Blocks * uint64(disk.Bsize)
	if size > spaceBesideVolumes {
		size -= spaceBesideVolumes
	}
	if err := fs.New(logger.Session("fs"), folder+".img", folder, cmd.Baggageclaim.MkfsBin).Create(size); err != nil {
		return fmt.Errorf("make a btrfs file system for %s: %w", folder, err)
	}
	return nil
}
