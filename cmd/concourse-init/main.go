// Command concourse-init is PID 1 of every pod that the Kubernetes worker
// creates. It runs processes as the worker, on the node, asks it to over a unix
// socket. The binary is installed setuid root, see server.AssumeRoot.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit/server"
)

// stopSignals are what a container runtime may send to end the pod: SIGTERM, or
// what the image asks for with STOPSIGNAL; 37 is the SIGRTMIN+3 of systemd.
var stopSignals = []os.Signal{
	syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP,
	syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH, syscall.Signal(37),
}

func main() {
	// Before anything else: what follows may run as root.
	imageUser, err := server.AssumeRoot()
	if err == nil {
		err = run(imageUser)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "concourse-init:", err)
		os.Exit(1)
	}
}

func run(imageUser server.Identity) error {
	// It is not of the image's environment, which is the one that processes get.
	if err := os.Unsetenv(podinit.PodUIDVariable); err != nil {
		return fmt.Errorf("keep %s from the pod's processes: %w", podinit.PodUIDVariable, err)
	}
	config := server.Config{ImageUser: imageUser}
	flag.StringVar(&config.SocketPath, "socket", "", "unix socket to listen on")
	flag.StringVar(&config.StateDir, "state-dir", "", "directory to keep the output of processes in")
	flag.StringVar(&config.PodUID, "pod-uid", "", "UID of the pod that this is the init of")
	flag.Int64Var(&config.MaxKept, "max-kept", podinit.MaxKept, "most of an output that is kept before its process is held up, in bytes")
	flag.DurationVar(&config.StopTimeout, "stop-timeout", podinit.StopTimeout, "time from SIGTERM to SIGKILL")
	flag.StringVar(&config.TerminationMessageFile, "termination-message", "", "file that the kubelet reads the container's last words from")
	podLog := flag.Bool("pod-log", true, "copy what processes print to the pod's log")
	flag.Parse()
	if *podLog {
		config.Log = os.Stdout
	}
	if config.SocketPath == "" || config.StateDir == "" {
		return errors.New("--socket and --state-dir are required")
	}
	ctx, stop := signal.NotifyContext(context.Background(), stopSignals...)
	defer stop()
	return server.New(config).Run(ctx)
}
