package server

import (
	"bytes"
	"os"
	"strconv"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// killCounters are where the kernel counts, in version 2 and in version 1 of
// control groups, what it killed for want of memory in the pod's container.
var killCounters = []string{"/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"}

// outOfMemoryKills is zero where the kernel or the pod does not show them.
func outOfMemoryKills() int {
	for _, file := range killCounters {
		content, err := os.ReadFile(file)
		if err == nil {
			return killsIn(content)
		}
	}
	return 0
}

func killsIn(content []byte) int {
	for line := range bytes.Lines(content) {
		if fields := bytes.Fields(line); len(fields) == 2 && string(fields[0]) == "oom_kill" {
			kills, _ := strconv.Atoi(string(fields[1]))
			return kills
		}
	}
	return 0
}

// noteOutOfMemory adds the note to the last of the process' outputs if there
// were kills since it was started.
func (p *process) noteOutOfMemory() {
	if outOfMemoryKills() == p.killsBefore {
		return
	}
	file, err := os.OpenFile(p.outputs[len(p.outputs)-1].path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return
	}
	defer file.Close()
	file.WriteString(podinit.OutOfMemoryNote)
}
