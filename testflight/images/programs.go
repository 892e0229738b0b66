package images

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const (
	ownPackage            = "github.com/concourse/concourse-kubernetes/testflight/images"
	registryImageCommands = "github.com/concourse/registry-image-resource/cmd"

	// resourceDirectory is where Concourse looks for a resource's actions.
	resourceDirectory = "opt/resource"
)

func actions() []string {
	return []string{"check", "in", "out"}
}

// registryImageLayer holds the three programs of the registry-image resource,
// in the release that the module registryimageresource names.
func registryImageLayer(ctx context.Context, workDir string) (v1.Layer, error) {
	source, err := sourceDirectory(ctx)
	if err != nil {
		return nil, err
	}

	target := filepath.Join(workDir, "registry-image-resource")

	var packages []string
	for _, action := range actions() {
		packages = append(packages, path.Join(registryImageCommands, action))
	}

	if err := goBuild(ctx, filepath.Join(source, "registryimageresource"), target, packages...); err != nil {
		return nil, err
	}

	var entries []entry

	for _, action := range actions() {
		program, err := os.ReadFile(filepath.Join(target, action))
		if err != nil {
			return nil, err
		}

		entries = append(entries, file(path.Join(resourceDirectory, action), 0o755, program))
	}

	return newLayer(entries)
}

// mockLayer holds the mock resource: one program under three names.
func mockLayer(ctx context.Context, workDir string) (v1.Layer, error) {
	source, err := sourceDirectory(ctx)
	if err != nil {
		return nil, err
	}

	const name = "mock-resource"

	target := filepath.Join(workDir, name)

	if err := goBuild(ctx, source, target, path.Join(ownPackage, "cmd", name)); err != nil {
		return nil, err
	}

	program, err := os.ReadFile(filepath.Join(target, name))
	if err != nil {
		return nil, err
	}

	entries := []entry{file(path.Join(resourceDirectory, name), 0o755, program)}
	for _, action := range actions() {
		entries = append(entries, link(path.Join(resourceDirectory, action), name))
	}

	return newLayer(entries)
}

// sourceDirectory is this package's directory in the checkout.
func sourceDirectory(ctx context.Context) (string, error) {
	directory, err := goCommand(ctx, "", "list", "-f", "{{.Dir}}", ownPackage)
	if err != nil {
		return "", fmt.Errorf("find the source of the images (the working directory has to lie in its module): %w", err)
	}

	return strings.TrimSpace(directory), nil
}

// goBuild builds programs from the module at the source directory into the
// target directory: static, and the same wherever and whenever they are built.
func goBuild(ctx context.Context, source, target string, packages ...string) error {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}

	target, err := filepath.Abs(target)
	if err != nil {
		return err
	}

	arguments := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", target + string(filepath.Separator)}
	_, err = goCommand(ctx, source, append(arguments, packages...)...)

	return err
}

func goCommand(ctx context.Context, directory string, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", arguments...)
	command.Dir = directory
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOWORK=off")

	var errors strings.Builder

	command.Stderr = &errors

	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("%s in %q: %w: %s", command, directory, err, strings.TrimSpace(errors.String()))
	}

	return string(output), nil
}
