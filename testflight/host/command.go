package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// systemPath is where the parts and the commands find Debian's programs.
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// output runs a command and returns what it printed. Its error has all the
// command said.
func output(ctx context.Context, name string, arguments ...string) (string, error) {
	return run(exec.CommandContext(ctx, name, arguments...))
}

func run(command *exec.Cmd) (string, error) {
	if command.Env == nil {
		command.Env = os.Environ()
	}
	if !strings.Contains(os.Getenv("PATH"), "/usr/sbin") {
		command.Env = append(command.Env, "PATH="+os.Getenv("PATH")+":"+systemPath)
	}
	var said strings.Builder
	command.Stderr = &said
	printed, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(command.Args, " "), err, strings.TrimSpace(said.String()+string(printed)))
	}
	return string(printed), nil
}
