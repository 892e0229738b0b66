package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// postgresAccount runs PostgreSQL, which refuses to be root.
const postgresAccount = "postgres"

func (c *Cluster) postgres() part {
	data := c.path("postgres")
	return part{
		name: "postgres",
		dir:  c.stateDir,
		user: postgresAccount,
		command: []string{
			postgresProgram("postgres"),
			"-D", data,
			"-h", loopback,
			"-p", fmt.Sprint(c.port(postgresPort)),
			"-c", "unix_socket_directories=",
			"-c", "max_connections=300",
			// Shared memory stays in the data directory, even if it is killed.
			"-c", "dynamic_shared_memory_type=mmap",
			// Nothing in it has to survive the machine's crash.
			"-c", "fsync=off",
			"-c", "full_page_writes=off",
			"-c", "synchronous_commit=off",
		},
		stopSignal: unix.SIGINT, // SIGTERM waits for clients to leave
		prepare:    func(ctx context.Context) error { return initDatabase(ctx, data) },
		ready: func(ctx context.Context) error {
			_, err := output(ctx, postgresProgram("pg_isready"),
				"-h", loopback, "-p", fmt.Sprint(c.port(postgresPort)), "-U", c.PostgresUser())
			return err
		},
	}
}

// CrashPostgres ends PostgreSQL as a crash would: it leaves its clients without a
// word. StartPostgres has to start it again.
func (c *Cluster) CrashPostgres(ctx context.Context) error {
	return c.postgres().stopOnPurpose(ctx, unix.SIGQUIT)
}

// StartPostgres starts PostgreSQL again and waits until it answers.
func (c *Cluster) StartPostgres(ctx context.Context) error {
	return c.postgres().run(ctx)
}

// postgresProgram is the path of one of the newest PostgreSQL's programs.
func postgresProgram(name string) string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // the pattern is a good one
	if len(found) == 0 {
		return "/usr/lib/postgresql/VERSION/bin/" + name
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
	uid, gid, err := idsOf(postgresAccount)
	if err != nil {
		return err
	}
	if err := os.Chown(data, uid, gid); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, postgresProgram("initdb"),
		"-D", data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
	command.Dir = "/"
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	_, err = run(command)
	return err
}
