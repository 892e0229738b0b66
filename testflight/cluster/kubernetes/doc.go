// Package main is the Kubernetes of the development cluster: the API server,
// controller manager, scheduler, kubelet and kubectl in one program, which acts
// as the one whose name it was started under.
//
// It is a module of its own because k8s.io/kubernetes pins every k8s.io module
// to its own release, which need not be the one the runtime is built with.
package main
