package kubernetes

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// initName is the file name of init in the directory that pods mount.
const initName = "concourse-init"

// InstallInit copies the init binary into a directory of its own, which every
// pod mounts, and returns the path of the copy. Init is setuid root there: an
// image's user starts it, and it runs processes as other users. A copy of the
// same content is left alone, as pods may be running it.
func InstallInit(source, dir string) (string, error) {
	content, err := os.ReadFile(source)
	if err != nil {
		return "", fmt.Errorf("install init: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("install init: %w", err)
	}
	target := filepath.Join(dir, initName)
	if existing, err := os.ReadFile(target); err == nil && bytes.Equal(existing, content) {
		if err := allowRoot(target); err != nil {
			return "", err
		}
		return target, nil
	}
	draft, err := os.CreateTemp(dir, "."+initName+"-*")
	if err != nil {
		return "", fmt.Errorf("install init: %w", err)
	}
	defer os.Remove(draft.Name())
	_, err = draft.Write(content)
	if closeError := draft.Close(); err == nil {
		err = closeError
	}
	if err != nil {
		return "", fmt.Errorf("install init: write %s: %w", draft.Name(), err)
	}
	if err := allowRoot(draft.Name()); err != nil {
		return "", err
	}
	if err := os.Rename(draft.Name(), target); err != nil {
		return "", fmt.Errorf("install init: %w", err)
	}
	return target, nil
}

// allowRoot gives the file to root first, because that takes the bit away.
func allowRoot(path string) error {
	if err := os.Chown(path, 0, 0); err != nil {
		return fmt.Errorf("install init: give it to root (the worker has to run as root): %w", err)
	}
	if err := os.Chmod(path, os.ModeSetuid|0o755); err != nil {
		return fmt.Errorf("install init: make it setuid: %w", err)
	}
	return nil
}
