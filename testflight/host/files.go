package host

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
	"sigs.k8s.io/yaml"
)

// WriteFile writes a file and makes its directory.
func WriteFile(path string, content []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, mode)
}

// WriteJSON writes a file that everybody may read, and makes its directory.
func WriteJSON(path string, value any) error {
	content, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return WriteFile(path, content, 0o644)
}

// WriteYAML writes a file that everybody may read, and makes its directory.
func WriteYAML(path string, value any) error {
	content, err := yaml.Marshal(value)
	if err != nil {
		return err
	}
	return WriteFile(path, content, 0o644)
}

// Link makes path a symbolic link to target, in place of what is there.
func Link(target, path string) error {
	if there, err := os.Readlink(path); err == nil && there == target {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Symlink(target, path)
}

// RemoveAll removes files, and folders with what is in them.
func RemoveAll(paths []string) error {
	var failures []error
	for _, path := range paths {
		failures = append(failures, os.RemoveAll(path))
	}
	return errors.Join(failures...)
}

// RemoveIfEmpty removes the folders that match a pattern and that nobody uses.
func RemoveIfEmpty(pattern string) {
	folders, _ := filepath.Glob(pattern)
	for _, folder := range folders {
		_ = unix.Rmdir(folder)
	}
}
