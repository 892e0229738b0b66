package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// module is where the sources of our own programs are.
const module = "github.com/concourse/concourse-kubernetes"

// program is a Go program of ours that the cluster runs. Its binary is kept in
// the user's cache directory, so that it outlives the cluster.
type program struct {
	name string
	// dir has its main package, relative to the module's root.
	dir string
	// notice is printed before it is built.
	notice string
	// environment is set while it is built.
	environment []string
}

var (
	kubernetesProgram = program{name: "kubernetes", dir: "testflight/cluster/kubernetes",
		notice: "building Kubernetes: the first time takes minutes\n"}
	registryProgram = program{name: "registry", dir: "testflight/cluster/cmd/registry"}
	pauseProgram    = program{name: "pause", dir: "testflight/cluster/cmd/pause",
		environment: []string{"CGO_ENABLED=0"}} // its image has no C library
)

// kubernetesNames are the names under which the Kubernetes program is started.
var kubernetesNames = []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl"}

// buildPrograms builds the programs whose sources are newer than their binary,
// and links them into the state directory.
func (c *Cluster) buildPrograms(ctx context.Context) error {
	root, err := output(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module)
	if err != nil {
		return fmt.Errorf("find our sources (run this within a checkout): %w", err)
	}
	programs := []program{registryProgram}
	if c.external == nil {
		programs = append(programs, kubernetesProgram, pauseProgram)
	}
	for _, p := range programs {
		binary, err := c.build(ctx, p, strings.TrimSpace(root))
		if err != nil {
			return err
		}
		names := []string{p.name}
		if p.name == kubernetesProgram.name {
			names = kubernetesNames
		}
		for _, name := range names {
			if err := link(binary, c.path("bin", name)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Cluster) build(ctx context.Context, p program, root string) (binary string, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	binary = filepath.Join(cache, "concourse-testflight", p.name)
	source := filepath.Join(root, p.dir)
	current, err := upToDate(binary, source)
	if err != nil || current {
		return binary, err
	}
	c.printf("%s", p.notice)
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, ".")
	command.Dir = source
	command.Env = append(os.Environ(), p.environment...)
	_, err = run(command)
	return binary, err
}

// upToDate says whether a binary is newer than the sources in a folder.
func upToDate(binary, source string) (bool, error) {
	built, err := os.Stat(binary)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	newest := time.Time{}
	for _, pattern := range []string{"*.go", "go.mod", "go.sum"} {
		files, err := filepath.Glob(filepath.Join(source, pattern))
		if err != nil {
			return false, err
		}
		for _, file := range files {
			info, err := os.Stat(file)
			if err != nil {
				return false, err
			}
			if info.ModTime().After(newest) {
				newest = info.ModTime()
			}
		}
	}
	return built.ModTime().After(newest), nil
}

// link makes path a symbolic link to target.
func link(target, path string) error {
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
