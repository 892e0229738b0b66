package removal

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// Tree removes a path with all that is below it. It does not go into other file systems
// that are mounted there, and it follows no link. A path that is not there is no error.
// The error has the last line of what rm says.
func Tree(ctx context.Context, path string) error {
	command := exec.CommandContext(ctx, "rm", "-rf", "--one-file-system", "--", path)
	said, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("remove %s: %w: %s", path, err, lastLine(said))
	}
	return nil
}

// lastLine is short: rm has a line for each of what may be millions of files.
func lastLine(said []byte) string {
	lines := bytes.Split(bytes.TrimSpace(said), []byte("\n"))
	return strings.ToValidUTF8(string(lines[len(lines)-1]), "?")
}
