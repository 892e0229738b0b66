package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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
	// Isolated keeps what the program does to the machine within namespaces of
	// its own, which end with it. At most one daemon of a cluster is isolated.
	Isolated bool
	// OwnNetwork has the program run in a network namespace of its own, which has a
	// way to the host. At most one daemon of a cluster has one.
	OwnNetwork bool
	// Ready returns nil as soon as the program does its work.
	Ready func(context.Context) error
}

// RunDaemon has the daemon running and ready. One that runs with another
// command, environment or program is stopped first.
func (c *Cluster) RunDaemon(ctx context.Context, d Daemon) error {
	if slices.ContainsFunc(c.parts(), func(p part) bool { return p.name == d.Name }) {
		return fmt.Errorf("%s is a part of the cluster: give the daemon another name", d.Name)
	}
	p := c.daemon(d.Name)
	p.command, p.environment, p.ready = d.Command, d.Environment, d.Ready
	if d.Isolated {
		p = c.isolated(p)
	}
	if d.OwnNetwork {
		p = c.ownNetwork().around(p)
	}

	started, err := d.description()
	if err != nil {
		return err
	}
	description := c.daemonDescription(d.Name)
	running, err := os.ReadFile(description)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if string(running) != string(started) {
		if err := p.stopOnPurpose(ctx, unix.SIGTERM); err != nil {
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

// StopDaemon ends the daemon of that name, which is watched no more. It is no
// error if it isn't running.
func (c *Cluster) StopDaemon(ctx context.Context, name string) error {
	err := os.Remove(c.daemonDescription(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return c.daemon(name).stopOnPurpose(ctx, unix.SIGTERM)
}

// KillDaemon ends the daemon of that name as a crash would. RunDaemon has to
// start it again.
func (c *Cluster) KillDaemon(ctx context.Context, name string) error {
	return c.daemon(name).stopOnPurpose(ctx, unix.SIGKILL)
}

// AwaitDaemonEnd waits for the daemon of that name to end by itself, which Watch
// does not take for a death. RunDaemon has to start it again. cause is what has
// the daemon end.
func (c *Cluster) AwaitDaemonEnd(ctx context.Context, name string, cause func() error) (err error) {
	p := c.daemon(name)
	fd, err := p.open()
	if err != nil {
		return fmt.Errorf("wait for the end of %s: %w", name, err)
	}
	defer unix.Close(fd)
	running, err := os.ReadFile(p.pidFile())
	if err != nil {
		return err
	}
	if err := os.Remove(p.pidFile()); err != nil {
		return err
	}
	ended := false
	defer func() {
		if !ended { // it is still to be stopped with the cluster
			err = errors.Join(err, os.WriteFile(p.pidFile(), running, 0o644))
		}
	}()
	if err := cause(); err != nil {
		return err
	}
	_, err = firstToEnd(ctx, []int{fd})
	ended = err == nil
	return err
}

// stopOnPurpose stops the part without a pid file: by that, Watch tells its end
// from a death.
func (p part) stopOnPurpose(ctx context.Context, ask unix.Signal) error {
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
	return running.end(ctx, ask, stopPatience)
}

// DaemonProcess is the process ID of the daemon of that name.
func (c *Cluster) DaemonProcess(name string) (int, error) {
	running, err := c.daemon(name).process()
	if err != nil {
		return 0, fmt.Errorf("find the process of %s: %w", name, err)
	}
	return running.ID, nil
}

// DaemonLog is the path of the log of the daemon of that name.
func (c *Cluster) DaemonLog(name string) string { return c.daemon(name).logFile() }

// DaemonDir is a folder for the daemons' own files, which Down removes.
func (c *Cluster) DaemonDir() string { return c.path("daemons") }

func (c *Cluster) daemon(name string) part {
	return part{name: name, dir: c.stateDir}
}

// daemonDescription is the file that tells that a daemon was started, and how.
func (c *Cluster) daemonDescription(name string) string {
	return c.path("daemons", name+".json")
}

// daemons returns the daemons that were started and are to run, in no order.
func (c *Cluster) daemons() []part {
	descriptions, _ := filepath.Glob(c.daemonDescription("*"))
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
