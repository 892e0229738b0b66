package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Daemon is a program that runs beside the cluster's own parts, is watched like
// them, and ends with them.
type Daemon struct {
	Name string
	// Command is the program's path and its arguments.
	Command []string
	// Environment adds to a bare one, as NAME=VALUE.
	Environment []string
	// Ready returns nil as soon as the program does its work.
	Ready func(context.Context) error
}

// RunDaemon has the daemon running and ready. One that runs with another
// command, environment or program is stopped first.
func (c *Cluster) RunDaemon(ctx context.Context, d Daemon) error {
	p := c.daemon(d.Name)
	p.command, p.environment, p.ready = d.Command, d.Environment, d.Ready

	started, err := d.description()
	if err != nil {
		return err
	}
	description := c.path("daemons", d.Name+".json")
	running, err := os.ReadFile(description)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if string(running) != string(started) {
		if err := p.stopOnPurpose(ctx); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(description), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(description, started, 0o600); err != nil {
		return err
	}
	return c.running(p)(ctx)
}

// stopOnPurpose stops the part without a pid file: by that, Watch tells its end
// from a death.
func (p part) stopOnPurpose(ctx context.Context) error {
	running, err := p.process()
	if errors.Is(err, errNoProcess) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.Remove(p.pidFile()); err != nil {
		return err
	}
	return running.end(ctx, unix.SIGTERM, stopPatience)
}

// DaemonLog is the path of the log of the daemon of that name.
func (c *Cluster) DaemonLog(name string) string { return c.daemon(name).logFile() }

// DaemonDir is a folder for the daemons' own files, which Down removes.
func (c *Cluster) DaemonDir() string { return c.path("daemons") }

func (c *Cluster) daemon(name string) part {
	return part{name: name, dir: c.stateDir}
}

// daemons returns the daemons that were started, in no order.
func (c *Cluster) daemons() []part {
	descriptions, _ := filepath.Glob(c.path("daemons", "*.json"))
	var parts []part
	for _, description := range descriptions {
		name := filepath.Base(description)
		parts = append(parts, c.daemon(name[:len(name)-len(".json")]))
	}
	return parts
}

// description tells one start of a daemon from another.
func (d Daemon) description() ([]byte, error) {
	program, err := os.Stat(d.Command[0])
	if err != nil {
		return nil, fmt.Errorf("program of %s: %w", d.Name, err)
	}
	return json.Marshal(struct {
		Command, Environment []string
		Built                time.Time
	}{d.Command, d.Environment, program.ModTime()})
}
