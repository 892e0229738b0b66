package contained

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

var errNotStarted = errors.New("start the tar program")

// pipesGrace is how long the pipes of a tar program that was killed are waited for.
const pipesGrace = 10 * time.Second

// requireGNUTar holds because others may follow the links that they have just
// unpacked.
func requireGNUTar() error {
	version, err := exec.Command("tar", "--version").CombinedOutput()
	if err != nil {
		return fmt.Errorf("find out the version of tar, with which volumes are streamed: %w", err)
	}
	if !bytes.Contains(version, []byte("GNU tar")) {
		first, _, _ := strings.Cut(string(version), "\n")
		return fmt.Errorf("tar is %q: volumes are streamed with GNU tar, install that on the worker", first)
	}
	return nil
}

// tarProgram runs tar in an open directory, until it ends or the context does.
func tarProgram(ctx context.Context, directory *os.File, stdin io.Reader, stdout io.Writer, args ...string) error {
	command := exec.CommandContext(ctx, "tar", append([]string{"--directory=/dev/fd/3"}, args...)...)
	command.ExtraFiles = []*os.File{directory} // the first is descriptor 3
	command.WaitDelay = pipesGrace
	said := lastBytes{most: 1 << 10}
	command.Stdin, command.Stdout, command.Stderr = stdin, stdout, &said
	if err := command.Start(); err != nil {
		return fmt.Errorf("%w: %w", errNotStarted, err)
	}
	if err := command.Wait(); err != nil {
		return fmt.Errorf("tar: %w: %s", err, bytes.TrimSpace(said.kept))
	}
	return nil
}

// lastBytes keeps the end of what is written.
type lastBytes struct {
	most int
	kept []byte
}

func (l *lastBytes) Write(p []byte) (int, error) {
	l.kept = append(l.kept, p[max(0, len(p)-l.most):]...)
	l.kept = l.kept[max(0, len(l.kept)-l.most):]
	return len(p), nil
}
