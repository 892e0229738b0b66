package contract

import (
	"fmt"
	"strings"
)

// Disappeared is an error by whose words upstream's web knows that a step's worker is
// lost, see its RetryErrorStep. Web runs the step again where the operator has
// set --enable-rerun-when-worker-disappears. The words after that say what happened.
func Disappeared(worker, what string) error {
	return fmt.Errorf("%s%s", disappeared(worker), what)
}

// IsDisappeared says whether an error of that worker is [Disappeared]. It is so after a restart
// of the worker too, of which the words alone are left.
func IsDisappeared(worker string, err error) bool {
	return strings.HasPrefix(err.Error(), disappeared(worker))
}

func disappeared(worker string) string { return "worker " + worker + " disappeared: " }
