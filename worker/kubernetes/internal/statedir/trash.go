package statedir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"code.cloudfoundry.org/lager/v3"
	"github.com/google/uuid"

	"github.com/concourse/concourse-kubernetes/worker/removal"
)

// trash is where state goes that is not needed any more. It is beside the
// containers' directory, on the same file system, as nothing else may be in that.
func (r *Root) trash() string { return r.dir + "-removed" }

// Discard takes a container's state away at once and removes it later: a root
// process in the pod may have filled it with millions of files.
func (r *Root) Discard(handle string) error {
	if err := os.MkdirAll(r.trash(), 0o700); err != nil {
		return fmt.Errorf("take the state of a container away: %w", err)
	}
	trash := filepath.Join(r.trash(), uuid.NewString())
	if err := r.Rename(filepath.Join(r.dir, handle), trash); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("take the state of a container away: %w", err)
	}
	go r.remove(trash)
	return nil
}

// emptyTrash removes what an earlier life of the worker left.
func (r *Root) emptyTrash() {
	left, err := os.ReadDir(r.trash())
	if err != nil {
		r.logger.Error("failed-to-list-discarded-state", err)
		return
	}
	go func() {
		for _, entry := range left {
			r.remove(filepath.Join(r.trash(), entry.Name()))
		}
	}()
}

// remove leaves what it does not come to for the next life of the worker.
func (r *Root) remove(dir string) {
	if err := removal.Tree(r.ctx, dir); err != nil && r.ctx.Err() == nil {
		r.logger.Error("failed-to-remove-discarded-state", err, lager.Data{"dir": dir})
	}
}
