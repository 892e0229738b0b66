package apiserver

import (
	"time"

	"code.cloudfoundry.org/lager/v3"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// Client asks the API server for one worker.
type Client struct {
	Kubernetes kubernetes.Interface
	Namespace  string
	Logger     lager.Logger

	// RequestTimeout is how long one request may take.
	RequestTimeout time.Duration

	// Outage are the pauses between requests to an API server that is away.
	Outage wait.Backoff
}
