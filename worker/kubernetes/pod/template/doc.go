// Package template reads an operator's pod template, a partial Pod in YAML, and
// merges it into the pods of containers.
//
// It is strict when it reads: what Kubernetes does not know, and what Concourse
// needs to set itself, is refused with its line, because a worker that does not
// start tells its operator more than pods that all fail. When it merges,
// Concourse's own settings win, but for its defaults of what an unprivileged step
// may do. It is pure: it knows neither files nor an API server.
package template
