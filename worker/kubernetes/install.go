package kubernetes

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
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
			return "", fmt.Errorf("install init: %w", err)
		}
		return target, nil
	}
	if err := install(target, content); err != nil {
		return "", fmt.Errorf("install init: %w", err)
	}
	return target, nil
}

// install replaces init whole, also if pods execute the former one.
func install(target string, content []byte) error {
	draft, err := renameio.NewPendingFile(target)
	if err != nil {
		return err
	}
	defer draft.Cleanup()
	if _, err := draft.Write(content); err != nil {
		return err
	}
	if err := allowRoot(draft.Name()); err != nil {
		return err
	}
	return draft.CloseAtomicallyReplace()
}

// allowRoot gives the file to root first, because that takes the bit away.
func allowRoot(path string) error {
	if err := os.Chown(path, 0, 0); err != nil {
		return fmt.Errorf("give it to root (the worker has to run as root): %w", err)
	}
	if err := os.Chmod(path, os.ModeSetuid|0o755); err != nil {
		return fmt.Errorf("make it setuid: %w", err)
	}
	return nil
}
