package contained

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// pipesGrace is how long the pipes of a tar program that was killed are waited for.
const pipesGrace = 10 * time.Second

// requireGNUTar holds because others may follow a link that takes a directory's place
// while they pack it.
func requireGNUTar() error {
	version, err := exec.Command("tar", "--version").CombinedOutput()
	if err != nil {
		return fmt.Errorf("find out the version of tar, with which volumes are streamed out: %w", err)
	}
	if !bytes.Contains(version, []byte("GNU tar")) {
		first, _, _ := strings.Cut(string(version), "\n")
		return fmt.Errorf("tar is %q: volumes are streamed out with GNU tar, install that on the worker", first)
	}
	return nil
}

// packDirectory has tar write an archive of an open directory's content, until it
// ends or the context does.
func packDirectory(ctx context.Context, directory *os.File, archive io.Writer) error {
	command := exec.CommandContext(ctx, "tar", "--directory=/dev/fd/3", "--create", "--file=-", ".")
	command.ExtraFiles = []*os.File{directory} // the first is descriptor 3
	command.WaitDelay = pipesGrace
	said := lastBytes{most: 1 << 10}
	command.Stdout, command.Stderr = archive, &said
	if err := command.Run(); err != nil {
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
