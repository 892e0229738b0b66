package workercmd

import (
	"fmt"
	"slices"

	"github.com/concourse/concourse/worker/workercmd"
	"github.com/jessevdk/go-flags"
	"github.com/tedsuo/ifrit"
	"github.com/tedsuo/ifrit/sigmon"
)

// kubernetesRuntime is the value of --runtime that makes steps pods.
const kubernetesRuntime = "kubernetes"

// WorkerCommand is upstream's command and the Kubernetes runtime's flags.
type WorkerCommand struct {
	workercmd.WorkerCommand

	Kubernetes KubernetesFlags `group:"Kubernetes Configuration" namespace:"kubernetes"`
}

// LessenRequirements prepares the flags of the command for parsing, under the
// prefix that they have as a part of another command.
func (cmd *WorkerCommand) LessenRequirements(prefix string, command *flags.Command) {
	cmd.WorkerCommand.LessenRequirements(prefix, command)

	runtime := command.FindOptionByLongName(prefix + "runtime")
	runtime.Choices = append(slices.Clone(runtime.Choices), kubernetesRuntime)
	runtime.Description += " With kubernetes, steps are pods on the worker's own node."

	for _, listener := range []string{"bind", "debug-bind", "baggageclaim-bind", "baggageclaim-debug-bind"} {
		command.FindOptionByLongName(prefix + listener + "-ip").Description += " With --runtime kubernetes, a loopback address stands for a unix socket in the work dir."
		command.FindOptionByLongName(prefix + listener + "-port").Description += " With --runtime kubernetes, unused where the address is loopback."
	}
}

// Execute runs the worker until it is told to stop.
func (cmd *WorkerCommand) Execute(args []string) error {
	runner, err := cmd.Runner(args)
	if err != nil {
		return err
	}
	return <-ifrit.Invoke(sigmon.New(runner)).Wait()
}

// Runner returns what runs the worker: upstream's for its runtimes.
func (cmd *WorkerCommand) Runner(args []string) (ifrit.Runner, error) {
	if cmd.Runtime != kubernetesRuntime {
		return cmd.WorkerCommand.Runner(args)
	}
	if err := cmd.refuseOtherRuntimesFlags(); err != nil {
		return nil, err
	}

	runner, err := cmd.kubernetesRunner()
	if err != nil {
		return nil, fmt.Errorf("worker with --runtime kubernetes: %w", err)
	}
	return runner, nil
}
