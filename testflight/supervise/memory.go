package supervise

import (
	"fmt"
	"os"
	"strings"
)

// ResidentBytes is the memory that the process has in use, its children's not counted.
func (p Process) ResidentBytes() (int, error) {
	file := fmt.Sprintf("/proc/%d/status", p.ID)
	status, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	var kilobytes int
	if _, err := fmt.Sscanf(after, "%d kB", &kilobytes); err != nil {
		return 0, fmt.Errorf("read VmRSS in %s: %w", file, err)
	}
	return kilobytes << 10, nil
}
