package main

import (
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/component-base/cli"
)

func main() {
	name := filepath.Base(os.Args[0])

	command := commandNamed(name)
	if command == nil {
		fmt.Fprintf(os.Stderr, "no Kubernetes program is called %q: start this one through a link named kube-apiserver, kube-controller-manager, kube-scheduler, kubelet or kubectl\n", name)
		os.Exit(2)
	}

	os.Exit(cli.Run(command))
}
