package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// command is a process spec with all that the container decides filled in.
type command struct {
	path      string
	argv, env []string
	dir       string
	account   account
	terminal  *podinit.WindowSize

	replayStdout, unlogged bool
}

func (s *Server) prepare(spec podinit.ProcessSpec) (command, error) {
	account, err := lookUp(spec.User, s.config.ImageUser)
	if err != nil {
		return command{}, err
	}
	dir, err := filepath.Abs(spec.Dir)
	if err != nil {
		return command{}, fmt.Errorf("find the image's working directory: %w", err)
	}
	if err := createDir(dir, account.Identity); err != nil {
		return command{}, err
	}
	env := environment(os.Environ(), spec.Env, account, s.config.ImageUser)
	path, err := findExecutable(spec.Path, dir, value(env, "PATH"))
	if err != nil {
		return command{}, err
	}
	return command{
		path:     path,
		argv:     append([]string{spec.Path}, spec.Args...),
		env:      env,
		dir:      dir,
		account:  account,
		terminal: spec.Terminal,

		replayStdout: spec.ReplayStdout,
		unlogged:     spec.Unlogged,
	}, nil
}

// createDir creates a working directory, and those above it, if it is missing.
func createDir(dir string, owner Identity) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return fmt.Errorf("use %s as working directory: it is not a directory", dir)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := createDir(filepath.Dir(dir), owner); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("create the missing working directory: %w", err)
	}
	if err := os.Lchown(dir, owner.UID, owner.GID); err != nil {
		return fmt.Errorf("give the working directory to the process' user: %w", err)
	}
	return nil
}

func findExecutable(name, dir, searchPath string) (string, error) {
	if name == "" {
		return "", errors.New("start a process: it has no path of an executable")
	}
	if strings.Contains(name, "/") {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return "", &podinit.ExecutableNotFoundError{Path: name}
		case err != nil:
			return "", fmt.Errorf("find the executable %q: %w", name, err)
		case !executable(info):
			return "", fmt.Errorf("execute %q: it is not an executable file", name)
		}
		return path, nil
	}
	for _, folder := range filepath.SplitList(searchPath) {
		if !filepath.IsAbs(folder) {
			folder = filepath.Join(dir, folder)
		}
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); err == nil && executable(info) {
			return path, nil
		}
	}
	return "", &podinit.ExecutableNotFoundError{Path: name}
}

func executable(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
