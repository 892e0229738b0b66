// Command images builds the images of the test cluster and pushes them to a
// registry.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/spf13/cobra"

	"github.com/concourse/concourse-kubernetes/testflight/images"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	root := &cobra.Command{
		Use:          "images",
		Short:        "The images of the test cluster",
		SilenceUsage: true,
	}
	root.AddCommand(pushCommand())

	if err := root.ExecuteContext(ctx); err != nil {
		os.Exit(1)
	}
}

func pushCommand() *cobra.Command {
	var registry, workDir, username, password string

	command := &cobra.Command{
		Use:   "push",
		Short: "Build all images and push them to a registry over plain HTTP",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return push(command, workDir, registry, login(username, password))
		},
	}

	flags := command.Flags()
	flags.StringVar(&registry, "registry", "", "registry to push to, as host:port")
	flags.StringVar(&username, "username", "", "user to push as")
	flags.StringVar(&password, "password", "", "password of that user")
	flags.StringVar(&workDir, "work-dir", "", "where to build programs (default: a temporary directory)")

	if err := command.MarkFlagRequired("registry"); err != nil {
		panic(err)
	}

	return command
}

func login(username, password string) authn.Authenticator {
	if username == "" {
		return authn.Anonymous
	}

	return &authn.Basic{Username: username, Password: password}
}

func push(command *cobra.Command, workDir, registry string, auth authn.Authenticator) error {
	if workDir == "" {
		temporary, err := os.MkdirTemp("", "images")
		if err != nil {
			return fmt.Errorf("create a directory to build in: %w", err)
		}
		defer os.RemoveAll(temporary)

		workDir = temporary
	}

	built, err := images.Build(command.Context(), workDir, command.ErrOrStderr())
	if err != nil {
		return err
	}

	for _, image := range built {
		started := time.Now()

		digest, err := images.Push(command.Context(), image, registry, auth)
		if err != nil {
			return err
		}

		fmt.Fprintf(command.OutOrStdout(), "%s/%s:%s@%s in %s\n",
			registry, image.Name, image.Tags[0], digest, time.Since(started).Round(time.Millisecond))
	}

	return nil
}
