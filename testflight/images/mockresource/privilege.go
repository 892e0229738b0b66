package mockresource

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Privileged reads a process's status, as in /proc/self/status, and says
// whether the process has what privilege gives: CAP_SYS_ADMIN. User namespaces
// don't tell, because pods have none.
func Privileged(status io.Reader) (bool, error) {
	lines := bufio.NewScanner(status)

	for lines.Scan() {
		value, found := strings.CutPrefix(lines.Text(), "CapEff:")
		if !found {
			continue
		}

		capabilities, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
		if err != nil {
			return false, fmt.Errorf("read the effective capabilities of a process: %w", err)
		}

		return capabilities&(1<<unix.CAP_SYS_ADMIN) != 0, nil
	}

	if err := lines.Err(); err != nil {
		return false, fmt.Errorf("read the status of a process: %w", err)
	}

	return false, errors.New("the status of the process names no effective capabilities (CapEff): is /proc mounted?")
}
