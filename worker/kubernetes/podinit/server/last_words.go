package server

import (
	"fmt"
	"os"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/podinit"
)

// leaveServedMessage comes before any process runs.
func leaveServedMessage(path string) error {
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return fmt.Errorf("keep the step's output out of the pod's status: %w", err)
	}
	_, err = file.WriteString(podinit.ServedMessage)
	if closeError := file.Close(); err == nil {
		err = closeError
	}
	if err != nil {
		return fmt.Errorf("keep the step's output out of the pod's status: %w", err)
	}
	return nil
}
