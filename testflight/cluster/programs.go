package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/concourse/concourse-kubernetes/testflight/host"
)

// module is where the sources of our own programs are.
const module = "github.com/concourse/concourse-kubernetes"

// program is a Go program of ours that the cluster runs.
type program struct {
	name string
	// dir has its main package, relative to the module's root.
	dir string
	// environment is set while it is built.
	environment []string
}

var (
	kubernetesProgram = program{name: "kubernetes", dir: "testflight/cluster/kubernetes"}
	registryProgram   = program{name: "registry", dir: "testflight/cluster/cmd/registry"}
	pauseProgram      = program{name: "pause", dir: "testflight/cluster/cmd/pause",
		environment: []string{"CGO_ENABLED=0"}} // its image has no C library
)

// kubernetesNames are the names under which the Kubernetes program is started.
var kubernetesNames = []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl"}

// buildPrograms puts the programs into the state directory.
func (c *Cluster) buildPrograms(ctx context.Context) error {
	found, err := host.Output(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module)
	if err != nil {
		return fmt.Errorf("find our sources (run this within a checkout): %w", err)
	}
	root := strings.TrimSpace(found)

	for _, own := range []program{registryProgram, pauseProgram} {
		if err := build(ctx, root, own, c.path("bin", own.name)); err != nil {
			return err
		}
	}
	if c.external != nil {
		return nil
	}
	kubernetes, err := c.buildKubernetes(ctx, root)
	if err != nil {
		return err
	}
	for _, name := range kubernetesNames {
		if err := host.Link(kubernetes, c.path("bin", name)); err != nil {
			return err
		}
	}
	return nil
}

// build leaves it to Go's build cache what has to be done.
func build(ctx context.Context, root string, p program, binary string) error {
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, ".")
	command.Dir = filepath.Join(root, p.dir)
	command.Env = append(os.Environ(), p.environment...)
	_, err := host.Run(command)
	return err
}

// buildKubernetes keeps the binary in the user's cache directory, by the hash
// of its sources: to link it alone takes many seconds.
func (c *Cluster) buildKubernetes(ctx context.Context, root string) (binary string, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	hash, err := hashOf(filepath.Join(root, kubernetesProgram.dir))
	if err != nil {
		return "", err
	}
	binary = filepath.Join(cache, "concourse-testflight", kubernetesProgram.name+"-"+hash)
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	c.printf("building Kubernetes: the first time takes minutes\n")
	if err := build(ctx, root, kubernetesProgram, binary); err != nil {
		return "", err
	}
	return binary, nil
}

// hashOf returns the start of a hash over the sources in a module's folder,
// its dependencies being pinned by go.mod and go.sum.
func hashOf(dir string) (string, error) {
	hash := sha256.New()
	for _, pattern := range []string{"*.go", "go.mod", "go.sum"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return "", err
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(hash, "%s %d\n%s", filepath.Base(file), len(content), content)
		}
	}
	return hex.EncodeToString(hash.Sum(nil))[:12], nil
}
