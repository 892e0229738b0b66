package statedir

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"code.cloudfoundry.org/lager/v3"
	"github.com/google/renameio/v2"
)

// Root is the directory of all containers of a worker, in which nothing else may be.
type Root struct {
	dir    string
	logger lager.Logger

	// ctx ends what goes on behind an answer.
	ctx context.Context

	// Rename is os.Rename.
	Rename func(from, to string) error

	// Write replaces a file, so that the old one or the new one is there whenever the node
	// loses power.
	Write func(file string, content []byte) error
}

// NewRoot returns the root at a path of the node.
func NewRoot(ctx context.Context, dir string, logger lager.Logger) *Root {
	return &Root{dir: filepath.Clean(dir), logger: logger, ctx: ctx, Rename: os.Rename, Write: Replace}
}

// Replace puts a file in the place of one, or makes it: for root alone, on the disk when it
// returns.
func Replace(file string, content []byte) error {
	return renameio.WriteFile(file, content, 0o600)
}

// Prepare makes the directories and removes what an earlier life of the worker left.
func (r *Root) Prepare() error {
	for _, dir := range []string{r.dir, r.trash()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("create the state directory of the Kubernetes runtime: %w", err)
		}
	}
	r.emptyTrash()
	return nil
}

// Handles are those of the containers that have a directory.
func (r *Root) Handles() ([]string, error) {
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return nil, fmt.Errorf("list the state directories of containers: %w", err)
	}
	var handles []string
	for _, entry := range entries {
		handles = append(handles, entry.Name())
	}
	return handles, nil
}

// New returns the state of a container, which is in memory until it is created.
func (r *Root) New(handle string, first Record) *State {
	return &State{root: r, dir: filepath.Join(r.dir, handle), record: first}
}

// RunDir is a path like those of run directories.
func RunDir(root, handle string) string {
	return runDir(filepath.Join(root, handle), 1)
}

// Load reads what an earlier life of the worker has written.
func (r *Root) Load(handle string) (*State, error) {
	s := r.New(handle, Record{})
	file := filepath.Join(s.dir, recordFile)
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the container's state: %w", err)
	}
	if err := json.Unmarshal(content, &s.record); err != nil {
		return nil, fmt.Errorf("read the container's state: %s: %w", file, err)
	}
	return s, nil
}
