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
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/concourse/concourse-kubernetes/testflight/host"
	"github.com/concourse/concourse-kubernetes/testflight/supervise"
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
	if slices.ContainsFunc(c.parts(), func(s supervise.Service) bool { return s.Name == d.Name }) {
		return fmt.Errorf("%s is a part of the cluster: give the daemon another name", d.Name)
	}
	service := c.serviceOf(d)
	if err := c.describeDaemon(ctx, d, service); err != nil {
		return err
	}
	return c.timed(service.Name, service.Run)(ctx)
}

// serviceOf is the daemon as RunDaemon starts it.
func (c *Cluster) serviceOf(d Daemon) supervise.Service {
	s := c.daemon(d.Name)
	s.Command, s.Ready = d.Command, d.Ready
	s.Environment = append(environment(), d.Environment...)
	if d.Isolated {
		s = c.isolated(s)
	}
	if d.OwnNetwork {
		s = inNetwork(c.ownNetwork(), s)
	}
	return s
}

// describeDaemon writes how the daemon is started. One that was started otherwise is
// stopped first.
func (c *Cluster) describeDaemon(ctx context.Context, d Daemon, service supervise.Service) error {
	started, err := d.description()
	if err != nil {
		return err
	}
	file := c.daemonDescription(d.Name)
	running, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if string(running) != string(started) {
		if err := service.StopOnPurpose(ctx, unix.SIGTERM); err != nil {
			return err
		}
	}
	return host.WriteFile(file, started, 0o600)
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

// StopDaemon ends the daemon of that name, which is watched no more. It is no
// error if it isn't running.
func (c *Cluster) StopDaemon(ctx context.Context, name string) error {
	err := os.Remove(c.daemonDescription(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return c.daemon(name).StopOnPurpose(ctx, unix.SIGTERM)
}

// KillDaemon ends the daemon of that name as a crash would. RunDaemon has to
// start it again.
func (c *Cluster) KillDaemon(ctx context.Context, name string) error {
	return c.daemon(name).StopOnPurpose(ctx, unix.SIGKILL)
}

// AwaitDaemonEnd waits for the daemon of that name to end by itself, which Watch
// does not take for a death. RunDaemon has to start it again. cause is what has
// the daemon end.
func (c *Cluster) AwaitDaemonEnd(ctx context.Context, name string, cause func() error) error {
	return c.daemon(name).AwaitEnd(ctx, cause)
}

// DaemonProcess is the process ID of the daemon of that name.
func (c *Cluster) DaemonProcess(name string) (int, error) {
	running, err := c.daemon(name).Process()
	if err != nil {
		return 0, fmt.Errorf("find the process of %s: %w", name, err)
	}
	return running.ID, nil
}

// DaemonLog is the path of the log of the daemon of that name.
func (c *Cluster) DaemonLog(name string) string { return c.daemon(name).LogFile() }

// DaemonDir is a folder for the daemons' own files, which Down removes.
func (c *Cluster) DaemonDir() string { return c.path("daemons") }

// daemon is the one of that name, to be found and stopped.
func (c *Cluster) daemon(name string) supervise.Service {
	return supervise.Service{Name: name, Dir: c.stateDir}
}

// daemonDescription is the file that tells that a daemon was started, and how.
func (c *Cluster) daemonDescription(name string) string {
	return filepath.Join(c.DaemonDir(), name+".json")
}

// daemons returns the daemons that were started and are to run, in no order.
func (c *Cluster) daemons() []supervise.Service {
	descriptions, _ := filepath.Glob(c.daemonDescription("*"))
	var found []supervise.Service
	for _, description := range descriptions {
		found = append(found, c.daemon(strings.TrimSuffix(filepath.Base(description), ".json")))
	}
	return found
}
