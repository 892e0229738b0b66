package contract

import "fmt"

// Disappeared is an error by whose words upstream's web knows that a step's worker is
// lost, see its RetryErrorStep. Web runs the step again where the operator has
// set --enable-rerun-when-worker-disappears. The words after that say what happened.
func Disappeared(worker, what string) error {
	return fmt.Errorf("worker %s disappeared: %s", worker, what)
}
