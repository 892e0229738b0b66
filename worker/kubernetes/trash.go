package kubernetes

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"code.cloudfoundry.org/lager/v3"
	"github.com/google/uuid"
)

// trashDir is where state goes that is not needed any more. It is beside the
// containers' directory, on the same file system, as nothing else may be in that.
func (b *Backend) trashDir() string {
	return filepath.Clean(b.StateDir) + "-removed"
}

// discard takes a container's state away at once and removes it later: a root
// process in the pod may have filled it with millions of files.
func (b *Backend) discard(dir string) error {
	if err := os.MkdirAll(b.trashDir(), 0o700); err != nil {
		return fmt.Errorf("take the state of a container away: %w", err)
	}
	trash := filepath.Join(b.trashDir(), uuid.NewString())
	if err := b.rename(dir, trash); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("take the state of a container away: %w", err)
	}
	go b.removeTrash(trash)
	return nil
}

// emptyTrash removes what an earlier life of the worker left.
func (b *Backend) emptyTrash() {
	left, err := os.ReadDir(b.trashDir())
	if err != nil {
		b.Logger.Error("failed-to-list-discarded-state", err)
		return
	}
	go func() {
		for _, entry := range left {
			b.removeTrash(filepath.Join(b.trashDir(), entry.Name()))
		}
	}()
}

func (b *Backend) removeTrash(dir string) {
	if err := os.RemoveAll(dir); err != nil {
		b.Logger.Error("failed-to-remove-discarded-state", err, lager.Data{"dir": dir})
	}
}
