package kubernetes

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"code.cloudfoundry.org/garden"
)

// record is what a restarted worker has to know of a container beyond its pod.
// It holds no secrets.
type record struct {
	PodName    string            `json:"pod_name"`
	GraceTime  time.Duration     `json:"grace_time,omitempty"`
	Properties garden.Properties `json:"properties"`

	// Processes are the names under which a client may attach again.
	Processes []string `json:"processes,omitempty"`

	// ImageDirectory is the directory in a volume that the image is made of, if it is.
	ImageDirectory string `json:"image_directory,omitempty"`

	// HasSecret says that the image is pulled with a Secret of its own.
	HasSecret bool `json:"has_secret,omitempty"`

	// Hermetic says that the pod is cut off from the network before a process runs.
	Hermetic bool `json:"hermetic,omitempty"`

	// Started says that processes may run in the pod.
	Started bool `json:"started,omitempty"`

	// HasEnvironment says that the container was created with an environment, which
	// is not kept here.
	HasEnvironment bool `json:"has_environment,omitempty"`
}

// state is a container's directory on the node, and its record.
type state struct {
	dir string

	// changing puts changes in order. It is held while the disk is written.
	changing sync.Mutex

	// mu is for the record as it is on the disk. Who reads it never waits for the disk.
	mu     sync.Mutex
	record record
}

// newState is in memory until it is created.
func newState(dir string, first record) *state {
	return &state{dir: dir, record: first}
}

// create makes the directory. Other users of the node can't enter it.
func (s *state) create() error {
	if err := os.MkdirAll(s.runDir(), 0o700); err != nil {
		return fmt.Errorf("create the container's state directory: %w", err)
	}
	return s.change(func(*record) {})
}

// loadState reads what create and change have written.
func loadState(dir string) (*state, error) {
	s := &state{dir: dir}
	content, err := os.ReadFile(s.file())
	if err != nil {
		return nil, fmt.Errorf("read the container's state: %w", err)
	}
	if err := json.Unmarshal(content, &s.record); err != nil {
		return nil, fmt.Errorf("read the container's state: %s: %w", s.file(), err)
	}
	return s, nil
}

func (s *state) file() string { return filepath.Join(s.dir, "container.json") }

// runDir is what the pod sees of the directory. A container has one pod, the first.
func (s *state) runDir() string { return filepath.Join(s.dir, "run", "1") }

func (s *state) read() record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.record.clone()
}

func (s *state) hasAll(wanted garden.Properties) bool {
	properties := s.read().Properties
	for name, value := range wanted {
		if has, ok := properties[name]; !ok || has != value {
			return false
		}
	}
	return true
}

// change writes what edit makes of the record.
func (s *state) change(edit func(*record)) error {
	s.changing.Lock()
	defer s.changing.Unlock()

	changed := s.read()
	edit(&changed)
	content, err := json.Marshal(changed)
	if err != nil {
		return fmt.Errorf("write the container's state: %w", err)
	}
	if err := replaceFile(s.file(), content); err != nil {
		return fmt.Errorf("write the container's state: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record = changed
	return nil
}

// replaceFile leaves the old or the new file, also if the worker dies or its node
// loses power meanwhile: the content is on the disk before the name is.
func replaceFile(path string, content []byte) error {
	draft := path + ".new"
	file, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(draft, path)
}

func (r record) clone() record {
	r.Properties = maps.Clone(r.Properties)
	if r.Properties == nil {
		r.Properties = garden.Properties{}
	}
	r.Processes = slices.Clone(r.Processes)
	return r
}
