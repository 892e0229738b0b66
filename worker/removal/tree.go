package removal

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// mostSaid is how much of what rm says is kept, in bytes: it has a line for each of what
// may be millions of files.
const mostSaid = 4 << 10

// Tree removes a path with all that is below it. It does not go into other file systems
// that are mounted there, and it follows no link. A path that is not there is no error.
// The error has the first line of what rm says.
func Tree(ctx context.Context, path string) error {
	var said beginning
	command := exec.CommandContext(ctx, "rm", "-rf", "--one-file-system", "--", path)
	command.Stderr = &said
	if err := command.Run(); err != nil {
		return fmt.Errorf("remove %s: %w: %s", path, err, said.line())
	}
	return nil
}

// beginning keeps the beginning of what is written.
type beginning struct{ kept bytes.Buffer }

func (b *beginning) Write(said []byte) (int, error) {
	b.kept.Write(said[:min(len(said), mostSaid-b.kept.Len())])
	return len(said), nil
}

func (b *beginning) line() string {
	line, _, _ := strings.Cut(b.kept.String(), "\n")
	return strings.ToValidUTF8(line, "?")
}
