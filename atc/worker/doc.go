// Package worker stands between upstream's worker pool and its Garden client.
//
// On a Kubernetes worker a base resource type becomes the image reference that
// the worker advertises for it, and what upstream's Garden runtime drops for
// such images (privilege, the registry login) or never had (the step's names)
// travels with the container's creation.
//
// A pod may take its time to start. Web asks for it again and again, and the build log
// says what it waits for. A check gets another container where its own is lost.
package worker
