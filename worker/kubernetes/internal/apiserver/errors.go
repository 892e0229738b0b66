package apiserver

import (
	"context"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Error says what was asked of the API server, what it answered, and what can be done.
func Error(verb, what string, err error) error {
	if advice := advice(verb, err); advice != "" {
		return fmt.Errorf("%s %s: %w: %s", verb, what, err, advice)
	}
	return fmt.Errorf("%s %s: %w", verb, what, err)
}

func advice(verb string, err error) string {
	message := err.Error()
	switch {
	case strings.Contains(message, "exceeded quota"), strings.Contains(message, "must specify limits"):
		return "the namespace has a resource quota: raise it, run fewer steps at once, or give steps container_limits"
	case strings.Contains(message, " usage per "):
		return "the namespace has a limit range: change it, or the step's container_limits"
	case strings.Contains(message, "violates PodSecurity"):
		return "steps mount volumes of their node: let the namespace enforce the Pod Security level privileged"
	case strings.Contains(message, "failed calling webhook"):
		return "a webhook of the cluster does not answer: repair it, or exempt the workers' namespace from it"
	case strings.Contains(message, "ValidatingAdmissionPolicy"):
		return "a policy of the cluster refuses it: if it is the workers' own, see deploy/policies/worker.yaml for what to set; otherwise exempt the workers' namespace"
	case strings.Contains(message, "admission webhook"):
		return "an admission policy of the cluster refuses it: exempt the workers' namespace or change the step"
	case apierrors.IsForbidden(err):
		return "grant the worker's service account the verb " + verb + " in this namespace"
	case apierrors.IsUnauthorized(err):
		return "the worker's credentials for the API server are not valid (any more)"
	case apierrors.IsNotFound(err) && strings.Contains(message, "namespaces"):
		return "create the namespace, or correct the worker's configuration"
	case apierrors.IsAlreadyExists(err):
		return "it is a leftover of another worker or of the same name: delete it"
	case errors.Is(err, context.DeadlineExceeded):
		return "the API server did not answer in time"
	}
	return ""
}
