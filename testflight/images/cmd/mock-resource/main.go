// Command mock-resource is the check, in or out of the mock resource, whichever
// it is started as.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/concourse/concourse-kubernetes/testflight/images/mockresource"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	action := filepath.Base(os.Args[0])

	directory := ""
	if len(os.Args) > 1 {
		directory = os.Args[1]
	}

	if directory == "" && action != "check" {
		return fmt.Errorf("%s: no directory given: usage: %s DIRECTORY < REQUEST", action, os.Args[0])
	}

	resource, err := ownResource()
	if err != nil {
		return err
	}

	return resource.Run(ctx, action, directory, os.Stdin, os.Stdout)
}

func ownResource() (mockresource.Resource, error) {
	status, err := os.Open("/proc/self/status")
	if err != nil {
		return mockresource.Resource{}, fmt.Errorf("find out whether the container is privileged: %w", err)
	}
	defer status.Close()

	privileged, err := mockresource.Privileged(status)
	if err != nil {
		return mockresource.Resource{}, err
	}

	root, err := mockresource.OwnFileSystem()
	if err != nil {
		return mockresource.Resource{}, err
	}

	return mockresource.Resource{
		Root:       root,
		Environ:    os.Environ(),
		Privileged: privileged,
		Log:        os.Stderr,
	}, nil
}
