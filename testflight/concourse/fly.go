package concourse

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// target is the name that fly knows this Concourse by, in a home of its own.
const target = "testflight"

// Fly is a fly that is logged in.
type Fly struct {
	// Path is the program.
	Path string
	// Home holds its .flyrc.
	Home string
	// Target is its -t.
	Target string
}

// Login logs fly in as the main team's user, with a home of its own.
func (c *Concourse) Login(ctx context.Context, home string) (Fly, error) {
	fly := Fly{Path: c.program("fly"), Home: home, Target: target}
	_, err := fly.Run(ctx, "login", "-c", c.localURL(), "-u", User, "-p", User)
	return fly, err
}

// Command is `fly -t TARGET ARGS…`, not started.
func (f Fly) Command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, f.Path, append([]string{"-t", f.Target}, args...)...)
	command.Env = append(os.Environ(), "HOME="+f.Home)
	return command
}

// Run runs fly and returns what it printed on stdout.
func (f Fly) Run(ctx context.Context, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	command := f.Command(ctx, args...)
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return stdout.String(), fmt.Errorf("fly %v: %w: %s%s", args, err, stdout.String(), stderr.String())
	}
	return stdout.String(), nil
}

// Show runs fly with its output on out.
func (f Fly) Show(ctx context.Context, out io.Writer, args ...string) error {
	command := f.Command(ctx, args...)
	command.Stdout, command.Stderr = out, out
	if err := command.Run(); err != nil {
		return fmt.Errorf("fly %v: %w", args, err)
	}
	return nil
}
