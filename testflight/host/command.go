package host

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Path is the PATH that finds Debian's programs.
const Path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Output runs a command and returns what it printed. Its error has all that the
// command said.
func Output(ctx context.Context, name string, arguments ...string) (string, error) {
	return Run(exec.CommandContext(ctx, name, arguments...))
}

// Run is Output of a command that the caller has made. One without an environment has
// ours.
func Run(command *exec.Cmd) (string, error) {
	if command.Env == nil {
		command.Env = os.Environ()
	}
	if !strings.Contains(os.Getenv("PATH"), "/usr/sbin") {
		command.Env = append(command.Env, "PATH="+os.Getenv("PATH")+":"+Path)
	}
	var said strings.Builder
	command.Stderr = &said
	printed, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(command.Args, " "), err, strings.TrimSpace(said.String()+string(printed)))
	}
	return string(printed), nil
}
