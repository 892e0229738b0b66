package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/concourse/concourse-kubernetes/testflight/host"
	"github.com/concourse/concourse-kubernetes/testflight/supervise"
)

const (
	// postgresAccount runs PostgreSQL, which refuses to be root.
	postgresAccount = "postgres"
	// postgresPrograms is the pattern of the folders that have them.
	postgresPrograms = "/usr/lib/postgresql/*/bin"
)

func (c *Cluster) postgres() supervise.Service {
	data := c.path("postgres")
	return supervise.Service{
		Name:        "postgres",
		Dir:         c.stateDir,
		Environment: environment(),
		User:        postgresAccount,
		Command: []string{
			postgresProgram("postgres"),
			"-D", data,
			"-h", loopback,
			"-p", fmt.Sprint(c.port(postgresPort)),
			"-c", "unix_socket_directories=",
			"-c", "max_connections=300",
			// Shared memory stays in the data directory, even if it is killed.
			"-c", "dynamic_shared_memory_type=mmap",
			// Nothing in it has to survive the machine's crash. What is committed
			// survives PostgreSQL's own, as it does anywhere.
			"-c", "fsync=off",
			"-c", "full_page_writes=off",
		},
		StopSignal: unix.SIGINT, // SIGTERM waits for clients to leave
		Prepare:    func(ctx context.Context) error { return initDatabase(ctx, data) },
		Ready: func(ctx context.Context) error {
			_, err := host.Output(ctx, postgresProgram("pg_isready"),
				"-h", loopback, "-p", fmt.Sprint(c.port(postgresPort)), "-U", c.PostgresUser())
			return err
		},
	}
}

// CrashPostgres ends PostgreSQL as a crash would: it leaves its clients without a
// word. StartPostgres has to start it again.
func (c *Cluster) CrashPostgres(ctx context.Context) error {
	return c.postgres().StopOnPurpose(ctx, unix.SIGQUIT)
}

// StartPostgres starts PostgreSQL again and waits until it answers.
func (c *Cluster) StartPostgres(ctx context.Context) error {
	return c.postgres().Run(ctx)
}

// postgresProgram is the path of one of the newest PostgreSQL's programs.
func postgresProgram(name string) string {
	found, _ := filepath.Glob(filepath.Join(postgresPrograms, name)) // the pattern is a good one
	if len(found) == 0 {
		return filepath.Join(postgresPrograms, name) // starting it fails with this path
	}
	return found[len(found)-1]
}

// initDatabase makes the data directory, unless it is there.
func initDatabase(ctx context.Context, data string) error {
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	// What an attempt left that was cut short is in initdb's way.
	if err := os.RemoveAll(data); err != nil {
		return err
	}
	if err := os.Mkdir(data, 0o700); err != nil {
		return err
	}
	account, err := supervise.CredentialOf(postgresAccount)
	if err != nil {
		return err
	}
	if err := os.Chown(data, int(account.Uid), int(account.Gid)); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, postgresProgram("initdb"),
		"-D", data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
	command.Dir = "/"
	command.SysProcAttr = &syscall.SysProcAttr{Credential: account}
	_, err = host.Run(command)
	return err
}

// removePostgresSharedMemory removes the segment that PostgreSQL leaves when it
// is killed. When it stops it removes that itself, and the file that names it.
func (c *Cluster) removePostgresSharedMemory() error {
	content, err := os.ReadFile(c.path("postgres", "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	id, named := sharedMemoryOf(string(content))
	if !named {
		return nil // it was killed before it had one
	}
	if err := host.RemoveSharedMemory(id); err != nil {
		return fmt.Errorf("of PostgreSQL: %w", err)
	}
	return nil
}

// sharedMemoryOf returns the id of the segment that a postmaster.pid names.
func sharedMemoryOf(pidFile string) (id int, named bool) {
	const line = 6 // "key id"
	lines := strings.Split(pidFile, "\n")
	if len(lines) <= line {
		return 0, false
	}
	_, segment, _ := strings.Cut(strings.TrimSpace(lines[line]), " ")
	id, err := strconv.Atoi(strings.TrimSpace(segment))
	return id, err == nil
}
