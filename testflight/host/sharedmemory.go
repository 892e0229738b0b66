package host

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// RemoveSharedMemory removes the System V segment of that id, if it is there.
func RemoveSharedMemory(id int) error {
	if _, err := unix.SysvShmCtl(id, unix.IPC_RMID, nil); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.EIDRM) {
		return fmt.Errorf("remove shared memory segment %d: %w", id, err)
	}
	return nil
}
