package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// lastWords is how long the runner may take to say what it was doing, and to end
// what surrounds the specs, when it is interrupted.
const lastWords = time.Minute

const ginkgoPackage = "github.com/onsi/ginkgo/v2/ginkgo"

// Build compiles Ginkgo's runner into a file. It is of the version in our go.mod:
// the runner wants to be of the version that the specs are built with.
func Build(ctx context.Context, file string) error {
	build := exec.CommandContext(ctx, "go", "build", "-o", file, ginkgoPackage)
	if said, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", build, err, strings.TrimSpace(string(said)))
	}
	return nil
}

// Suite is a suite of specs and how it is run.
type Suite struct {
	// Name is what summary and errors call it.
	Name string
	// Runner is the path of Ginkgo's runner.
	Runner string
	// Specs is the folder of a package, or the path of a compiled test.
	Specs string
	// Report is the path of the file that Ginkgo writes its report to.
	Report string
	// Processes is how many specs run at once.
	Processes int
	// Patience bounds a run.
	Patience time.Duration
	// Environment is that of the specs, as NAME=VALUE; nil is ours.
	Environment []string
	// Flags add to the runner's, and go before them.
	Flags []string
}

// Run runs all specs, with their output on out. The error is nil only if all that
// ran passed. A summary comes with it where the specs got as far as that.
func (s Suite) Run(ctx context.Context, out io.Writer) (Summary, error) {
	if err := os.RemoveAll(s.Report); err != nil { // of an earlier run
		return Summary{}, err
	}
	arguments := append([]string{
		"--procs=" + strconv.Itoa(s.Processes),
		"--timeout=" + s.Patience.String(),
		"--json-report=" + s.Report,
	}, s.Flags...)
	run := exec.CommandContext(ctx, s.Runner, append(arguments, s.Specs)...)
	run.Env = s.Environment
	run.Stdout, run.Stderr = out, out
	run.Cancel = func() error { return run.Process.Signal(os.Interrupt) }
	run.WaitDelay = lastWords

	failure := run.Run()
	if failure != nil {
		failure = fmt.Errorf("run %s: %w", s.Name, failure)
	}
	summary, err := readReport(s.Report)
	summary.Suite = s.Name
	return summary, errors.Join(failure, err)
}
