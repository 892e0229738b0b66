package statedir

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

const (
	recordFile = "container.json"
	runsDir    = "run"
)

// State is a container's directory on the node, and its record.
type State struct {
	root *Root
	dir  string

	// changing puts changes in order. It is held while the disk is written.
	changing sync.Mutex

	// mu is for the record as it is on the disk. Who reads it never waits for the disk.
	mu     sync.Mutex
	record Record
}

// Dir is the container's directory.
func (s *State) Dir() string { return s.dir }

// NextRun makes a run directory for the container's next pod, and returns its path. For the
// first one it makes the container's directory, too. Other users of the node can't enter it.
func (s *State) NextRun() (string, error) {
	next := runDir(s.dir, s.Read().Run+1)
	if err := os.MkdirAll(next, 0o700); err != nil {
		return "", fmt.Errorf("create the pod's run directory: %w", err)
	}
	return next, s.Change(func(r *Record) { r.Run++ })
}

// RunDir is what the container's pod sees of the directory.
func (s *State) RunDir() string { return runDir(s.dir, s.Read().Run) }

func runDir(dir string, number int) string {
	return filepath.Join(dir, runsDir, strconv.Itoa(number))
}

// Read returns a copy of the record.
func (s *State) Read() Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.record.clone()
}

// Change writes what edit makes of the record. The record is what it was if that fails.
func (s *State) Change(edit func(*Record)) error {
	s.changing.Lock()
	defer s.changing.Unlock()

	changed := s.Read()
	edit(&changed)
	content, err := json.Marshal(changed)
	if err != nil {
		return fmt.Errorf("write the container's state: %w", err)
	}
	if err := s.root.Write(filepath.Join(s.dir, recordFile), content); err != nil {
		return fmt.Errorf("write the container's state: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record = changed
	return nil
}
